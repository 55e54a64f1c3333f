"""The host's secrets, to keep them out of what a job says. The last line: playbooks have `no_log` for the first."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path

from .redaction import Redactor

FILES = ("etc/skerry/credentials/*", "opt/skerry/stacks/*/releases/*/secrets/**/*")
"""Where the roles put secrets as files of their own, below /."""

BACKUP = "etc/skerry/backup.json"
SECRET_NAME = re.compile(r"KEY|PASS|SECRET|TOKEN", re.IGNORECASE)
USER = re.compile(r"(?<=://)[^/\s@]+(?=@)")

LARGEST = 65_536
"""Bytes; a larger file is no secret that could be looked for in a line."""


class HostSecrets:
    """Takes the host's secrets out of texts. One that is replaced meanwhile is still looked for."""

    def __init__(self, root: Path = Path("/")) -> None:
        self._root = root
        self._values: set[bytes] = set()
        self._redactor = Redactor([])
        self.read()

    def read(self) -> None:
        """Read the secrets that there are now."""
        found = self._values | {*self._of_files(), *self._of_backups()}
        if found != self._values:
            self._values, self._redactor = found, Redactor(found)

    def __call__(self, text: str) -> str:
        """Return the text without any of them, plain, in base64 or quoted for an address."""
        clean: str = self._redactor(text)
        return clean

    def _of_files(self) -> Iterable[bytes]:
        for pattern in FILES:
            for file in self._root.glob(pattern):
                if file.is_file() and file.stat().st_size <= LARGEST:
                    yield file.read_bytes()

    def _of_backups(self) -> Iterable[bytes]:
        try:
            targets = json.loads((self._root / BACKUP).read_text()).get("targets", [])
        except (OSError, ValueError):
            return
        for target in targets:
            yield from (user.encode() for user in USER.findall(target.get("repository", "")))
            for name, value in target.get("environment", {}).items():
                if SECRET_NAME.search(name):
                    yield str(value).encode()
