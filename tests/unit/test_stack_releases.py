"""A stack's directory: atomic steps, what is kept, and the lock."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from module_utils.skerry.lock import Lock, LockedError
from module_utils.skerry.payload import Entry
from module_utils.skerry.releases import Releases, State

ENTRIES = [Entry("stack.yml", b"services: {}"), Entry("secrets/t", b"x", mode=0o600)]


@pytest.fixture
def releases(tmp_path: Path) -> Releases:
    """The directory of a stack called demo."""
    return Releases(str(tmp_path), "demo")


def names(releases: Releases) -> list[str]:
    """Return the releases on disk."""
    return sorted(path.name for path in (releases.root / "releases").iterdir())


def test_release_is_read_back_as_it_was_written(releases: Releases) -> None:
    """Each run would find a difference and deploy again."""
    releases.activate(releases.add(ENTRIES))
    assert releases.read_current() == {"stack.yml": (b"services: {}", 0o644), "secrets/t": (b"x", 0o600)}


def test_release_directory_is_private(releases: Releases) -> None:
    """Another user could read secrets of a stack."""
    release = releases.add(ENTRIES)
    assert (releases.root / "releases" / release).stat().st_mode & 0o777 == 0o700


def test_unfinished_release_is_never_current(releases: Releases) -> None:
    """A run killed while it wrote would leave half a directory as the stack's."""
    (releases.root / "releases" / "x.part").mkdir(parents=True)
    assert releases.read_current() == {}
    good = releases.add(ENTRIES)
    releases.activate(good)
    releases.keep(good, None)
    assert names(releases) == [good]


def test_previous_release_is_kept_and_older_ones_go(releases: Releases) -> None:
    """There would be nothing to go back to, or secrets of long ago would stay on the disk."""
    (releases.root / "releases").mkdir(parents=True)
    for name in ("r1", "r2", "r3"):
        (releases.root / "releases" / name).mkdir()
    releases.keep("r2", "r1")
    assert names(releases) == ["r1", "r2"]
    releases.keep("r2", None)
    assert (releases.root / "previous").readlink() == Path("releases/r1")
    assert names(releases) == ["r1", "r2"]


def test_state_survives_and_is_private(releases: Releases) -> None:
    """The next run would not know what was good, or everybody could read the services' environments."""
    releases.root.mkdir(parents=True)
    state = State(release="r1", specs={"a": {"Name": "a"}}, attempt="r2", adopted=True)
    releases.write_state(state)
    assert releases.read_state() == state
    assert (releases.root / "state.json").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("text", ["", "{", '{"unknown": 1}'])
def test_unreadable_state_is_as_none(releases: Releases, text: str) -> None:
    """A damaged file would block the stack for ever."""
    releases.root.mkdir(parents=True)
    (releases.root / "state.json").write_text(text)
    assert releases.read_state() == State()


HOLDER = """
import sys, time
from pathlib import Path
from module_utils.skerry.lock import Lock
lock = Lock(Path(sys.argv[1]), 9, controller="desk 1 2", what="deploy by ann: sale", output=int(sys.argv[2]))
with lock.held(), lock.held():
    lock.tick()
    print("held", file=sys.stderr, flush=True)
    time.sleep(float(sys.argv[3]))
"""


def hold(path: Path, seconds: float, output: int = 2) -> subprocess.Popen[str]:
    """Let another process hold the lock; `output` is the descriptor that its controller would read."""
    arguments = [sys.executable, "-c", HOLDER, str(path), str(output), str(seconds)]
    process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if output == 1:
        assert process.stdout
        process.stdout.close()
    assert process.stderr
    assert process.stderr.readline() == "held\n"
    return process


def test_second_holder_is_told_the_first(tmp_path: Path) -> None:
    """Two deployments of one stack would undo each other."""
    first = hold(tmp_path / "lock", 30)
    with (
        pytest.raises(LockedError, match=rf"process {first.pid} \(started from desk\), since .*, deploy by ann: sale"),
        Lock(tmp_path / "lock", 30).held(),
    ):
        pass
    first.kill()
    first.communicate()


def test_a_holder_may_ask_again_and_lets_go_at_the_end(tmp_path: Path) -> None:
    """A deploy would be kept out by itself, or keep all others out after an error."""
    lock = Lock(tmp_path / "lock", 1)
    with pytest.raises(ZeroDivisionError), lock.held(), lock.held():
        _ = 1 / 0
    with Lock(tmp_path / "lock", 1).held():
        pass


def test_attended_deployment_can_be_waited_for(tmp_path: Path) -> None:
    """A run whose ansible-playbook was killed looks attended from the host; its successor knows better."""
    first = hold(tmp_path / "lock", 4)
    with Lock(tmp_path / "lock", 30, insist=True).held():
        pass
    first.communicate()


def test_dead_holder_blocks_nobody(tmp_path: Path) -> None:
    """After a kill an operator would have to delete a lock by hand."""
    first = hold(tmp_path / "lock", 30)
    first.kill()
    first.communicate()
    with Lock(tmp_path / "lock", 5).held():
        pass


def test_deployment_left_alone_is_waited_for(tmp_path: Path) -> None:
    """After a cut of SSH, running again at once would fail though nobody is there any more."""
    first = hold(tmp_path / "lock", 4, output=1)
    with Lock(tmp_path / "lock", 30).held():
        pass
    first.communicate()
