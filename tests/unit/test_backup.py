"""The parts of the backup that need neither restic nor a server: what a dump holds, what is kept, what is fetched."""

from __future__ import annotations

import contextlib
import os
import random
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from tools.workshop.settings import ROOT

sys.path.insert(0, str(ROOT / "roles/backup/templates/host/usr/local/lib/skerry"))

from skerry_backup import binlog, keeping, records, redis, restic, restore
from skerry_backup.dump import DumpReader, differences
from skerry_backup.settings import BackupError, Settings, Target

DUMP = rb"""/*M!999999\- enable the sandbox mode */
-- CHANGE MASTER TO MASTER_LOG_FILE='binlog.000007', MASTER_LOG_POS=345;

--
-- Table structure for table `empty`
--
-- Dumping data for table `empty`
--
LOCK TABLES `empty` WRITE;
UNLOCK TABLES;

-- Dumping data for table `odd ``name`
--
INSERT INTO `odd ``name` VALUES
(1,'a),\n(b'),
(2,'-- Dumping data for table `x`\n(');
INSERT INTO `odd ``name` VALUES
(3,NULL);
UNLOCK TABLES;
-- Dump completed
"""


def read(pieces: list[bytes]) -> dict[str, Any]:
    """Return what the reader tells of a dump that arrives in these pieces."""
    reader = DumpReader()
    for piece in pieces:
        reader.feed(piece)
    return {**reader.result(), "taken": 0}


def test_a_dump_is_counted() -> None:
    """A restored copy would be held against wrong numbers."""
    found = read([DUMP])
    assert {name: table["rows"] for name, table in found["tables"].items()} == {"empty": 0, "odd ``name": 3}
    assert (found["rows"], found["bytes"]) == (3, len(DUMP))
    assert (found["binlog_file"], found["binlog_position"]) == ("binlog.000007", 345)


@pytest.mark.parametrize("seed", range(50))
def test_pieces_do_not_matter(seed: int) -> None:
    """The same database would have another checksum each time, as a pipe cuts it anywhere."""
    chance = random.Random(seed)
    cuts = sorted(chance.sample(range(len(DUMP)), chance.randint(1, 40)))
    pieces = [DUMP[a:b] for a, b in zip([0, *cuts], [*cuts, len(DUMP)], strict=True)]
    assert read(pieces) == read([DUMP])


