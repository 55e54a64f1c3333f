"""Report the platform to the console: ``python3 -m skerry_reporter SETTINGS.json``.

The engine's events wake it; a look at the engine and at the host's records each few seconds finds what makes no event
here. It survives a console and an engine that are down, and says in the journal when either goes and comes back, once
each.
"""

import json
import signal
import socket
import sys
import threading
import time
from pathlib import Path
from typing import NoReturn

from . import backups, deploys
from .chapter import Chapter
from .console import BACKUPS, DEPLOYS, SERVICES, Console, ConsoleError
from .engine import Engine, EngineError
from .pace import BACKOFF, Pace
from .service import notify, say
from .snapshot import services

COALESCE = 0.3
"""Seconds that an event waits for others: a deployment makes dozens."""


def watch(engine: Engine, wake: threading.Event) -> NoReturn:
    """Set ``wake`` at each event, for ever; the stream is opened again whenever it ends."""
    while True:
        try:
            for _ in engine.events():
                wake.set()
        except EngineError:
            # The main loop asks the engine as well, and is the one to say that it is gone.
            wake.set()
            time.sleep(BACKOFF[1])


def report_once(engine: Engine, console: Console, pace: Pace, chapters: list[Chapter]) -> None:
    """Look at the engine and the host's records, and report what is due."""
    picture = services(engine.get("services"), engine.get("tasks"))
    reported_at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    about = {"reported_at": reported_at, "host": socket.gethostname()}
    if pace.due(picture, time.monotonic()):
        console.put(SERVICES, {"services": picture, **about})
        if pace.reported(picture, time.monotonic()):
            say(f"reported again: {len(picture)} services")
            for chapter in chapters:
                chapter.forget()
    for chapter in chapters:
        chapter.tell(console, about, time.monotonic())


def run(engine: Engine, console: Console) -> NoReturn:
    """Report until SIGTERM."""
    wake, pace = threading.Event(), Pace()
    chapters = [
        Chapter(DEPLOYS, deploys.PATTERNS, deploys.deploys),
        Chapter(BACKUPS, backups.PATTERNS, backups.backups),
    ]
    threading.Thread(target=watch, args=(engine, wake), daemon=True).start()
    notify("READY=1")
    while True:
        notify("WATCHDOG=1")
        try:
            report_once(engine, console, pace, chapters)
        except (EngineError, ConsoleError) as problem:
            if pace.failed():
                say(f"not reported, trying again until it works: {problem}")
        if wake.wait(pace.wait(time.monotonic())):
            time.sleep(COALESCE)
            wake.clear()
            pace.event(time.monotonic())


def main() -> None:
    """Read the settings and the token, and run."""
    settings = json.loads(Path(sys.argv[1]).read_text())
    token = Path(settings["token_file"]).read_text().strip()
    console = Console(settings["console_url"], token, settings["console_address"], settings["ca_file"])
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    say(f"reporting to {settings['console_url']}")
    run(Engine(settings["engine_socket"]), console)


if __name__ == "__main__":
    main()
