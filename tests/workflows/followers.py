"""Browsers that follow the console all the while, beside the tests."""

from __future__ import annotations

import asyncio
import secrets
import threading
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, Self

from tests.account import Account
from tests.local import Vps
from tests.sockets import lines
from tests.sockets.crowd import Crowd

SOCKETS = 200
PAUSE = 1.0  # seconds between two lines
MOST = 3_600  # lines: nothing forgotten goes on for longer than an hour


class Followers:
    """Context manager: SOCKETS browsers in a thread of their own, and a topic with a new line each second."""

    def __init__(self, vps: Vps) -> None:
        self._vps, self._topic = vps, f"job:{secrets.token_hex(16)}"
        self._loop = asyncio.new_event_loop()
        self.crowd = Crowd(
            SOCKETS, vps.values["SKERRY_URL"], vps.values["SKERRY_CA_FILE"], self._topic, Account(vps).token
        )

    def __enter__(self) -> Self:
        threading.Thread(target=self._loop.run_forever, daemon=True).start()
        self._do(self.crowd.__aenter__())
        self._do(self.crowd.all_connected())
        self._writer = lines.write(self._vps, self._topic, MOST, PAUSE)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._writer.poll() is None:
            self._writer.communicate(timeout=60)
        self._do(self.crowd.__aexit__())
        self._loop.call_soon_threadsafe(self._loop.stop)

    def end(self) -> int:
        """Write no more, and wait until each has all; return how many lines there are."""
        said, _ = self._writer.communicate(timeout=60)
        assert self._writer.returncode == 0, said
        self._do(self.crowd.all_have(int(said)))
        return int(said)

    def _do(self, what: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(what, self._loop).result()
