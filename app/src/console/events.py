"""How api tells browsers and the runner something: by way of realtime, which reads the same channel in Redis."""

from __future__ import annotations

from typing import Any, Protocol

SERVICES = "services"
ALERTS = "alerts"
DEPLOYS = "deploys"
BACKUPS = "backups"
RUNNER = "/runner"  # namespace, and the room in it


class Emitter(Protocol):
    """The part of a Socket.IO manager that is needed here. Each event for browsers goes to the room of its name.

    Does not raise when Redis is away: whoever missed an event sees the same in the next answer of the API.
    """

    async def emit(self, event: str, data: Any, *, room: str, namespace: str = "/") -> Any: ...
