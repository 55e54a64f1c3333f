"""Which release of an app runs, and how the inventory and a deploy agree on it.

Beside its stack file an app with images that follow a release has two more files:

    app.json   what the inventory says: its release, whose images follow it, how the public route is asked
    release    the name of the release whose images stand in this directory's stack file

Who spoke last wins (docs/decisions/releases.md): site.yml keeps the release that runs, until the inventory names
another than it did when it was last applied.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from .payload import Entry
from .references import DIGEST, of_release, repository
from .release_log import ReleaseLog
from .releases import Releases
from .stackfile import images_in, with_images

APP_FILE, NAME_FILE, STACK_FILE = "app.json", "release", "stack.yml"
Files = Mapping[str, bytes]


@dataclass(frozen=True)
class App:
    """What the inventory says of an app. `follows` maps services to repositories, `timeout` is in seconds.

    `check` are the fields of a visitor.Route, empty where nothing is public.
    """

    release: str
    follows: dict[str, str]
    timeout: int = 300
    check: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def read(cls, files: Files) -> App | None:
        """Return the app of a stack directory; None where no image follows a release."""
        return cls(**json.loads(files[APP_FILE])) if APP_FILE in files else None

    def images(self, release: str) -> dict[str, str]:
        """Return the image of each following service in a release."""
        return {service: of_release(name, release) for service, name in self.follows.items()}


def name_of(files: Files) -> str:
    """Return the name of the release in a stack directory; empty where it has none."""
    return files.get(NAME_FILE, b"").decode().strip()


def keep_running(entries: list[Entry], releases: Releases, log: ReleaseLog) -> list[Entry]:
    """Return what site.yml wants with the images of the release that runs, unless the inventory names a new one.

    On a machine that comes back from a backup nothing runs yet: there it is the one that ran last, by its digests.
    """
    wanted = {entry.path: entry.content for entry in entries}
    app = App.read(wanted)
    if app is None:
        return entries
    running, before, there = _running(releases.read_good(), log)
    if not running or app.release not in (before, running):
        return with_release(entries, app.release, {})
    # A service that came since: of a release that is the digest of another image it can only have the inventory's.
    new = app.images(app.release if DIGEST.fullmatch(running) else running)
    images = {
        service: there[service] if repository(there.get(service, "")) == name else new[service]
        for service, name in app.follows.items()
    }
    return with_release(entries, running, images)


def _running(good: Files, log: ReleaseLog) -> tuple[str, str, dict[str, str]]:
    """Return the name of the release that runs, what the inventory named then, and its images."""
    before = App.read(good)
    if before:
        return name_of(good), before.release, images_in(good[STACK_FILE].decode())
    if not good and (known := log.read()):
        return known[-1].name, log.inventory(), known[-1].images
    return "", "", {}


def images_of(entries: list[Entry]) -> dict[str, str]:
    """Return the images of the services in an app's stack file; none for another stack."""
    files = {entry.path: entry.content for entry in entries}
    return images_in(files[STACK_FILE].decode()) if APP_FILE in files else {}


def with_release(entries: list[Entry], name: str, images: Mapping[str, str]) -> list[Entry]:
    """Return the files of a stack directory with another release, and its name beside."""
    changed = [_with_images(entry, images) for entry in entries if entry.path != NAME_FILE]
    return [*changed, Entry(NAME_FILE, f"{name}\n".encode())]


def _with_images(entry: Entry, images: Mapping[str, str]) -> Entry:
    if entry.path != STACK_FILE or not images:
        return entry
    return replace(entry, content=with_images(entry.content.decode(), images).encode())
