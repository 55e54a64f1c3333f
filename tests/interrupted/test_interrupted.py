"""ansible-playbook is ended at random moments; the next run converges."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.local import BIN, playbook, renew_vps
from tools.workshop.settings import ROOT

# `make test` tries a few moments; the ten of each kind: SKERRY_INTERRUPTIONS=10.
TIMES = int(os.environ.get("SKERRY_INTERRUPTIONS", "1"))


@pytest.mark.parametrize("seed", range(TIMES))
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL], ids=["INT", "KILL"])
def test_converges(how: signal.Signals, seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails when a run that was cut off leaves something that the next run cannot mend."""
    renew_vps()
    # A connection to the VPS of before would still be kept open.
    monkeypatch.setenv("ANSIBLE_SSH_CONTROL_PATH_DIR", str(tmp_path))
    moment = random.Random(f"{how}{seed}{os.environ.get('SKERRY_SEED', '')}").uniform(3, 60)
    argv = [str(BIN / "ansible-playbook"), "-i", "inventories/local", "site.yml"]
    env = {**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}"}
    cut = subprocess.Popen(
        argv, cwd=ROOT, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    time.sleep(moment)
    os.killpg(cut.pid, how)
    cut.wait(timeout=60)
    full = playbook()
    assert full.code == 0, f"cut off after {moment:.0f} s:\n{full.output[-3000:]}"
    again = playbook()
    assert again.code == 0, again.output[-3000:]
    assert again.total("changed") == 0, f"cut off after {moment:.0f} s:\n{again.output[-3000:]}"
