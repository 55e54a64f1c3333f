"""Where alerts arrive in a test: an SMTP server with STARTTLS and sign-in on 25, and an HTTP server on 80.

Arguments: certificate and key (PEM). GET / answers with all that has arrived so far, as JSON: a list of e-mails
(`kind` email: subject, to, text, user, password) and of requests (`kind` webhook: path, authorization, body).
Below /bot the answer is that of Telegram's Bot API, below /slack that of Slack: of these Alertmanager reads it.
"""

from __future__ import annotations

import base64
import email
import email.policy
import json
import socketserver
import ssl
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

ANSWERS = {
    "/bot": b'{"ok": true, "result": {"message_id": 1, "date": 1, "chat": {"id": -100123, "type": "group"}}}',
    "/slack": b"ok",
}
arrived: list[dict[str, Any]] = []


class Smtp(socketserver.StreamRequestHandler):
    """One conversation, of the few commands that a sender needs (RFC 5321, 3207 and 4954)."""

    timeout = 30
    login = ("", "")

    def handle(self) -> None:
        """Talk until the other side quits."""
        self.say("220 sink")
        while line := self.rfile.readline().decode(errors="replace").strip():
            verb, _, rest = line.partition(" ")
            if verb.upper() == "QUIT":
                self.say("221 bye")
                return
            getattr(self, f"do_{verb.lower()}", self.do_other)(rest)

    def say(self, *lines: str) -> None:
        """Send an answer."""
        for number, line in enumerate(lines, 1):
            text = line if number == len(lines) else line.replace(" ", "-", 1)
            self.wfile.write(f"{text}\r\n".encode())
        self.wfile.flush()

    def do_ehlo(self, _: str) -> None:
        """Say what there is: sign-in only once the line is encrypted."""
        encrypted = isinstance(self.connection, ssl.SSLSocket)
        self.say("250 sink", "250 AUTH PLAIN" if encrypted else "250 STARTTLS")

    def do_starttls(self, _: str) -> None:
        """Encrypt the line."""
        self.say("220 go ahead")
        self.connection = tls.wrap_socket(self.connection, server_side=True)
        self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb")

    def do_auth(self, rest: str) -> None:
        """Take any name and password, and remember them."""
        _, user, password = base64.b64decode(rest.split()[1]).decode().split("\0")
        self.login = (user, password)
        self.say("235 welcome")

    def do_data(self, _: str) -> None:
        """Take one message."""
        self.say("354 go ahead")
        lines = iter(self.rfile.readline, b".\r\n")
        raw = b"".join(line[1:] if line.startswith(b"..") else line for line in lines)
        message = email.message_from_bytes(raw, policy=email.policy.default)
        body = message.get_body(("plain",))
        text = body.get_content() if body else ""
        keep(
            "email",
            subject=str(message["Subject"]),
            to=str(message["To"]),
            text=text,
            user=self.login[0],
            password=self.login[1],
        )
        self.say("250 taken")

    def do_other(self, _: str) -> None:
        """MAIL, RCPT, RSET, NOOP: as you say."""
        self.say("250 ok")


class Http(BaseHTTPRequestHandler):
    """POST keeps, GET tells."""

    def do_POST(self) -> None:
        """Keep a request."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        keep("webhook", path=self.path, authorization=self.headers.get("Authorization", ""), body=body)
        self.answer(next((answer for start, answer in ANSWERS.items() if self.path.startswith(start)), b""))

    def do_GET(self) -> None:
        """Tell all that has arrived."""
        self.answer(json.dumps(arrived).encode())

    def answer(self, body: bytes) -> None:
        """Send 200."""
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def keep(kind: str, **fields: str) -> None:
    """Remember one arrival."""
    arrived.append({"kind": kind, "at": time.time(), **fields})


tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
tls.load_cert_chain(sys.argv[1], sys.argv[2])
socketserver.ThreadingTCPServer.allow_reuse_address = True
threading.Thread(target=socketserver.ThreadingTCPServer(("", 25), Smtp).serve_forever, daemon=True).start()
ThreadingHTTPServer(("", 80), Http).serve_forever()
