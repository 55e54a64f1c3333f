"""How api tells signed-in browsers what has changed: by way of realtime, which reads the same channel in Redis."""

from __future__ import annotations

from typing import Any, Protocol

SERVICES = "services"
ALERTS = "alerts"


class Emitter(Protocol):
    """The part of a Socket.IO manager that is needed here. Each event goes to the room of its name.

    Does not raise when Redis is away: whoever missed an event sees the same in the next answer of the API.
    """

    async def emit(self, event: str, data: Any, *, room: str) -> Any: ...