@pytest.mark.parametrize("size", [0, 100, len(DUMP) // 2, len(DUMP) - 2])
def test_a_dump_that_ends_early_is_refused(size: int) -> None:
    """A truncated dump would be saved as a backup."""
    with pytest.raises(ValueError, match="ends early"):
        read([DUMP[:size]])


def test_each_kind_of_difference_is_told() -> None:
    """A drill would prove a backup that lost something."""
    good = {"a": {"rows": 1, "sha256": "x"}, "b": {"rows": 2, "sha256": "y"}}
    assert differences(good, good) == []
    assert differences(good, {"a": good["a"]}) == ["table b is missing"]
    assert differences({"a": good["a"]}, good) == ["table b is not in the manifest"]
    assert differences(good, {**good, "b": {"rows": 1, "sha256": "y"}}) == ["table b has 1 rows, the manifest says 2"]
    assert "other content" in differences(good, {**good, "b": {"rows": 2, "sha256": "z"}})[0]


def snapshot(name: str, *tags: str) -> dict[str, Any]:
    """Return a snapshot as restic describes it."""
    return {"id": name, "tags": list(tags)}


def test_only_what_nothing_needs_is_removed() -> None:
    """A restore would miss a part of a run that the table still shows."""
    kept, gone, running, abandoned = "20261120T030000Z", "20261101T030000Z", "29990101T000000Z", "20250101T000000Z"
    snapshots = [
        snapshot("old dump", f"run={gone}", "database=a"),
        snapshot("old manifest", f"run={gone}", "manifest"),
        snapshot("dump", f"run={kept}", "database=a"),
        snapshot("manifest", f"run={kept}", "manifest"),
        snapshot("at work", f"run={running}", "database=a"),
        snapshot("killed long ago", f"run={abandoned}", "database=a"),
        snapshot("first shipment", "binlog", f"base={kept}"),
        snapshot("second shipment", "binlog", f"base={kept}"),
        snapshot("shipment of the old one", "binlog", f"base={gone}"),
        snapshot("somebody's own"),
    ]
    doomed = {one["id"] for one in keeping._superfluous(snapshots, {kept})}
    assert doomed == {
        "old dump", "old manifest", "killed long ago", "first shipment", "shipment of the old one",
    }  # fmt: skip


class Shipments:
    """A repository that holds shipments: their files by base."""

    def __init__(self, files: dict[str, list[int]], servers: dict[str, str] | None = None) -> None:
        self.files, self.servers = files, servers or {}

    def snapshots(self, _tag: str) -> list[dict[str, Any]]:
        """Return them as restic would."""
        return [snapshot(base, f"base={base}", f"server={self.servers.get(base, 's')}") for base in self.files]

    def run(self, _verb: str, base: str, _option: str, place: str) -> None:
        """Restore one."""
        Path(place, "data").mkdir(parents=True)
        for number in self.files[base]:
            Path(place, "data", f"binlog.{number:06d}").write_text(base)


@pytest.mark.parametrize(
    ("files", "servers", "expected"),
    [
        ({"1": [3, 4]}, {}, [3, 4]),
        ({"0": [1, 2], "1": [3, 4], "2": [5, 6]}, {}, [3, 4, 5, 6]),
        ({"1": [9, 10], "2": [10, 11]}, {}, [9, 10, 11]),
        ({"1": [3, 4], "2": [6]}, {}, [3, 4]),
        ({"1": [3, 4], "2": [5]}, {"2": "another"}, [3, 4]),
        ({}, {}, []),
    ],
)
def test_logs_of_a_base(
    tmp_path: Path, files: dict[str, list[int]], servers: dict[str, str], expected: list[int]
) -> None:
    """A point in time would be missed, or another server's transactions would be mixed in."""
    found = binlog.gather(Shipments(files, servers), "1", tmp_path)  # type: ignore[arg-type]
    assert [int(path.name.partition(".")[2]) for path in found] == expected


def test_a_gap_in_the_logs_is_refused(tmp_path: Path) -> None:
    """Transactions would be missing in the middle, without a word."""
    with pytest.raises(BackupError, match=r"missing between binlog\.000003 and binlog\.000005"):
        binlog.gather(Shipments({"1": [3, 5]}), "1", tmp_path)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1970-01-02 00:00:01", 86401),
        ("1970-01-02T00:00:01Z", 86401),
        ("1970-01-02 02:00:01+02:00", 86401),
        ("latest", float("inf")),
    ],
)
def test_points_in_time(text: str, seconds: float) -> None:
    """A restore would end hours too early or too late."""
    assert restore.moment(text) == seconds


def test_no_point_in_time() -> None:
    """A typing mistake would end in a traceback, or in the wrong century."""
    with pytest.raises(BackupError, match="yesterday is no time; allowed is one like"):
        restore.moment("yesterday")


def test_a_prefix_is_no_pattern() -> None:
    """Restoring the app `a*` would remove the keys of `ab`."""
    assert redis.pattern("a*[b]?:") == rb"a\*\[b\]\?:*"


def test_a_target_that_does_not_answer_is_waited_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each part of a run would wait a minute for it."""
    asked = []

    def silent(_self: restic.Repository, *words: str, **_: object) -> str:
        asked.append(words)
        raise restic.ResticError("s3", words[0], restic.TOO_LONG, "")

    monkeypatch.setattr(restic.Repository, "_unreachable", {})
    monkeypatch.setattr(restic.Repository, "run", silent)
    monkeypatch.setattr(restic, "only_one", lambda *_, **__: contextlib.nullcontext())
    target = Target(name="s3", repository="s3:http://silent/b")
    for _ in range(2):
        with pytest.raises(restic.ResticError, match="it took too long"):
            restic.Repository(Settings("vps", "/password", (target,), {}), target).ensure()
    assert asked == [("unlock",)]


LOGS = [f"binlog.00000{number}" for number in (4, 5, 6)]


@pytest.mark.parametrize(
    ("first", "following", "shipped"),
    [
        (LOGS[1], LOGS[2], LOGS[1:]),  # all since the run, in one snapshot
        (LOGS[1], LOGS[0], LOGS),  # and what an earlier run's shipments do not hold yet
        (LOGS[1], "binlog.000002", LOGS[1:]),  # unless it is gone
    ],
)
def test_what_is_shipped(first: str, following: str, shipped: list[str]) -> None:
    """There would be a gap; or, after one that was told of, every shipment would fail for ever."""
    assert binlog.due(LOGS, first, following) == shipped


def test_a_gap_after_the_run_is_told() -> None:
    """What was committed would be in no backup, and nobody would know."""
    with pytest.raises(BackupError, match=r"binlog\.000003 is gone from the server"):
        binlog.due(LOGS, "binlog.000003", "binlog.000003")


def test_metrics_of_what_is_gone_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A database that was dropped, or a shrunken one that was accepted, would raise an alert for ever."""
    monkeypatch.setattr(records, "STATE", tmp_path)
    monkeypatch.setattr(records, "METRICS", tmp_path / "metrics")
    for scope, target in (("database:old", "local"), ("database:shop", "local"), ("run", "s3"), ("run", "gone")):
        records.count([records.Outcome(scope, target, True)])
    records.measure("skerry_restore_drill_rto_seconds", {"target": "s3"}, 1)
    records.forget({"database:shop"}, {"local", "s3"})
    records.measure("skerry_restore_drill_rpo_seconds", {"target": "s3"}, 1)
    text = (tmp_path / "metrics/backup.prom").read_text()
    assert sorted(set(re.findall(r'(?:scope="([^"]*)",)?target="([^"]*)"', text))) == [
        ("", "s3"), ("database:shop", "local"), ("run", "s3"),
    ]  # fmt: skip


