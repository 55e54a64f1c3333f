#!/usr/bin/python3
"""The demo app. DEMO_MODE: good; crash (exits with 3 at the start); sick (serves, but is never ready); wrong (is ready,
but answers its visitors with 500)."""

import hashlib
import json
import os
import signal
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

MODE = os.environ["DEMO_MODE"]
DRAIN_SECONDS = 6
draining = threading.Event()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if self.path.endswith("/ready"):
            self.answer(200 if MODE in ("good", "wrong") and not draining.is_set() else 503, {})
        elif self.path.endswith("/secrets"):
            self.answer(200, {file.name: digest(file) for file in Path("/run/secrets").glob("*")})
        elif self.path.endswith("/environment"):
            self.answer(200, dict(os.environ))
        elif self.path.endswith("/visitor"):
            self.answer(200, {"assertion": self.headers.get("X-Skerry-Assertion")})
        else:
            self.answer(500 if MODE == "wrong" else 200, {"release": os.environ["DEMO_RELEASE"], "path": self.path})

    def answer(self, status, body):
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *args):
        """Health checks would fill the log."""


def digest(file):
    return hashlib.sha256(file.read_bytes()).hexdigest()


def drain(server):
    draining.set()
    time.sleep(DRAIN_SECONDS)
    server.shutdown()


if MODE == "crash":
    print("demo: cannot open the flux capacitor", flush=True)
    sys.exit(3)
server = ThreadingHTTPServer(("", 8000), Handler)
# A client that hangs up leaves no traceback, which would push the lines that the tests look for out of the last 20.
server.handle_error = lambda *_: None
signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=drain, args=(server,)).start())
print(f"demo: release {os.environ['DEMO_RELEASE']} serves", flush=True)
server.serve_forever()
