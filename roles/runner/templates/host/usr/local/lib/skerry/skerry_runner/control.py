"""The host's own door to the queue: a unix socket for root, one JSON document a line each way."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path
from typing import Any

from .admission import Request
from .dispatch import Dispatcher

SOCKET = Path("/run/skerry/runner.sock")
LONGEST = 65_536
"""Bytes of a message."""


async def serve(dispatcher: Dispatcher, path: Path = SOCKET) -> asyncio.Server:
    """Answer ``{"start": request}`` and ``{"cancel": job id, "by": …}`` until the returned server is closed."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            message = json.loads(await reader.readline())
            writer.write(json.dumps(_do(dispatcher, message)).encode() + b"\n")
            await writer.drain()
        except (ValueError, TypeError, KeyError, AttributeError, OSError) as problem:
            writer.write(json.dumps({"error": str(problem)}).encode() + b"\n")
        finally:
            writer.close()

    path.unlink(missing_ok=True)
    server = await asyncio.start_unix_server(answer, path, limit=LONGEST)
    os.chmod(path, 0o600)  # noqa: PTH101 - the umask has kept it from others until here
    return server


def _do(dispatcher: Dispatcher, message: dict[str, Any]) -> dict[str, Any]:
    if "start" in message:
        job = dispatcher.submit(Request.parse(message["start"], on_host=True))
        return {"job": job.id, "state": job.state}
    return {"cancelled": dispatcher.cancel(str(message["cancel"]), message.get("by", {}))}
