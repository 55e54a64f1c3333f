"""Take a stack away: its services, networks, configs and secrets, its directory and, where asked, its volumes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from . import pruning
from .client import ClientError, docker
from .deployment import DeploymentError
from .differences import Difference
from .engine import Engine
from .history import History
from .lock import Lock
from .release_log import ReleaseLog
from .releases import Releases

SECONDS = 120.0  # in which a service may take its own stop grace period


@dataclass(frozen=True)
class Removal:
    """One removal on a host. Volumes hold data, so they stay unless `volumes`; those of other nodes stay anyway."""

    stack: str
    releases: Releases
    engine: Engine
    lock: Lock
    volumes: bool = False
    check: bool = False

    def run(self) -> list[Difference]:
        """Return what there was to remove (in check mode: what there is), and remove it.

        Raises DeploymentError where something is left, LockedError, EngineError and EngineAbsentError.
        """
        found = self._found()
        if self.check or not found:
            return found
        with self.lock.held():
            self._remove()
        if left := self._found():
            raise DeploymentError("failed", "Still there: " + ", ".join(item.name for item in left) + ".")
        return found

    def _remove(self) -> None:
        try:
            docker("stack", "rm", self.stack)
        except ClientError as error:
            raise DeploymentError("failed", f"`docker stack rm` failed: {error}") from error
        if not pruning.wait_until_gone(self.engine, self.stack, SECONDS):
            return  # what is left is told
        pruning.prune(self.engine, self.stack)
        for name in self._volumes():
            self.engine.remove("volumes", name)
        self.releases.forget()
        History(self.stack).forget()
        ReleaseLog(self.stack).forget()

    def _found(self) -> list[Difference]:
        named = {
            "service": [str(item["Spec"]["Name"]) for item in self.engine.services(self.stack)],
            "network": [str(item["Name"]) for item in self.engine.of_stack("networks", self.stack)],
            "config": [str(item["Spec"]["Name"]) for item in self.engine.of_stack("configs", self.stack)],
            "secret": [str(item["Spec"]["Name"]) for item in self.engine.of_stack("secrets", self.stack)],
            "volume": self._volumes(),
            "directory": [str(self.releases.root)] if self.releases.known() else [],
        }
        return [
            Difference(f"{kind} {name}", notes=["will be removed"])
            for kind, names in named.items()
            for name in sorted(names)
        ]

    def _volumes(self) -> list[str]:
        if not self.volumes:
            return []
        listed: dict[str, Any] = self.engine.listed("volumes", self.stack)
        return [str(item["Name"]) for item in listed.get("Volumes") or []]
