"""``python -m bench.collector PORT``: takes spans as OTLP over HTTP, and counts them.

``POST /v1/traces`` is what any exporter sends; ``GET /seen`` says what has come so far.
"""

import json
import sys
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

_ENDS = "CompleteWorkflow:"


@dataclass
class Seen:
    """What has come: spans, the requests that brought them, and traces that have come to an end."""

    spans: int = 0
    requests: int = 0
    ended: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, body: bytes) -> None:
        """Count what is in one request."""
        request = ExportTraceServiceRequest.FromString(body)
        names = [
            span.name
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]
        with self._lock:
            self.requests += 1
            self.spans += len(names)
            self.ended += sum(name.startswith(_ENDS) for name in names)

    def say(self) -> bytes:
        """As JSON."""
        with self._lock:
            seen = {"spans": self.spans, "requests": self.requests, "ended": self.ended}
        return json.dumps(seen).encode()


def collector(port: int, seen: Seen) -> ThreadingHTTPServer:
    """A server that is not serving yet."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            seen.take(self.rfile.read(int(self.headers["content-length"])))
            self._answer("application/x-protobuf", b"")

        def do_GET(self) -> None:
            self._answer("application/json", seen.say())

        def _answer(self, kind: str, body: bytes) -> None:
            self.send_response(200)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing: it would be a line for each batch."""

    return ThreadingHTTPServer(("127.0.0.1", port), Handler)


if __name__ == "__main__":
    collector(int(sys.argv[1]), Seen()).serve_forever()
