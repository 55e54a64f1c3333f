"""Bring data back: one app or all, of a run or of a point in time, in place or beside."""

from __future__ import annotations

import datetime
import math
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from . import binlog, docker, manifests, redis, replay, run, stacks
from .mariadb import Server
from .records import only_one, say, tell
from .restic import Repository
from .settings import STATE, BackupError, Settings

TIMERS_SECONDS = 300  # a run that is under way may end first
EDGE, EDGE_DATA = "traefik", "/var/lib/skerry/traefik"
STORES = ["mariadb", "redis"]  # the stacks that a restore writes into


def moment(text: str) -> float:
    """Return the time that a text like `2026-11-24 12:34:56` means; without a zone it is UTC, and `latest` is any.

    Raises BackupError for anything else.
    """
    if text == "latest":
        return math.inf
    try:
        when = datetime.datetime.fromisoformat(text)
    except ValueError as error:
        raise BackupError(f"{text} is no time; allowed is one like 2026-11-24 12:34:56 (UTC)") from error
    return when.replace(tzinfo=when.tzinfo or datetime.UTC).timestamp()


class Restore:
    """One restore. `until`: the second whose end counts, infinite for all that arrived, None for the dump as it is."""

    def __init__(
        self, settings: Settings, repository: Repository, *, run: str = "latest", until: float | None = None
    ) -> None:
        self.settings, self.repository, self.run, self.until = settings, repository, run, until
        self.server = Server()
        self._chosen: dict[str, manifests.Manifest] = {}

    def app(self, name: str) -> None:
        """Put one app's database, Redis keys and volumes in the place of the present ones.

        Raises BackupError; the database is then again what it was before.
        """
        if name not in self.settings.apps:
            raise BackupError(f"there is no app {name}; there are {', '.join(self.settings.apps)}")
        self._apps([name])

    def everything(self) -> None:
        """Put back every app and the certificates: onto a new VPS, say, after site.yml."""
        manifest = self._manifest("")
        with stacks.held([EDGE], "a restore of the certificates"), _stopped([EDGE]):
            snapshot = self.repository.find(f"run={manifest['run']}", "part=files")
            self.repository.run("restore", snapshot, "--target", "/", "--include", EDGE_DATA, "--delete")
            say("  certificates: restored")
        manifests.keep(manifest)  # this host goes on from there
        self._apps(list(self.settings.apps))

    def beside(self, database: str, name: str) -> None:
        """Restore a database under another name, for a look; nothing else is touched. Raises BackupError if taken."""
        if name in self.server.databases():
            raise BackupError(f"there is a database {name} already; choose another name, or drop it first")
        try:
            self._database(self._manifest(database), database, name)
        except BaseException:
            self.server.query(f"SET SESSION sql_log_bin = 0; DROP DATABASE IF EXISTS `{name}`")
            raise

    def _apps(self, names: list[str]) -> None:
        apps = {name: self.settings.apps[name] for name in names}
        chosen = {app["database"]: self._manifest(app["database"]) for app in apps.values() if app.get("database")}
        services = [stack for app in apps.values() for stack in app["stacks"]]
        with stacks.held([*services, *STORES], f"a restore of {', '.join(names)}"):
            self._put_back(apps, services, chosen)
        # What was loaded is in no binary log: from here on a point in time needs a run of its own.
        if not run.everything(self.settings):
            raise BackupError(
                "everything is restored, but the backup that has to follow failed: see above, and run it again"
            )

    def _put_back(self, apps: dict[str, Any], services: list[str], chosen: dict[str, manifests.Manifest]) -> None:
        safety = self._keep(list(chosen))
        with _stopped(services):
            for database, manifest in chosen.items():
                try:
                    self._database(manifest, database, database)
                except BaseException:
                    self._undo(safety, database)
                    raise
            for name, app in apps.items():
                self._keys_and_volumes(name, app)

    def _manifest(self, database: str) -> manifests.Manifest:
        """Return the run that a database, or with "" everything else, comes from; chosen once, for runs are added."""
        if database not in self._chosen:
            before = math.inf if self.until is None else self.until
            self._chosen[database] = manifests.choose(self.repository, self.run, before=before, database=database)
        return self._chosen[database]

    def _database(self, manifest: dict[str, Any], name: str, into: str) -> None:
        replay.load(self.server, self.repository, manifest, name, into)
        if self.until is None:
            return
        place = Path(tempfile.mkdtemp(prefix="binlog-", dir=STATE))
        try:
            logs = binlog.gather(self.repository, manifest["run"], place)
            replay.replay(self.server, logs, manifest, name, into, self.until)
        finally:
            shutil.rmtree(place)

    def _keep(self, databases: list[str]) -> str:
        """Save what there is, and return that run. Raises BackupError, before anything is changed, if it cannot be."""
        present = [name for name in databases if name in self.server.databases()]
        if not present:
            return ""
        say("The present state is saved first:")
        kept = run.Run(self.settings, present)
        if not all(one.good for one in kept.go() if one.target == "local"):
            raise BackupError("the present state could not be saved, so nothing was changed")
        return kept.id

    def _undo(self, safety: str, database: str) -> None:
        local = Repository(self.settings, self.settings.local)
        manifest = manifests.choose(local, safety) if safety else {"databases": {}}
        if database in manifest["databases"]:
            say(f"  {database}: the restore failed, so what was there is put back")
            replay.load(self.server, local, manifest, database, database)

    def _keys_and_volumes(self, name: str, app: dict[str, Any]) -> None:
        manifest = self._manifest("")
        if app.get("redis_prefix"):
            snapshot = self.repository.find(f"run={manifest['run']}", "part=redis")
            with redis.opened(self.repository.stream(snapshot, "/redis.rdb")) as connection:
                say(f"  {name}: {redis.put_back(connection, app['redis_prefix'])} Redis keys of run {manifest['run']}")
        for stack in app["stacks"]:
            for volume in docker.volumes_of(stack):
                path = docker.volume(volume)
                snapshot = self.repository.find(f"run={manifest['run']}", "part=files")
                self.repository.run("restore", snapshot, "--target", "/", "--include", path, "--delete")
                say(f"  {name}: volume {volume} of run {manifest['run']}")


@contextmanager
def _stopped(stacks: list[str]) -> Iterator[None]:
    """Keep the services of some stacks stopped meanwhile; they come back however it ends."""
    wanted = {name: count for stack in stacks for name, count in docker.replicas(stack).items()}
    try:
        docker.scale(wanted, to=0)
        yield
    finally:
        docker.scale(wanted)


def restore(settings: Settings, restoring: Restore, *, app: str, beside: str) -> None:
    """Do one restore and tell of it. `app` is empty for everything; `beside` is the other name, or empty."""
    what = app or "everything"
    try:
        # What timers start would save a database that is half restored, as a good run.
        with only_one("restore", wait=TIMERS_SECONDS):
            if beside:
                restoring.beside(str(settings.apps.get(app, {}).get("database", app)), beside)
            elif app:
                restoring.app(app)
            else:
                restoring.everything()
    except (BackupError, OSError) as error:
        tell(settings, "restore", False, {"what": what, "reason": str(error)})
        raise
    tell(settings, "restore", True, {"what": what, "run": restoring.run, "beside": beside})
    say(f"{what} is restored" + (f" as {beside}" if beside else ""))
