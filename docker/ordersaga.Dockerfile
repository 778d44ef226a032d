# One image for the API, the workers and every command of `ordersaga`.
# Build from the project's root: docker build -f docker/ordersaga.Dockerfile -t ordersaga .

FROM python:3.13-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /build
# What is installed is decided by hashes, before any of our own code is looked at.
COPY requirements/lock.txt requirements/build.txt requirements/
RUN python -m venv /opt/build \
    && /opt/build/bin/pip install --require-hashes --requirement requirements/build.txt \
    && python -m venv /opt/ordersaga \
    && /opt/ordersaga/bin/pip install --require-hashes --requirement requirements/lock.txt
COPY . .
RUN /opt/build/bin/pip wheel --no-deps --no-build-isolation --wheel-dir wheels . \
    && /opt/ordersaga/bin/pip install --no-deps wheels/*.whl

FROM python:3.13-slim
# Names and addresses in every script need glyphs; the zone data names each courier's cut-off.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends \
        fontconfig fonts-noto-cjk fonts-noto-core tini tzdata \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --create-home ordersaga
COPY --from=build /opt/ordersaga /opt/ordersaga
ENV PATH=/opt/ordersaga/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
# A hundred threads, each with freed memory put by for itself, hold 20 MiB that nobody uses.
ENV GLIBC_TUNABLES=glibc.malloc.arena_max=2:glibc.malloc.tcache_count=0
USER ordersaga
EXPOSE 8000
# Signals reach the command, and what a killed child leaves behind is collected.
ENTRYPOINT ["tini", "--"]
CMD ["ordersaga", "--help"]
