"""Look at the engine every few seconds: ``python3 -m skerry_collector SETTINGS.json``.

Each look writes ``services.json`` and ``routes.json`` (Prometheus's lists of targets) and ``containers.prom``;
``host.prom`` follows when apt's lists or the installed packages changed. A look that fails leaves the files as they are
and their age shows.
"""

from __future__ import annotations

import json
import signal
import sys
import threading
import time
from pathlib import Path
from typing import NoReturn

from . import cgroups, clock, containers, host, output, targets
from .engine import Engine, EngineAbsentError, EngineError
from .service import notify, say


class Collector:
    """What one look needs of the one before: counters, and what has been written."""

    def __init__(self, settings: dict[str, str]) -> None:
        self.metrics, self.targets = Path(settings["metrics"]), Path(settings["targets"])
        self._probe_address = settings["probe_address"]
        self._engine, self._cgroups = Engine(settings["socket"], timeout=10), cgroups.Cgroups()
        self._history, self._host = containers.History(), host.Host()

    def look(self) -> None:
        """Look once. Raises EngineError or EngineAbsentError where the engine does not answer."""
        started = time.monotonic()
        services = self._engine.get("/services", {"status": "true"})
        tasks = self._engine.get("/tasks")
        found = self._engine.get("/containers/json", {"all": "true", "filters": {"label": [containers.SERVICE_ID]}})
        output.write_json(self.targets / "services.json", targets.scraped(services, tasks))
        output.write_json(self.targets / "routes.json", targets.probed(services, self._probe_address))
        self._history.see(tasks, found, self._cgroups, self._was_killed)
        samples = containers.measure(services, tasks, found, self._cgroups, self._history)
        samples += [
            ("skerry_collector_last_run_timestamp_seconds", {}, time.time()),
            ("skerry_collector_duration_seconds", {}, time.monotonic() - started),
        ]
        output.write_metrics(self.metrics / "containers.prom", samples)
        news = self._host.changed()
        if news is not None:
            output.write_metrics(self.metrics / "host.prom", news)

    def _was_killed(self, identifier: str) -> bool:
        """Tell whether the kernel killed the process of a container that has ended, for want of memory."""
        try:
            return bool(self._engine.get(f"/containers/{identifier}/json")["State"]["OOMKilled"])
        except EngineError:  # removed meanwhile
            return False


def run(collector: Collector, seconds: float) -> NoReturn:
    """Look every so many seconds until SIGTERM."""
    well = True
    notify("READY=1")
    while True:
        notify("WATCHDOG=1")
        try:
            collector.look()
        except (EngineError, EngineAbsentError) as problem:
            if well:
                say(f"cannot look, trying again until it works: {problem}")
            well = False
        else:
            if not well:
                say("looking again")
            well = True
        time.sleep(seconds)


def main() -> None:
    """Read the settings, and run."""
    settings = json.loads(Path(sys.argv[1]).read_text())
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    if settings["clock_url"]:
        file = Path(settings["metrics"], "clock.prom")
        threading.Thread(target=clock.watch, args=(settings["clock_url"], file), daemon=True).start()
    run(Collector(settings), settings["seconds"])


if __name__ == "__main__":
    main()
