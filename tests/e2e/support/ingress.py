"""One address for the roles that serve the public, as a cluster's Ingress is: told apart by path alone."""

import http.client
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

# Everything else is served by the web role.
INGEST_PATHS = ("/v1/votes", "/insert", "/grpc", "/grpc/insert")
TIMEOUT_SECONDS = 30


class Ingress:
    """Forwards HTTP/1.1 to an ingest and a web role while the `with` block runs."""

    def __init__(self, ingest, web):
        handler = type("Handler", (_Handler,), {"ingest": ingest, "web": web})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.address = f"127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> "Ingress":
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def forward(self) -> None:
        role = self.ingest if self.path in INGEST_PATHS else self.web
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        connection = http.client.HTTPConnection(role.address, timeout=TIMEOUT_SECONDS)
        try:
            connection.request(self.command, self.path, body, dict(self.headers))
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.getheader("Content-Type", "application/json"))
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = forward

    def log_message(self, *_) -> None:
        """The roles log."""
