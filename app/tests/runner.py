"""A runner as the console sees it, for the tests: definitions, events, and a connection of its own."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import socketio

from processes import Process
from support import RUNNER_TOKEN

BACKUP = {
    "name": "run-backup",
    "title": "Back up now",
    "description": "Everything, to every target.",
    "roles": ["operator"],
    "confirm": "none",
    "lock": "data",
    "timeout_s": 3600,
    "parameters": {
        "app": {"title": "App", "type": "string", "pattern": "[a-z]{1,20}", "choices": [], "required": False},
        "keep": {"title": "Days", "type": "integer", "pattern": "", "minimum": 1, "maximum": 90},
        "to": {"title": "Target", "type": "choice", "pattern": "", "choices": ["local", "offsite"]},
    },
}
RESTORE = {
    "name": "restore-backup",
    "title": "Restore",
    "roles": ["admin"],
    "confirm": "typed",
    "parameters": {"app": {"title": "App", "type": "string", "pattern": "[a-z]{1,20}", "required": True}},
}
ABOUT = {"name": "run-backup", "parameters": {}, "by": {"user": "ann", "role": "operator"}, "why": "because"}


def state(number: int, name: str, **detail: Any) -> dict[str, Any]:
    return {"n": number, "at": time.time(), "kind": "state", "state": name, "detail": detail}


def line(number: int, text: str = "") -> dict[str, Any]:
    return {"n": number, "at": time.time(), "kind": "line", "text": text or f"line {number}"}


def task(number: int, name: str = "Do it") -> dict[str, Any]:
    return {"n": number, "at": time.time(), "kind": "task", "play": "Back up", "task": name}


class Runner:
    """The other end of namespace ``/runner``."""

    def __init__(self) -> None:
        self.client = socketio.AsyncClient(reconnection=False)
        self.asked: asyncio.Queue[tuple[str, dict[str, Any]]] = asyncio.Queue()
        self.gone = asyncio.Event()
        self.refused = ""

    async def connect(self, realtime: Process, token: str = RUNNER_TOKEN, version: int = 1) -> None:
        for event in ("start", "cancel"):
            self.client.on(event, self._hears(event), namespace="/runner")
        self.client.on("connect_error", self._refuse, namespace="/runner")
        self.client.on("disconnect", lambda *_: self.gone.set(), namespace="/runner")
        auth = {"token": token, "version": version, "host": "vps"}
        await self.client.connect(
            realtime.url, namespaces=["/runner"], auth=auth, transports=["websocket"], wait_timeout=60
        )

    async def hello(self, *jobs: dict[str, Any], known: dict[str, Any] | None = None) -> dict[str, int]:
        answer = await self.call("hello", {"jobs": list(jobs), "known": known or {}})
        following: dict[str, int] = answer["next"]
        return following

    async def tell(self, job: str, *events: dict[str, Any], about: dict[str, Any] | None = None) -> int:
        answer = await self.call("events", {"job": job, "about": about or ABOUT, "events": list(events)})
        return int(answer["next"])

    async def call(self, event: str, message: object) -> dict[str, Any]:
        answer: dict[str, Any] = await self.client.call(event, message, namespace="/runner", timeout=60)
        return answer

    async def next_asked(self) -> tuple[str, dict[str, Any]]:
        async with asyncio.timeout(60):
            return await self.asked.get()

    def _refuse(self, why: dict[str, str]) -> None:
        self.refused = why["message"]

    def _hears(self, event: str) -> Any:
        async def hear(message: dict[str, Any]) -> None:
            await self.asked.put((event, message))

        return hear
