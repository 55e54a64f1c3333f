"""The engine's API over its unix socket, GET only."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

API = "/v1.41"
"""Docker 20.10 and later speak it."""

EVENTS = {
    "type": ["service", "node", "container"],
    # Health checks of all containers make exec_* events without end; these are the ones that change the picture.
    "event": ["create", "update", "remove", "start", "die", "destroy", "health_status"],
}


class EngineError(Exception):
    """The engine does not answer, or not as its API says."""


class _Connection(http.client.HTTPConnection):
    def __init__(self, path: str, timeout: float) -> None:
        super().__init__("engine", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


class Engine:
    """One engine. ``timeout`` is in seconds and bounds every answer."""

    def __init__(self, path: str, timeout: float = 10) -> None:
        self._path = path
        self._timeout = timeout

    def get(self, resource: str) -> Any:
        """Return the JSON of ``GET /<resource>``; raise EngineError where there is none."""
        connection = _Connection(self._path, self._timeout)
        try:
            return json.loads(self._ask(connection, resource).read())
        except (OSError, http.client.HTTPException, ValueError) as problem:
            raise EngineError(f"GET /{resource}: {problem}") from problem
        finally:
            connection.close()

    def events(self) -> Iterator[dict[str, Any]]:
        """Yield each event that may change the picture, and wait for the next one without end.

        Raise EngineError when the stream ends, as it does when the engine restarts.
        """
        connection = _Connection(self._path, self._timeout)
        try:
            answer = self._ask(connection, f"events?filters={quote(json.dumps(EVENTS))}")
            connection.sock.settimeout(None)
            for line in answer:
                yield json.loads(line)
        except (OSError, http.client.HTTPException, ValueError) as problem:
            raise EngineError(f"events: {problem}") from problem
        finally:
            connection.close()
        raise EngineError("events: the engine ended the stream")

    def _ask(self, connection: _Connection, resource: str) -> http.client.HTTPResponse:
        connection.request("GET", f"{API}/{resource}")
        answer = connection.getresponse()
        if answer.status != http.client.OK:
            raise EngineError(f"GET /{resource}: the engine answers {answer.status} {answer.reason}")
        return answer
