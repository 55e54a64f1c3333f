"""The console's side: a PUT for each report, over verified TLS."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
from typing import Any
from urllib.parse import urlsplit

SERVICES, DEPLOYS, BACKUPS = "/api/platform/services", "/api/deploys", "/api/backups"

REFUSALS = {
    http.client.UNAUTHORIZED: "the console refuses the token; is it the reporter_token of the console's secrets?",
    http.client.FORBIDDEN: "the console refuses the token; is it the reporter_token of the console's secrets?",
    http.client.NOT_FOUND: "the console does not know this path; is it older than this reporter, or not deployed?",
    http.client.UNPROCESSABLE_ENTITY: "the console does not understand the report; is it of another version?",
}


class ConsoleError(Exception):
    """The console was not reached, or did not take the report."""


class _Connection(http.client.HTTPSConnection):
    """TLS for the URL's host name, over TCP to an address that may be another than its DNS name says."""

    def __init__(self, host: str, port: int, address: str, context: ssl.SSLContext, timeout: float) -> None:
        super().__init__(host, port, context=context, timeout=timeout)
        self._address, self._tls = address or host, context

    def connect(self) -> None:
        plain = socket.create_connection((self._address, self.port), self.timeout)
        try:
            self.sock = self._tls.wrap_socket(plain, server_hostname=self.host)
        except BaseException:
            plain.close()
            raise


class Console:
    """Where reports go.

    url: https://<domain>[:port]. address: connect there instead of where DNS says; "" for DNS. ca_file: trusted beside
    the system's authorities; "" for none. timeout: seconds for each of connecting and answering.
    """

    def __init__(self, url: str, token: str, address: str = "", ca_file: str = "", timeout: float = 10) -> None:
        parts = urlsplit(url)
        if parts.scheme != "https" or not parts.hostname:
            raise ValueError(f"console_url is {url!r}: allowed is https://<domain>[:port]")
        self._host, self._port = parts.hostname, parts.port or 443
        self._token, self._address, self._timeout = token, address, timeout
        self._context = ssl.create_default_context()
        if ca_file:
            self._context.load_verify_locations(ca_file)

    def put(self, path: str, report: dict[str, Any]) -> None:
        """Send one report to one of the paths; raise ConsoleError with what went wrong and, where it is known, why."""
        connection = _Connection(self._host, self._port, self._address, self._context, self._timeout)
        try:
            connection.request(
                "PUT",
                path,
                body=json.dumps(report),
                headers={"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"},
            )
            answer = connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException) as problem:
            raise ConsoleError(f"{self._host} is not reached: {problem}") from problem
        finally:
            connection.close()
        if not http.client.OK <= answer.status < http.client.MULTIPLE_CHOICES:
            reason = REFUSALS.get(answer.status, answer.reason)
            raise ConsoleError(f"{self._host} answers {answer.status}: {reason}")
