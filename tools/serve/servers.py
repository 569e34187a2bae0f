"""What the servers of tests have in common: each listens on a free port of 127.0.0.1, and says which."""
import http.server
import os


class QuietHandler(http.server.BaseHTTPRequestHandler):
    """Says nothing on stderr about requests."""

    def log_message(self, *arguments):
        pass


def serve(handler, state, tls=None):
    """Answers requests until it is killed. The port is in the file STATE/port once it listens. TLS is an ssl.SSLContext."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    # Whoever waits for the file finds it whole.
    port = os.path.join(state, "port")
    with open(port + ".new", "w", encoding="utf-8") as file:
        file.write(str(server.server_port))
    os.rename(port + ".new", port)
    server.serve_forever()
