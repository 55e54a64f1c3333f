"""module_utils/skerry/visitor.py: a deploy's look at the public route."""

from __future__ import annotations

import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from module_utils.skerry import visitor
from module_utils.skerry.visitor import Route, visit

DOMAIN = "shop.example.org"
Visit = Callable[..., str]


class Shop(BaseHTTPRequestHandler):
    """Answers with the statuses of `answers`, the last one for ever, and keeps who was asked for."""

    answers: list[int]
    asked: list[str]

    def do_GET(self) -> None:
        """Answer."""
        self.asked.append(f"{self.headers['Host']}{self.path}")
        self.send_response(self.answers.pop(0) if len(self.answers) > 1 else self.answers[0])
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a certificate for DOMAIN, signed by itself."""
    file = tmp_path_factory.mktemp("tls") / "shop.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    where = ["-keyout", str(file.with_suffix(".key")), "-out", str(file), "-days", "2"]
    about = ["-subj", f"/CN={DOMAIN}", "-addext", f"subjectAltName=DNS:{DOMAIN}"]
    subprocess.run([*command, *where, *about], check=True, capture_output=True)
    return file


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no test wait as a deploy does."""
    monkeypatch.setattr(visitor, "PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(visitor, "PATIENCE_SECONDS", 0.3)


@pytest.fixture
def ask(certificate: Path) -> Iterator[Visit]:
    """Serve on a free port; return a function that visits it, with changes to the usual route."""
    Shop.answers, Shop.asked = [200], []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Shop)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_suffix(".key"))
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    route = Route(DOMAIN, "/ready", 200, 200, certificate.read_text())
    yield lambda **changes: visit(replace(route, **changes), lambda: None, "127.0.0.1", server.server_port)
    server.shutdown()


def test_well_is_several_good_answers_in_a_row(ask: Visit) -> None:
    """One answer of the release before would be taken for the new one's."""
    Shop.answers = [200, 200, 502, 200]
    assert ask() == ""
    assert Shop.asked == [f"{DOMAIN}/ready"] * 6


def test_another_status_is_told(ask: Visit) -> None:
    """A release that answers with errors would stay."""
    Shop.answers = [500]
    assert ask() == f"The public route https://{DOMAIN}/ready is not well: it answers 500, expected is 200."
    assert ask(lowest=200, highest=399).endswith("it answers 500, expected is 200 to 399.")


def test_a_range_of_statuses_is_well(ask: Visit) -> None:
    """An app that sends its visitors to a sign-in page could not be deployed."""
    Shop.answers = [302]
    assert ask(lowest=200, highest=399) == ""


def test_a_chain_that_does_not_verify_is_not_well(ask: Visit) -> None:
    """A certificate that browsers refuse would be called well."""
    assert "CERTIFICATE_VERIFY_FAILED" in ask(authorities="")


def test_a_certificate_for_another_domain_is_not_well(ask: Visit) -> None:
    """Traefik's own certificate would do for any domain."""
    assert "not valid for 'blog.example.org'" in ask(domain="blog.example.org")


def test_nobody_there_is_told() -> None:
    """A traceback would take the place of the reason."""
    wrong = visit(Route(DOMAIN), lambda: None, "127.0.0.1", 9)
    assert "ConnectionRefusedError" in wrong
