"""A dump's way past the engine: whole, or ended, but never waited for in vain."""

from __future__ import annotations

import io
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.workshop.settings import ROOT

sys.path.insert(0, str(ROOT / "roles/backup/templates/host/usr/local/lib/skerry"))

from skerry_backup import docker
from skerry_backup.fifo import CHUNK, PREFIX, Fifo
from skerry_backup.settings import BackupError

DATA = random.Random(7).randbytes(3 * CHUNK + 17)
NOT_ITS_OWN = "4194304"  # above the largest process id of Linux


@pytest.fixture
def fifo(monkeypatch: pytest.MonkeyPatch) -> Iterator[Fifo]:
    """A FIFO in a container whose first process is this one, so that its files are ours."""
    monkeypatch.setattr(docker, "inspect", lambda *_: {"State": {"Pid": os.getpid()}})
    with Fifo("container") as made:
        yield made
    assert not Path(made.inside).exists()


def shell(script: str, *words: str, **pipes: int) -> subprocess.Popen[bytes]:
    """Start a shell script."""
    return subprocess.Popen(["sh", "-c", script, *words], **pipes)


def test_what_is_written_arrives(fifo: Fifo, tmp_path: Path) -> None:
    """A backup would hold other bytes than the database gave."""
    (tmp_path / "data").write_bytes(DATA)
    with shell('exec cat "$1" > "$0"', fifo.inside, str(tmp_path / "data")) as writer:
        assert b"".join(fifo.read(writer)) == DATA


@pytest.mark.parametrize("script", ["exit 3", ": > $0; exit 3", "head -c 100 /dev/zero > $0; kill -9 $$"])
def test_a_writer_that_ends_is_not_waited_for(fifo: Fifo, script: str) -> None:
    """A backup whose dump failed at once would hang until its timeout, hours later."""
    with shell(script, fifo.inside) as writer:
        assert len(b"".join(fifo.read(writer))) in (0, 100)
    assert writer.returncode != 0


def test_what_is_given_arrives(fifo: Fifo) -> None:
    """A restored database would hold other bytes than the backup."""
    with shell('exec cat < "$0"', fifo.inside, stdout=subprocess.PIPE) as reader:
        fifo.write(io.BytesIO(DATA[:60_000]), reader)
        assert reader.stdout
        assert reader.stdout.read() == DATA[:60_000]


@pytest.mark.parametrize("script", ["exit 3", 'exec 3< "$0"; exit 3'])
def test_a_reader_that_ends_is_not_waited_for(fifo: Fifo, script: str) -> None:
    """A restore whose server refuses the first statement would hang."""
    with shell(script, fifo.inside) as reader:
        fifo.write(io.BytesIO(DATA), reader)
    assert reader.returncode == 3


@pytest.mark.parametrize("kind", ["file", "link", "link to a FIFO"])
def test_another_file_in_its_place_is_refused(fifo: Fifo, tmp_path: Path, kind: str) -> None:
    """A container could have any file of the host stored in its backup, and read it there."""
    Path(fifo.inside).unlink()
    (tmp_path / "secret").write_text("of the host")
    if kind == "file":
        Path(fifo.inside).write_text("of the container")
    else:
        target = tmp_path / ("secret" if kind == "link" else "of another")
        if not target.exists():
            os.mkfifo(target)
        Path(fifo.inside).symlink_to(target)
    with shell("sleep 1") as writer, pytest.raises((BackupError, OSError)):
        b"".join(fifo.read(writer))


def test_what_a_killed_backup_left_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each killed backup would leave a file in the database's /tmp; one at work would lose its own."""
    monkeypatch.setattr(docker, "inspect", lambda *_: {"State": {"Pid": os.getpid()}})
    dead, living = Path(f"/tmp/{PREFIX}{NOT_ITS_OWN}"), Path(f"/tmp/{PREFIX}{os.getppid()}")
    for path in (dead, living):
        os.mkfifo(path)
    try:
        with Fifo("container"):
            assert not dead.exists()
            assert living.exists()
    finally:
        living.unlink()
