"""What every emulated vendor shares: a store, a clock, a ledger, faults, timers, webhooks.

A vendor is a package `sandbox/<name>/` whose `__init__` holds one constant for `sandbox/app.py`:

    VENDOR = Vendor(name="wms", routes=routes, controls=controls, timers=timers,
                    sign=None, settings={"api_url": None, "pick_after": 1}, ...)

- `routes(world) -> list[Operation]`: mounted at `/<name>`. An `Operation(method, path, name,
  handler, faults=("reject",))` has a Starlette path (`/shipments/{shipment}/cancel`), the name
  that fault rules use, and the vendor's own fault kinds that this handler understands.
- A handler is `async def (world: World, request: ParsedRequest) -> Answer`. It must not await
  between reading and writing the store, so it is atomic against all others; everything it wrote
  is committed in one transaction before the answer leaves. If it raises, nothing is kept.
  `request.json()`, `.query`, `.path_params["id"]`, `.headers` (lower case), `.idempotency_key`;
  `request.fault` is set only for a kind listed in `Operation.faults`, and the handler plays it.
  The general kinds (drop_after, delay ...) are played by `core/gateway.py`, around the handler.
- `controls(world) -> list[Operation]`: mounted at `/_sandbox/<name>`, never faulted. `client.py`
  expects POST wms/do {shipment, action, body}, POST shippo/track {tracking_number, status, ...},
  GET sendgrid/mailbox?to=&order= -> {"mails": [...]}, POST sendgrid/event {message_id, event}.
- `world.store`: `put(kind, id, document)`, `get`, `list(kind, newest_first=False)`, `delete`,
  `find(kind, field, value)` after `index(kind, field)` in `routes`, `next_number(name)`.
  Kinds begin with the vendor's name ("wms.shipment"). A document read is a copy: put it back.
- `world.ledger.append("wms", "picked", order, {...})` says what really happened.
- `world.clock.now()`: the time for everything on record (never datetime.now()).
- `world.timers.at(when, "wms.pick", payload)`, persisted, calls the handler of that kind from
  `timers(world) -> dict[str, TimerHandler]` once the clock passes; `async def (payload) -> None`,
  which is atomic too and must not wait for the network. A moved clock stops at each due timer.
- `world.webhooks.send(provider, event, body, order=...)` queues one call to
  `settings[provider]["webhook_url"]` (or `url=`), signs it with `Vendor.sign(section, body, at)`
  when it leaves, and repeats it until 2xx. `headers=`, `stop_on_4xx=True`, and
  `then=("wms.answered", payload)`: a timer that fires with `status` and `answer` added.
  To see the answer at once (manual controls): `await world.webhooks.call(url, body, headers)`.
- `world.settings.section("wms")`: the vendor's settings, as merged by PUT.
- `world.faults.fire("wms", "play", order_or_text)` asks for a rule on an operation that is no
  HTTP call; name it in `Vendor.extra_faults={"play": ("short_pick", ...)}`. Where it has several
  moments, `kinds=("short_pick",)` counts and plays only the rules that fit this one.
"""
