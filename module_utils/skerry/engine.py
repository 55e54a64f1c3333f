"""The Docker engine's API over its Unix socket: only the calls that applying a stack needs.

One HTTP/1.0 exchange a call: the engine closes the connection after its answer and sends no chunks, so the client is
these few lines. (http.client would cost 15–30 ms of imports in each task: it pulls in email and ssl.)

API: https://docs.docker.com/reference/api/engine/version/v1.41/ (the newest that Docker 20.10 speaks). The path names
no version, so each engine answers in its own: asked in an older one, it would take fields of a spec away that it is
given back (StartInterval is gone below 1.44), and every comparison would see drift.
"""

from __future__ import annotations

import json
import socket
import struct
from typing import Any
from urllib.parse import quote, urlencode

SOCKET = "/var/run/docker.sock"
NAMESPACE = "com.docker.stack.namespace"
IMAGE_LABEL = "com.docker.stack.image"

Json = dict[str, Any]


class EngineError(Exception):
    """The engine refused a request; `status` is its HTTP status, the text its own message."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class EngineAbsentError(Exception):
    """No engine answers at the socket: not installed, not running, not allowed, or not in time."""


class Engine:
    """What a stack's deployment asks of one Swarm manager."""

    def __init__(self, path: str = SOCKET, timeout: float = 30) -> None:
        self.path = path
        self.timeout = timeout

    def request(self, method: str, target: str, query: Json | None = None, body: Any = None) -> bytes:
        """Send one request and return the body of its answer.

        `query` values that are no strings are sent as JSON, as the API wants its filters.
        Raises EngineError for a status of 400 and above, EngineAbsentError where nobody listens.
        """
        if query:
            texts = {key: value if isinstance(value, str) else json.dumps(value) for key, value in query.items()}
            target = f"{target}?{urlencode(texts)}"
        content = b"" if body is None else json.dumps(body).encode()
        head = (
            f"{method} {target} HTTP/1.0\r\nHost: docker\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
        )
        answer_head, _, answer = self._exchange(head.encode() + content).partition(b"\r\n\r\n")
        status = int(answer_head.split(b" ", 2)[1])
        if status >= 400:
            raise EngineError(status, _message(answer))
        return answer

    def _exchange(self, message: bytes) -> bytes:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(self.timeout)
            parts = []
            try:
                connection.connect(self.path)
                connection.sendall(message)
                while part := connection.recv(1 << 16):
                    parts.append(part)
            except OSError as error:
                reason = error.strerror or f"nothing within {self.timeout:g} s"
                raise EngineAbsentError(f"no Docker engine answers at {self.path}: {reason}") from error
        if not parts:
            raise EngineAbsentError(f"the Docker engine at {self.path} closed the connection without an answer")
        return b"".join(parts)

    def api(self) -> tuple[int, int]:
        """Return the newest API version that the engine speaks, as in (1, 45)."""
        major, _, minor = str(self.get("/version")["ApiVersion"]).partition(".")
        return int(major), int(minor)

    def get(self, target: str, query: Json | None = None) -> Any:
        """Return the parsed JSON answer of a GET."""
        return json.loads(self.request("GET", target, query))

    def of_stack(self, kind: str, stack: str, **more: str) -> list[Json]:
        """Return all `kind` (services, tasks, configs, secrets, networks) that carry the stack's label."""
        found: list[Json] = self.listed(kind, stack, **more)
        return found

    def listed(self, kind: str, stack: str, **more: str) -> Any:
        """Return the engine's own answer to that: of volumes it is no list, but holds one."""
        return self.get(f"/{kind}", {"filters": {"label": [f"{NAMESPACE}={stack}"]}, **more})

    def services(self, stack: str) -> list[Json]:
        """Return the stack's services, each with ServiceStatus (running and desired tasks)."""
        return self.of_stack("services", stack, status="true")

    def tasks(self, stack: str) -> list[Json]:
        """Return the stack's tasks, those of the past too as far as the engine remembers them."""
        return self.of_stack("tasks", stack)

    def remove(self, kind: str, identifier: str) -> bool:
        """Delete a config, secret, network or volume; False when something still uses it or it is gone already."""
        try:
            self.request("DELETE", f"/{kind}/{identifier}")
        except EngineError:
            return False
        return True

    def set_service_label(self, service: Json, label: str, value: str) -> None:
        """Change one label of a service, which leaves its tasks running."""
        spec = {**service["Spec"], "Labels": {**(service["Spec"].get("Labels") or {}), label: value}}
        version = str(service["Version"]["Index"])
        self.request("POST", f"/services/{service['ID']}/update", {"version": version}, spec)

    def image(self, image: str) -> Json | None:
        """Return what `docker image inspect` says, None when this node has no such image."""
        try:
            found: Json = self.get(f"/images/{quote(image, safe='/:@')}/json")
        except EngineError as error:
            if error.status == 404:
                return None
            raise
        return found

    def registry_has_image(self, image: str) -> bool:
        """Whether a registry (or mirror) that this engine uses can resolve the image to a digest."""
        return bool(self.registry_digest(image))

    def registry_digest(self, image: str) -> str:
        """Return the digest that a registry (or mirror) which this engine uses has for the image; empty if none has."""
        try:
            found = self.get(f"/distribution/{quote(image, safe='/:@')}/json")
        except (EngineError, EngineAbsentError):
            return ""
        return str(found["Descriptor"]["digest"])

    def container(self, identifier: str) -> Json | None:
        """Return what `docker inspect` says of a container of this node, None when it is not here."""
        try:
            found: Json = self.get(f"/containers/{identifier}/json")
        except EngineError as error:
            if error.status == 404:
                return None
            raise
        return found

    def container_log(self, identifier: str, lines: int) -> str:
        """Return the last lines that a container of this node wrote, both streams in order."""
        query = {"stdout": "1", "stderr": "1", "tail": str(lines)}
        return unframe(self.request("GET", f"/containers/{identifier}/logs", query))

    def task_log(self, identifier: str, lines: int) -> str:
        """Return the last lines of a task wherever it ran; the manager asks its node for them."""
        query = {"stdout": "1", "stderr": "1", "tail": str(lines)}
        return unframe(self.request("GET", f"/tasks/{identifier}/logs", query))


def unframe(stream: bytes) -> str:
    """Join the frames of a log stream (8 bytes of head: stream, padding, size) as the API's `attach` describes them."""
    parts: list[bytes] = []
    while len(stream) >= 8:
        if stream[0] > 2 or stream[1:4] != b"\0\0\0":
            return (b"".join(parts) + stream).decode(errors="replace")  # the container has a terminal: no frames
        size = struct.unpack(">I", stream[4:8])[0]
        parts.append(stream[8 : 8 + size])
        stream = stream[8 + size :]
    return b"".join(parts).decode(errors="replace")


def _message(answer: bytes) -> str:
    try:
        return str(json.loads(answer)["message"])
    except (ValueError, KeyError, TypeError):
        return answer.decode(errors="replace").strip()