def test_metrics_keep_what_they_had(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The time of the last success would go with the first failure, and no alert could tell how long it is ago."""
    monkeypatch.setattr(records, "STATE", tmp_path / "state")
    monkeypatch.setattr(records, "METRICS", tmp_path / "metrics")
    records.count([records.Outcome("files", "local", True, "", 2.0, 10)])
    first = (tmp_path / "metrics/backup.prom").read_text()
    records.count([records.Outcome("files", "local", False, "disk full")])
    second = (tmp_path / "metrics/backup.prom").read_text()
    success = [line for line in first.splitlines() if "last_success" in line]
    assert len(success) == 1
    assert success[0] in second
    assert 'skerry_backup_last_run_success{scope="files",target="local"} 0' in second.splitlines()


def test_the_exporter_may_read_the_metrics(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The unit's umask would leave them to root, and monitoring would take the backups for missing."""
    monkeypatch.setattr(records, "STATE", tmp_path / "state")
    monkeypatch.setattr(records, "METRICS", tmp_path / "metrics")
    before = os.umask(0o077)
    try:
        records.measure("skerry_backup_stored_bytes", {}, 1)
    finally:
        os.umask(before)
    assert (tmp_path / "metrics/backup.prom").stat().st_mode & 0o777 == 0o644
    assert (tmp_path / "state/metrics.json").stat().st_mode & 0o777 == 0o600


def test_one_job_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two runs at once would both fail, or one would take the other's state."""
    monkeypatch.setattr(records, "RUNTIME", tmp_path)
    with records.only_one("backup"):
        with pytest.raises(BackupError, match="another backup job is at work: process"), records.only_one("backup"):
            pass
        with records.only_one("binlog"):
            pass
    with records.only_one("backup"):
        pass


def test_nothing_is_saved_during_a_restore(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A half restored database would be a good run; or a long run would hold up the shipments."""
    monkeypatch.setattr(records, "RUNTIME", tmp_path)
    refused = pytest.raises(BackupError, match="another restore job")
    with records.only_one("restore", shared=True), records.only_one("restore", shared=True), refused:
        records.only_one("restore").__enter__()
    refused = pytest.raises(BackupError, match="another restore job")
    with records.only_one("restore"), refused:
        records.only_one("restore", shared=True).__enter__()


@pytest.mark.parametrize("known", ["archive:top-secret", "top-secret-key"])
def test_what_a_failure_says_holds_no_password(known: str) -> None:
    """Restic repeats the address that it cannot reach; it would stand in the journal, in messages and in evidence."""
    said = f"Fatal: unable to open config file: Head https://{known}@archive.example/skerry/config: refused"
    for error in (BackupError(said), restic.ResticError("offsite", "backup", 1, said)):
        assert "top-secret" not in str(error)
        assert "https://***@archive.example/skerry" in str(error)


def test_of_the_shipments_after_one_run_the_last_counts() -> None:
    """Each copy elsewhere would carry a night's superseded shipments along."""
    snapshots = [
        {"id": "a", "tags": ["run=1"]},
        {"id": "b", "tags": ["binlog", "base=1"]},
        {"id": "c", "tags": ["binlog", "base=1"]},
        {"id": "d", "tags": ["binlog", "base=2"]},
        {"id": "e"},
    ]
    assert [one["id"] for one in binlog.without_superseded(snapshots)] == ["a", "c", "d", "e"]
