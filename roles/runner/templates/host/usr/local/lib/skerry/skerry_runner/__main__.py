"""The service: ``python3 -m skerry_runner``. Keeps the queue, and the line to the console."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
from pathlib import Path

from . import control
from .dispatch import Dispatcher
from .keeping import Keeping
from .link import Link
from .service import notify, say
from .spool import PRIVATE, ROOT, Spool

SETTINGS = Path("/etc/skerry/runner.json")
LAUNCHER = "/run/skerry/job.sock"
BUSY, IDLE, STUCK = 0.25, 1.0, 15.0
"""Seconds between two looks at the queue: while there is a job, while there is none, and after one that failed."""


def start(identity: str) -> None:
    """Have systemd start a job's process: it starts one for each connection to this socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.connect(LAUNCHER)
        connection.sendall(json.dumps({"job": identity}).encode() + b"\n")


async def queue(dispatcher: Dispatcher) -> None:
    """Look at the queue, for ever."""
    while True:
        notify("WATCHDOG=1")
        try:
            pause = BUSY if dispatcher.tick() else IDLE
        except OSError as problem:  # a full disk, say: what is owed is done once there is room
            say(f"the queue stands still: {problem}")
            pause = STUCK
        await asyncio.sleep(pause)


async def run() -> None:
    """Run until SIGTERM. Jobs go on meanwhile, and are found again."""
    settings = json.loads(SETTINGS.read_text())
    token = Path(settings["token_file"]).read_text().strip()
    keeping = Keeping(settings["keep_days"], settings["keep_megabytes"])
    dispatcher = Dispatcher(Spool(ROOT), keeping, start, PRIVATE)
    server = await control.serve(dispatcher)
    link = Link(settings, token, dispatcher)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    tasks = [asyncio.create_task(one) for one in (queue(dispatcher), link.run(), stop.wait())]
    say(f"{len(dispatcher.jobs)} jobs are known, {settings['console_url']} is dialled")
    notify("READY=1")
    done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    server.close()
    for task in tasks:
        task.cancel()
    for task in done:
        task.result()  # what ended by itself ended by a mistake, which systemd and the journal are to see


if __name__ == "__main__":
    os.umask(0o077)
    asyncio.run(run())
