"""The machine is gone in the middle of its work; a bare one, the recovery sheet and the other target bring it back."""

from __future__ import annotations

import os
import random
import re
import shlex
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.database import sql
from tests.local import Vps, renew_vps
from tests.writer import RATE, Writer
from tools.workshop.settings import ROOT, load
from tools.workshop.vps import ssh_options

# `make test` tries one moment; the five: SKERRY_RECOVERIES=5.
TIMES = int(os.environ.get("SKERRY_RECOVERIES", "1"))
INTERVAL = 60  # seconds, the least that the role takes


@pytest.fixture
def _often(vps: Vps) -> None:
    """Let the VPS ship its binary logs often."""
    unit = "/etc/systemd/system/skerry-backup-binlog.timer"
    seconds = INTERVAL * 0.8
    vps.out(f"sed -i 's/Sec=[0-9]*s$/Sec={seconds:.0f}s/; s/AccuracySec=.*/AccuracySec=1s/' {unit}")
    vps.out("systemctl daemon-reload && systemctl restart skerry-backup-binlog.timer")


def recover(sheet: Path) -> str:
    """Run `make recover` and return what it said."""
    settings = load()
    argv = [sys.executable, "-m", "tools.recover", str(sheet), str(settings.address(21)), "--name", "recovered"]
    argv += ["--ssh-arguments", shlex.join(ssh_options(settings))]
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]
    return done.stdout


@pytest.mark.usefixtures("_often")
@pytest.mark.parametrize("seed", range(TIMES))
def test_a_new_machine_takes_over(vps: Vps, seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """More than the promised seconds would be lost, rows would be out of order, or nothing would come back at all."""
    monkeypatch.setenv("ANSIBLE_SSH_CONTROL_PATH_DIR", str(tmp_path))
    sheet = tmp_path / "sheet.yml"
    subprocess.run(["make", "recovery-sheet", f"SHEET={sheet}"], cwd=ROOT, check=True, capture_output=True)
    assert sheet.stat().st_mode & 0o077 == 0
    writer = Writer(vps)
    # The time before left a longer table, and what shrinks that much is rightly held for an accident.
    vps.out("skerry-backup run --accept-shrunken", timeout=300)
    time.sleep(random.Random(seed).uniform(INTERVAL, 2 * INTERVAL))
    subprocess.run(["docker", "kill", load().container("vps")], check=True, capture_output=True)
    killed = time.time()
    last, _ = writer.stop()
    assert last > RATE / 4 * INTERVAL, "the writer hardly wrote"

    renew_vps()
    inventory = ROOT / "inventories/recovered"
    subprocess.run(["rm", "-rf", str(inventory)], check=True)
    began = time.monotonic()
    recover_said = recover(sheet)
    print(f"recovered in {time.monotonic() - began:.0f} s; {last} rows were acknowledged")

    numbers = [int(line) for line in vps.out(sql("SELECT id FROM acked ORDER BY at, id")).split()]
    assert numbers == list(range(1, len(numbers) + 1)), "a row is missing in the middle, or out of order"
    promised = writer.last_before(killed - INTERVAL)
    print(f"{last - len(numbers)} rows of the last {INTERVAL} s are lost; {last - promised} may be")
    assert len(numbers) >= promised
    assert "is back" in recover_said
    health = subprocess.run(
        [
            "curl",
            "--silent",
            "--fail",
            "--cacert",
            vps.values["SKERRY_CA_FILE"],
            f"{vps.values['SKERRY_URL']}/api/health",
        ],
        check=False,
        capture_output=True,
    )
    assert health.returncode == 0, "the console does not answer, or its certificate is another authority's"
    subprocess.run(["rm", "-rf", str(inventory)], check=True)


def test_the_same_machine_loses_nothing(vps: Vps) -> None:
    """A restart would cost what the app was told is safe."""
    writer = Writer(vps)
    time.sleep(10)
    name = load().container("vps")
    subprocess.run(["docker", "kill", name], check=True, capture_output=True)
    last, _ = writer.stop()
    subprocess.run(["docker", "start", name], check=True, capture_output=True)
    end = time.monotonic() + 180
    while (
        answer := vps.ssh(sql("SELECT COUNT(*), MAX(id) FROM acked"), timeout=20)
    ).returncode and time.monotonic() < end:
        time.sleep(2)
    count, highest = map(int, re.findall(r"\d+", answer.stdout))
    assert count == highest
    assert count >= last
