# Ordersaga's commands. Each sets up what it needs: a bare machine with Python 3.11 is enough.
.DEFAULT_GOAL := help
ORDERS ?= 500
SEED ?= 1
RATES ?= real
SCENARIO ?= plain
JOBS ?= 2
.PHONY: help setup demo up down doctor test faults check chaos bench mutations histories fmt lock clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Make .venv from the lock (once; later runs return at once)
	@scripts/setup

demo: setup ## Carry orders from HTTP request to doorstep, judge them, end; SCENARIO=all for trouble
	@scripts/system-packages
	@.venv/bin/ordersaga demo --scenario $(SCENARIO)

up: setup ## Keep everything running, on files, until Ctrl-C; UP="--api-port 8081 ..."
	@scripts/system-packages
	@.venv/bin/ordersaga up $(UP)

down: setup ## Stop what `make up` started
	@.venv/bin/ordersaga down

doctor: setup ## Say in words what is missing or unsafe
	@.venv/bin/ordersaga doctor

test: setup ## Run the ladder of tests, or some: make test TESTS=tests/domain JOBS=2
	@scripts/system-packages
	@.venv/bin/python -m scripts.server
	@echo 'test: .venv/bin/python -m pytest -n $(JOBS) --dist worksteal $(TESTS)'
	@.venv/bin/python -m pytest -n $(JOBS) --dist worksteal $(TESTS)

faults: setup ## Break every step in every way, and cancel at each; figures as JSON lines
	@scripts/system-packages
	@.venv/bin/python -m scripts.server
	@.venv/bin/python -m tests.faults

check: setup ## Format, lint, types, imports, dependencies; AUDIT=--strict to insist on advisories
	@scripts/check $(AUDIT)

chaos: setup ## Every fault and death at once, judged: ORDERS=500 SEED=1 RATES=real|high
	@scripts/system-packages
	@.venv/bin/ordersaga chaos --orders $(ORDERS) --seed $(SEED) --rates $(RATES)

bench: setup ## Measure; each figure is one line of JSON on standard output
	@.venv/bin/python -m bench

mutations: setup ## Break a copy of the product on purpose, each way at a time: some gate must turn red
	@.venv/bin/python -m scripts.server
	@.venv/bin/python -m tests.mutations

histories: setup ## Record the golden workflow histories anew, for the replay tests
	@.venv/bin/python -m tests.replay.record

fmt: setup ## Format the code, and mend what lint can mend
	@.venv/bin/ruff check --fix-only --quiet .
	@.venv/bin/ruff format .

lock: setup ## Choose the newest dependencies that fit, and write the locks
	@scripts/lock

clean: ## Remove .venv and every cache in the tree
	rm -rf .venv .pytest_cache .ruff_cache .hypothesis build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
