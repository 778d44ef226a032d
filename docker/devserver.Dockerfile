# The Temporal server of one machine, with its web UI: for trying things out, not for production.
# Build from the project's root: docker build -f docker/devserver.Dockerfile -t ordersaga-devserver .
# Run: docker run -p 7233:7233 -p 8233:8233 -v temporal:/data ordersaga-devserver

FROM golang:1.26.8 AS build
WORKDIR /build
COPY docker/devserver/go.mod docker/devserver/go.sum ./
RUN go mod download
COPY docker/devserver/*.go ./
RUN CGO_ENABLED=0 go build -trimpath -ldflags="-s -w" -o /devserver .

FROM debian:stable-slim
RUN useradd --system --uid 10002 temporal && install -d -o temporal /data
COPY --from=build /devserver /usr/local/bin/devserver
USER temporal
VOLUME /data
EXPOSE 7233 8233
ENTRYPOINT ["devserver"]
CMD ["server", "start-dev", "--ip", "0.0.0.0", "--ui-port", "8233", \
     "--db-filename", "/data/temporal.sqlite", \
     "--sqlite-pragma", "journal_mode=WAL", "--sqlite-pragma", "synchronous=NORMAL", \
     "--dynamic-config-value", "history.transferProcessorMaxPollRPS=1000"]
