"""The line to the console: Socket.IO over verified TLS, dialled from here. docs/jobs.md has the protocol."""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import socketio
from aiohttp.abc import AbstractResolver, ResolveResult

from . import definitions
from .admission import Request
from .delivery import Delivery
from .dispatch import Dispatcher
from .service import say

NAMESPACE = "/runner"
VERSION = 1
ANSWER_SECONDS = 15
PAUSE = 0.25
"""Seconds between two looks for events to deliver."""
STEADY_SECONDS = 60.0
"""A line that was up for so long has worked; one that breaks sooner, again and again, is told of once."""
BACKOFF = (1, 2, 4, 8, 15)
"""Seconds to wait after the first, second, … failure in a row; the last one for all that follow."""


class _To(AbstractResolver):
    """Sends every connection to one address; TLS verifies the URL's name all the same."""

    def __init__(self, address: str) -> None:
        self._address = address

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_INET,  # noqa: ARG002 - aiohttp's interface
    ) -> list[ResolveResult]:
        found = socket.AF_INET6 if ":" in self._address else socket.AF_INET
        return [ResolveResult(hostname=host, host=self._address, port=port, family=found, proto=0, flags=0)]

    async def close(self) -> None:
        """Nothing is held."""


class Link:
    """Keeps the line up. settings: console_url, console_address, ca_file, name (of this host)."""

    def __init__(self, settings: dict[str, Any], token: str, dispatcher: Dispatcher) -> None:
        self._url = f"https://{urlsplit(settings['console_url']).netloc}"
        self._address, self._name, self._token = settings["console_address"], settings["name"], token
        self._context = ssl.create_default_context()
        if settings["ca_file"]:
            self._context.load_verify_locations(settings["ca_file"])
        self._dispatcher = dispatcher
        self._gone = asyncio.Event()
        self._missed = True

    async def run(self) -> None:
        """Connect and deliver, for ever; say in the journal when the console goes and comes back, once each."""
        failures = 0
        while True:
            began = time.monotonic()
            try:
                await self._once()
            except (socketio.exceptions.SocketIOError, aiohttp.ClientError, OSError, ValueError, TypeError) as problem:
                failures = 1 if time.monotonic() - began > STEADY_SECONDS else failures + 1
                if failures == 1:
                    say(f"not connected to the console, trying again until it works: {_words(problem)}")
                    self._missed = True
            await asyncio.sleep(BACKOFF[min(failures, len(BACKOFF)) - 1])

    async def _once(self) -> None:
        connector = aiohttp.TCPConnector(ssl=self._context, resolver=_To(self._address) if self._address else None)
        async with aiohttp.ClientSession(connector=connector) as session:
            client = socketio.AsyncClient(reconnection=False, http_session=session, handle_sigint=False)
            client.on("start", self._started, namespace=NAMESPACE)
            client.on("cancel", self._cancelled, namespace=NAMESPACE)
            client.on("disconnect", self._broke, namespace=NAMESPACE)
            self._gone.clear()
            refused: list[str] = []
            client.on("connect_error", lambda why="": refused.append(_reason(why)), namespace=NAMESPACE)
            try:
                await client.connect(
                    self._url,
                    transports=["websocket"],
                    namespaces=[NAMESPACE],
                    auth={"token": self._token, "version": VERSION, "host": self._name},
                    wait_timeout=ANSWER_SECONDS,
                )
                delivery = await self._greet(client)
                if self._missed:
                    say("connected to the console")
                    self._missed = False
                await self._deliver(client, delivery)
            except socketio.exceptions.ConnectionError as problem:
                # Without a cause it is the console's own word; else what the connection failed of.
                raise OSError(refused[0] if refused and not problem.__cause__ else _innermost(problem)) from problem
            finally:
                await client.disconnect()

    async def _greet(self, client: socketio.AsyncClient) -> Delivery:
        delivery = Delivery(self._dispatcher.jobs)
        jobs = [job.public() for job in definitions.load().values()]
        delivery.wanted(await self._ask(client, "hello", {"jobs": jobs, "known": delivery.hello()}))
        return delivery

    async def _deliver(self, client: socketio.AsyncClient, delivery: Delivery) -> None:
        while not self._gone.is_set():
            due = delivery.due()
            for job in due:
                delivery.took(job, await self._ask(client, "events", delivery.portion(job)))
            await asyncio.sleep(0 if due else PAUSE)
        raise OSError("the console ended the connection")

    async def _ask(self, client: socketio.AsyncClient, event: str, message: dict[str, Any]) -> Any:
        """Send one message and return its answer. Raises SocketIOError, at once when the line breaks."""
        call = asyncio.create_task(client.call(event, message, namespace=NAMESPACE, timeout=ANSWER_SECONDS))
        gone = asyncio.create_task(self._gone.wait())
        try:
            await asyncio.wait({call, gone}, return_when=asyncio.FIRST_COMPLETED)
            if not call.done():
                raise socketio.exceptions.DisconnectedError("the console ended the connection")
            return call.result()
        finally:
            call.cancel()
            gone.cancel()

    async def _broke(self, _reason: Any = None) -> None:
        self._gone.set()

    async def _started(self, message: Any = None) -> None:
        try:
            self._dispatcher.submit(Request.parse(message))
        except (ValueError, OSError) as problem:
            say(f"a job that the console asks for is not taken in: {problem}")

    async def _cancelled(self, message: Any = None) -> None:
        known = message if isinstance(message, dict) else {}
        by = known.get("by")
        user = str(by.get("user", ""))[:100] if isinstance(by, dict) else ""
        self._dispatcher.cancel(str(known.get("job")), {"user": user})


def _reason(why: Any) -> str:
    text = str(why.get("message", why)) if isinstance(why, dict) else str(why)
    if "unauthorized" in text:
        return "the console refuses the token; is it the runner_token of the console's secrets?"
    return text


def _innermost(problem: BaseException) -> str:
    """Return what was wrong in the end: the libraries around it only say that there was an error."""
    while inner := problem.__cause__ or problem.__context__:
        problem = inner
    return str(problem)


def _words(problem: BaseException) -> str:
    return (str(problem) or type(problem).__name__)[:300]
