"""A developer's repository: Skerry as it stands here, and the workflow that docs/deploying.md tells to write."""

from __future__ import annotations

import re
import secrets
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.alerts.conftest import SINK_HOST
from tests.local import Vps
from tests.workflows import act
from tools.workshop import services
from tools.workshop.settings import ROOT, VPS_HOST

CALLER = "mine.yml"
GIT = ("git", "-c", "user.name=Ann", "-c", "user.email=ann@example.org", "-c", "commit.gpgsign=false")


@dataclass(frozen=True)
class Project:
    """The repository in `directory`, whose pushes are deployed to the VPS."""

    vps: Vps
    directory: Path
    path: str = field(default_factory=lambda: f"/notify/{secrets.token_hex(8)}")
    """Where the webhook of a failure is, at the sink."""

    def begin(self) -> None:
        """Fill the directory."""
        command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        for name in subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0"):
            if name and (ROOT / name).is_file():
                (self.directory / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, self.directory / name, follow_symlinks=False)
        self._git("init", "--quiet", "--initial-branch", "main")
        # Nobody asks there: act takes the repository's name from it.
        self._git("remote", "add", "origin", "https://github.com/me/skerry.git")
        self._commit("feat: begin")

    @property
    def host(self) -> str:
        """The VPS, as HOST of tools/pipeline.py."""
        return f"root@{self.vps.settings.address(VPS_HOST)}"

    @property
    def known_hosts(self) -> str:
        """What pins its key."""
        return (self.vps.settings.local / "ssh/known_hosts").read_text().strip()

    @property
    def secrets(self) -> dict[str, str]:
        """What the repository's secrets hold."""
        key = (self.vps.settings.local / "ssh/id_ed25519").read_text()
        url = f"http://{self.vps.settings.address(SINK_HOST)}{self.path}"
        return {"SKERRY_SSH_KEY": key, "SKERRY_NOTIFY_URL": url}

    def push(self, message: str, files: Mapping[str, str], app: str, image: str, context: str) -> tuple[str, act.Run]:
        """Change files, commit and "push" them; return the commit's first 12 digits, and how its workflow went."""
        registry = services.registry_address(self.vps.settings)
        inputs = {"app": app, "image": f"{registry}/{image}", "context": context}
        workflow = caller({**inputs, "host": self.host, "known-hosts": self.known_hosts})
        for name, text in {**files, f".github/workflows/{CALLER}": workflow}.items():
            (self.directory / name).parent.mkdir(parents=True, exist_ok=True)
            (self.directory / name).write_text(text)
        commit = self._commit(message)
        payload = {"ref": "refs/heads/main", "head_commit": {"id": commit, "message": message}}
        return commit[:12], self.act("push", CALLER, payload=payload)

    def act(self, event: str, workflow: str, *argv: str, payload: Mapping[str, Any] | None = None) -> act.Run:
        """Run a workflow of the repository with its secrets and variables."""
        variables = {"SKERRY_HOST": self.host, "SKERRY_KNOWN_HOSTS": self.known_hosts}
        return act.run(
            self.directory, event, workflow, *argv, secrets=self.secrets, variables=variables, payload=payload
        )

    def _commit(self, message: str) -> str:
        self._git("add", "--all")
        self._git("commit", "--quiet", "--message", message)
        return self._git("rev-parse", "HEAD")

    def _git(self, *argv: str) -> str:
        done = subprocess.run([*GIT, *argv], cwd=self.directory, capture_output=True, text=True, check=True)
        return done.stdout.strip()


def caller(inputs: Mapping[str, str]) -> str:
    """Return the workflow of docs/deploying.md with these inputs. It calls what lies beside it: there is no GitHub."""
    blocks = re.findall(r"^```yaml\n(.*?)^```", (ROOT / "docs/deploying.md").read_text(), re.MULTILINE | re.DOTALL)
    (text,) = [block for block in blocks if "uses: me/skerry/.github/workflows/deploy.yml@" in block]
    found = yaml.load(text, yaml.BaseLoader)  # noqa: S506 - all are strings: `on` would be the truth
    job = found["jobs"]["deploy"]
    job["uses"] = "./.github/workflows/deploy.yml"
    assert set(job["with"]) <= set(inputs), "the documentation names an input that this does not give"
    job["with"] = dict(inputs)
    job["secrets"]["SKERRY_NOTIFY_URL"] = "${{ secrets.SKERRY_NOTIFY_URL }}"
    return str(yaml.safe_dump(found, sort_keys=False))
