"""The local VPS that `make up` made, as the tests see it: its addresses, a shell on it, and site.yml."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tools.workshop import containers
from tools.workshop import vps as workshop_vps
from tools.workshop.settings import ROOT, Settings, load

BIN = Path(sys.executable).parent
RECAP = re.compile(
    r"^(?P<host>\S+)\s+: ok=(?P<ok>\d+)\s+changed=(?P<changed>\d+)\s+unreachable=\d+\s+failed=(?P<failed>\d+)", re.M
)


@dataclass(frozen=True)
class Playbook:
    """How a run of ansible-playbook ended: exit code, output, and the recap's sums over all hosts."""

    code: int
    output: str

    def total(self, word: str) -> int:
        """Return the sum of `word` (ok, changed, failed) in the recap; raise AssertionError without a recap."""
        found = [int(match[word]) for match in RECAP.finditer(self.output)]
        assert found, f"no recap in:\n{self.output[-3000:]}"
        return sum(found)


@dataclass(frozen=True)
class Vps:
    """The local VPS. Values come from .local/env, which `make up` wrote."""

    values: dict[str, str]
    settings: Settings

    @classmethod
    def read(cls) -> Vps:
        """Read .local/env; raise RuntimeError with what to do where there is none."""
        file = ROOT / ".local/env"
        if not file.is_file():
            raise RuntimeError(f"{file} is not there: run `make up` first")
        lines = [shlex.split(line.removeprefix("export ")) for line in file.read_text().splitlines()]
        pairs = [words[0].split("=", 1) for words in lines if words and "=" in words[0]]
        return cls(dict(pairs), load())

    def ssh(self, command: str, timeout: float = 120) -> subprocess.CompletedProcess[str]:
        """Run a shell `command` as root on the VPS."""
        argv = [*shlex.split(self.values["SKERRY_SSH"]), f"sudo sh -c {shlex.quote(command)}"]
        return subprocess.run(
            argv, capture_output=True, text=True, timeout=timeout, check=False, stdin=subprocess.DEVNULL
        )

    def out(self, command: str, timeout: float = 120) -> str:
        """Run `command` on the VPS and return what it printed; raise AssertionError if it fails."""
        done = self.ssh(command, timeout)
        assert done.returncode == 0, f"{command}: {done.stderr or done.stdout}"
        return done.stdout.strip()

    def admin_password(self) -> str:
        """Return the console administrator's password."""
        return Path(self.values["SKERRY_ADMIN_PASSWORD_FILE"]).read_text().strip()


def renew_vps() -> None:
    """Put a bare VPS in the place of the one there is: what runs next is to be a first run."""
    settings = load(os.environ)
    containers.remove(settings.container("vps"))
    workshop_vps.ensure(settings)
    shutil.rmtree(settings.local / "facts", ignore_errors=True)


def playbook(
    *argv: str, name: str = "site.yml", extra: dict[str, object] | None = None, timeout: float = 900
) -> Playbook:
    """Run `ansible-playbook -i inventories/local` with the playbook `name` and `argv` added, as an operator would.

    `extra` goes as one JSON of extra variables.
    """
    command = [str(BIN / "ansible-playbook"), "-i", "inventories/local", name, *argv]
    if extra is not None:
        command += ["-e", json.dumps(extra)]
    env = {**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}", "ANSIBLE_NOCOLOR": "1", "COLUMNS": "200"}
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=timeout,
        check=False,
    )
    return Playbook(done.returncode, done.stdout)
