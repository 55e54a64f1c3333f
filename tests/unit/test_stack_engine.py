"""The client of the engine's API, against a socket that answers as the engine does (the real one: molecule/stack)."""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from module_utils.skerry.engine import Engine, EngineAbsentError, EngineError, unframe
from module_utils.skerry.specs import put_back

Answer = Callable[[str, str], tuple[int, Any]]


class Socket:
    """Answers each request by a function of (method, target), and keeps what was asked."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.answer: Answer = lambda _method, _target: (200, [])
        self.asked: list[str] = []
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.bind(str(path))
        self._socket.listen()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            connection, _ = self._socket.accept()
            with connection:
                method, target = connection.recv(1 << 16).decode().split(" ", 2)[:2]
                self.asked.append(f"{method} {target}")
                status, body = self.answer(method, target)
                content = body if isinstance(body, bytes) else json.dumps(body).encode()
                connection.sendall(f"HTTP/1.0 {status} X\r\nContent-Type: x\r\n\r\n".encode() + content)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Socket]:
    """A socket that answers."""
    return Socket(tmp_path / "docker.sock")


def test_filters_reach_the_engine(server: Socket) -> None:
    """The services of other stacks would be judged, or removed."""
    Engine(str(server.path)).services("demo")
    assert server.asked == [
        "GET /services?filters=%7B%22label%22%3A+%5B%22com.docker.stack.namespace%3Ddemo%22%5D%7D&status=true"
    ]


def test_refusal_carries_the_engines_words(server: Socket) -> None:
    """The operator would see a number instead of the reason."""
    server.answer = lambda _method, _target: (503, {"message": "This node is not a swarm manager."})
    with pytest.raises(EngineError, match="not a swarm manager") as caught:
        Engine(str(server.path)).services("demo")
    assert caught.value.status == 503


def test_absent_and_silent_engine_are_told(tmp_path: Path) -> None:
    """A bare host in check mode would give a traceback, and a hung engine would hang the run."""
    with pytest.raises(EngineAbsentError, match="No such file"):
        Engine(str(tmp_path / "none")).services("demo")
    silent = socket.socket(socket.AF_UNIX)
    silent.bind(str(tmp_path / "silent"))
    silent.listen()
    with pytest.raises(EngineAbsentError, match=r"nothing within 0.1 s"):
        Engine(str(tmp_path / "silent"), timeout=0.1).services("demo")


def test_missing_image_and_container_are_none(server: Socket) -> None:
    """What is not on this node would end the run."""
    server.answer = lambda _method, _target: (404, {"message": "No such thing"})
    engine = Engine(str(server.path))
    assert engine.image("x:1") is None
    assert engine.container("c") is None
    assert engine.registry_has_image("x:1") is False


def test_log_is_taken_out_of_its_frames() -> None:
    """The last log lines would be full of binary."""
    frames = b"".join(
        struct.pack(">BxxxI", stream, len(text)) + text for stream, text in ((1, b"out\n"), (2, b"err \xc3\xa4\n"))
    )
    assert unframe(frames) == "out\nerr ä\n"
    assert unframe(b"a terminal's log\n") == "a terminal's log\n"


def test_conflicting_write_is_tried_again(server: Socket) -> None:
    """A restore would fail because the orchestrator wrote to the service at the same moment."""
    spec = {"Name": "s_a", "TaskTemplate": {"ContainerSpec": {"Image": "a:1"}}}
    changed = {"Name": "s_a", "TaskTemplate": {"ContainerSpec": {"Image": "a:2"}, "ForceUpdate": 2}}
    tries: list[str] = []

    def answer(method: str, target: str) -> tuple[int, Any]:
        service = {"ID": "i", "Version": {"Index": 7 + len(tries)}, "Spec": changed}
        if method == "GET":
            return 200, [service] if "filters" in target else service
        tries.append(target)
        return (500, {"message": "rpc error: update out of sequence"}) if len(tries) == 1 else (200, {})

    server.answer = answer
    assert put_back(Engine(str(server.path)), "s", {"s_a": spec}) == ["s_a"]
    assert [target.rpartition("=")[2] for target in tries] == ["7", "8"]


def test_what_runs_as_recorded_is_not_touched(server: Socket) -> None:
    """A restore would restart services that nothing had happened to."""
    spec = {"Name": "s_a", "TaskTemplate": {"ContainerSpec": {"Image": "a:1"}}}
    running = {**spec, "TaskTemplate": {**spec["TaskTemplate"], "ForceUpdate": 1}}  # type: ignore[dict-item]
    server.answer = lambda _method, _target: (200, [{"ID": "i", "Version": {"Index": 1}, "Spec": running}])
    assert put_back(Engine(str(server.path)), "s", {"s_a": spec}) == []
    assert [line.split()[0] for line in server.asked] == ["GET"]
