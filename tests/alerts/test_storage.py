"""Faults of what is kept: a full disk, backups that no longer run."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.alerts.conftest import Sink
from tests.alerts.story import Until, story
from tests.local import Vps

FULL = "/srv/full"
RULES = "/etc/skerry/prometheus/rules/backup.yml"


@pytest.fixture
def filesystem(vps: Vps, tmp_path: Path) -> Iterator[str]:
    """Mount a filesystem of 64 MiB on the VPS: a loop device of this machine, for a container may not make one."""
    image, name = tmp_path / "image", f"{vps.settings.name}-vps"
    with image.open("wb") as file:
        file.truncate(64 * 1024**2)
    subprocess.run(["mkfs.ext4", "-q", str(image)], check=True)
    shown = subprocess.run(["losetup", "--find", "--show", str(image)], check=True, capture_output=True, text=True)
    device = shown.stdout.strip()
    pid = subprocess.run(
        ["docker", "inspect", "--format", "{{.State.Pid}}", name], check=True, capture_output=True, text=True
    ).stdout.strip()
    number = re.sub(r"\D", "", device)
    mount = f"mkdir -p {FULL}; mknod /srv/loop b 7 {number}; mount -t ext4 /srv/loop {FULL}"
    subprocess.run(["nsenter", "--target", pid, "--mount", "--", "sh", "-ec", mount], check=True)
    yield FULL
    vps.out(f"umount {FULL}; rm -f /srv/loop; rmdir {FULL}")
    subprocess.run(["losetup", "--detach", device], check=True)


def test_a_disk_that_is_nine_tenths_full(vps: Vps, quiet: Sink, until: Until, filesystem: str) -> None:
    """Databases would stop in the middle of the night."""
    fill = f"head -c 49M /dev/zero > {filesystem}/ballast"
    words = (f"CRITICAL: Disk almost full on {filesystem}", "at least 10% must be")
    story(
        quiet, until, "HostDiskAlmostFull", words, lambda: vps.out(fill), lambda: vps.out(f"rm -f {filesystem}/ballast")
    )


def test_backups_that_no_longer_run(vps: Vps, quiet: Sink, until: Until) -> None:
    """The owner would find out on the day that he needs one. 26 hours become a minute more than it is old."""
    vps.out("skerry-backup run", timeout=600)
    metrics = vps.out("cat /var/lib/skerry/metrics/backup.prom")
    last = [float(line.split()[1]) for line in metrics.splitlines() if "_last_success_timestamp_seconds{" in line]
    limit = int(time.time() - min(last)) + 60

    def inject() -> None:
        vps.out("systemctl stop skerry-backup-run.timer")
        vps.out(f"sed -i 's/> 26 \\* 3600/> {limit}/' {RULES} && skerry-reload prometheus 9090 prometheus_config")

    def cure() -> None:
        vps.out(f"sed -i 's/> {limit}/> 26 * 3600/' {RULES} && skerry-reload prometheus 9090 prometheus_config")
        vps.out("systemctl start skerry-backup-run.timer")

    story(quiet, until, "BackupTooOld", ("CRITICAL: The backup of", "is too old (one of"), inject, cure)
