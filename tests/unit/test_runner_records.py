"""What the reporter tells of deploys and backups, from the very files that the stack plugin and skerry-backup write."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from module_utils.skerry.history import History
from module_utils.skerry.release_log import ReleaseLog
from tests import host_packages
from tools.workshop.settings import ROOT

host_packages.add()
sys.path.insert(0, str(ROOT / "roles/backup/templates/host/usr/local/lib/skerry"))

from skerry_backup import drill, manifests, run  # noqa: E402
from skerry_backup import records as backup_records  # noqa: E402
from skerry_backup.restic import Repository  # noqa: E402
from skerry_backup.settings import BackupError, Settings, Target  # noqa: E402
from skerry_reporter import backups, deploys  # noqa: E402
from skerry_reporter.__main__ import report_once  # noqa: E402
from skerry_reporter.chapter import Chapter  # noqa: E402
from skerry_reporter.console import BACKUPS, DEPLOYS, SERVICES, ConsoleError  # noqa: E402
from skerry_reporter.pace import REPEAT, RETRY, Pace  # noqa: E402

ABOUT = {"reported_at": "2026-01-02T03:04:05Z", "host": "vps"}


class Console:
    """A console that keeps what it is sent, or takes nothing."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.paths: list[str] = []
        self.takes = True
        self.asked = 0

    def put(self, path: str, report: dict[str, Any]) -> None:
        """Take a report."""
        self.asked += 1
        if not self.takes:
            raise ConsoleError(f"{path}: 404")
        self.sent.append(report)
        self.paths.append(path)


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The backup's settings, with a host of this test's own below it."""
    for module, name, place in (
        (backup_records, "STATE", "backup"),
        (backup_records, "METRICS", "metrics"),
        (backup_records, "RUNTIME", "run"),
        (drill, "STATE", "backup"),
    ):
        monkeypatch.setattr(module, name, tmp_path / place)
    return Settings("vps", "/nowhere", (Target("local", "/nowhere"), Target("offsite", "s3:nowhere")), {})


def deploy_chapter(state: Path) -> Chapter:
    return Chapter(DEPLOYS, deploys.PATTERNS, deploys.deploys, state)


def test_a_deploy_is_told_whole(tmp_path: Path) -> None:
    """The console would not show who deployed what and why, or what was wrong with it."""
    log, history = ReleaseLog("shop", tmp_path), History("shop", tmp_path)
    for name in ("1.3", "1.4"):
        log.note(name, {"web": f"shop:{name}"}, owner="ada", message="cheaper shipping")
    about = {"name": "1.5", "owner": "bob", "message": "dearer\nshipping", "reason": "shop_web ended with code 1"}
    history.add("rolled back", time.time() - 7, "release-dir", "laptop", **about)
    History("mariadb", tmp_path).add("deployed", time.time(), "dir", "laptop 5699 5105781")
    told = deploy_chapter(tmp_path).picture()
    (app,) = told["apps"]
    assert app["name"] == "shop"
    assert [(one["name"], one["by"], one["message"], one["left"]) for one in app["releases"]] == [
        ("1.3", "ada", "cheaper shipping", False),
        ("1.4", "ada", "cheaper shipping", False),
    ]
    by_stack = {one["stack"]: one for one in told["deploys"]}
    shop = by_stack["shop"]
    assert (shop["verdict"], shop["release"], shop["by"]) == ("rolled back", "1.5", "bob")
    assert (shop["message"], shop["reason"]) == ("dearer shipping", "shop_web ended with code 1")
    assert 6 < shop["seconds"] < 60
    assert (by_stack["mariadb"]["by"], by_stack["mariadb"]["release"]) == ("laptop", "")


def test_the_newest_deploys_come_first_and_as_many_as_fit(tmp_path: Path) -> None:
    """A report of a busy host would be larger than the console takes, and none would arrive any more."""
    (tmp_path / "deploys").mkdir()
    (tmp_path / "releases").mkdir()
    for stack in range(20):
        texts = {"owner": "ü" * 200, "message": "ä" * 4000, "reason": "x" * 4000}
        entries = [
            {
                "ended": float(100 * n + stack),
                "seconds": 1,
                "verdict": "deployed",
                "name": "1",
                "controller": "",
                **texts,
            }
            for n in range(100)
        ]
        (tmp_path / f"deploys/app{stack}.json").write_text(json.dumps({"counts": {}, "entries": entries}))
        kept = [{"name": f"{n}", "images": {}, "since": 1.0, **texts} for n in range(20)]
        (tmp_path / f"releases/app{stack}.json").write_text(json.dumps({"inventory": "", "releases": kept}))
    told = deploy_chapter(tmp_path).picture()
    times = [one["ended"] for one in told["deploys"]]
    assert len(json.dumps(told)) < 200_000
    assert times == sorted(times, reverse=True)
    assert told["deploys"][0]["stack"] == "app19"
    assert len(told["deploys"]) > 10
    assert {app["releases"][-1]["name"] for app in told["apps"]} == {"19"}


def test_what_is_damaged_hides_nothing_else(tmp_path: Path) -> None:
    """One broken file, or an entry of another version, would end the reporter and with it the list of services."""
    History("shop", tmp_path).add("deployed", time.time(), "dir", "laptop")
    kept = json.loads((tmp_path / "deploys/shop.json").read_text())
    wrong: list[Any] = [None, {}, {**kept["entries"][0], "verdict": "vanished"}, {**kept["entries"][0], "ended": 1e300}]
    (tmp_path / "deploys/shop.json").write_text(json.dumps({**kept, "entries": wrong + kept["entries"]}))
    for name, text in (("half", '{"entries": [{'), ("list", "[]"), ("none", "null")):
        (tmp_path / f"deploys/{name}.json").write_text(text)
    (tmp_path / "releases").mkdir()
    (tmp_path / "releases/shop.json").write_text('{"releases": 7}')
    told = deploy_chapter(tmp_path).picture()
    assert [one["stack"] for one in told["deploys"]] == ["shop"]
    assert told["apps"] == []


def finished(settings: Settings, *outcomes: backup_records.Outcome) -> str:
    """Have a run with these outcomes noted; return its id."""
    one = run.Run(settings)
    one.manifest["databases"]["shop"] = {"bytes": 1000}
    one.manifest["redis"] = {"bytes": 20}
    one.outcomes = list(outcomes)
    one._note()
    return one.id


def test_a_run_is_told_with_each_target(settings: Settings, tmp_path: Path) -> None:
    """A backup that never arrives off-site would look like one that does."""
    outcome = backup_records.Outcome
    name = finished(
        settings,
        outcome("database:shop", "local", True, "", 1, 300),
        outcome("files", "local", True, "", 1, 50),
        outcome("run", "offsite", False, "offsite: restic copy: exit code 1"),
    )
    (told,) = Chapter(BACKUPS, backups.PATTERNS, backups.backups, tmp_path).picture()["runs"]
    assert (told["run"], told["bytes"], told["good"], told["partial"]) == (name, 1020, False, False)
    assert told["targets"] == [
        {"name": "local", "good": True, "stored": 350, "problems": []},
        {"name": "offsite", "good": False, "stored": 0, "problems": ["run: offsite: restic copy: exit code 1"]},
    ]


def test_the_last_runs_are_kept(settings: Settings, tmp_path: Path) -> None:
    """The record would grow for ever, or keep the first runs instead of the last."""
    for number in range(run.KEPT_RUNS + 1):
        finished(settings, backup_records.Outcome("files", "local", True, str(number)))
    kept = json.loads((tmp_path / "backup/runs.json").read_text())
    assert [one["outcomes"][0]["message"] for one in kept] == [str(number) for number in range(1, run.KEPT_RUNS + 1)]


def test_a_drill_is_told_with_what_it_measured(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody would see in the console that a backup does not restore, or how long it takes."""
    repository = Repository(settings, settings.targets[1])

    def none(_repository: Repository) -> dict[str, Any]:
        raise BackupError("offsite has no complete run")

    monkeypatch.setattr(manifests, "choose", none)
    drill.Drill(settings, repository).go()
    monkeypatch.setattr(manifests, "choose", lambda _repository: {"run": "20260102T030405Z"})

    def proven(self: drill.Drill, _manifest: dict[str, Any]) -> None:
        self.rto, self.rpo = 54.3, 17.0

    monkeypatch.setattr(drill.Drill, "_run", proven)
    monkeypatch.setattr(drill.time, "time", lambda: 4e9)
    drill.Drill(settings, repository).go()
    good, bad = Chapter(BACKUPS, backups.PATTERNS, backups.backups, tmp_path).picture()["drills"]
    assert (good["good"], good["target"], good["run"]) == (True, "offsite", "20260102T030405Z")
    assert (good["rto_seconds"], good["rpo_seconds"]) == (54.3, 17.0)
    assert (bad["good"], bad["problems"]) == (False, ["offsite has no complete run"])


def test_it_is_told_when_it_changes_and_seldom_else(tmp_path: Path) -> None:
    """The console would show old news, or be sent the whole history every few seconds."""
    chapter, console = deploy_chapter(tmp_path), Console()
    for now in (0.0, 5.0, 10.0):
        chapter.tell(console, ABOUT, now)  # type: ignore[arg-type]
    assert console.sent == [{"apps": [], "deploys": [], **ABOUT}]
    History("shop", tmp_path).add("deployed", time.time(), "dir", "laptop")
    chapter.tell(console, ABOUT, 15.0)  # type: ignore[arg-type]
    assert [one["stack"] for one in console.sent[1]["deploys"]] == ["shop"]
    chapter.tell(console, ABOUT, 15.0 + REPEAT - 1)  # type: ignore[arg-type]
    assert len(console.sent) == 2
    chapter.tell(console, ABOUT, 15.0 + REPEAT)  # type: ignore[arg-type]
    chapter.forget()
    chapter.tell(console, ABOUT, 20.0 + REPEAT)  # type: ignore[arg-type]
    assert len(console.sent) == 4


def test_an_older_console_is_asked_seldom_and_told_once_it_is_newer(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A console older than the reporter would end the reports, or fill the journal, or never learn of deploys."""
    chapter, console = deploy_chapter(tmp_path), Console()
    console.takes = False
    for now in (0.0, 5.0, RETRY - 1, RETRY):
        chapter.tell(console, ABOUT, now)  # type: ignore[arg-type]
    assert console.asked == 2
    assert capsys.readouterr().out.count("is not taken") == 1
    console.takes = True
    chapter.tell(console, ABOUT, 2 * RETRY)  # type: ignore[arg-type]
    chapter.tell(console, ABOUT, 2 * RETRY + 5)  # type: ignore[arg-type]
    assert len(console.sent) == 1


class Engine:
    """An engine that runs nothing."""

    def get(self, _resource: str) -> list[Any]:
        """Return no service and no task."""
        return []


def test_a_console_that_comes_back_is_told_all_of_it(tmp_path: Path) -> None:
    """One that lost its memory while it was away would show no deploy until the next one."""
    chapter, console, pace = deploy_chapter(tmp_path), Console(), Pace()
    report_once(Engine(), console, pace, [chapter])  # type: ignore[arg-type]
    report_once(Engine(), console, pace, [chapter])  # type: ignore[arg-type]
    assert console.paths == [SERVICES, DEPLOYS]
    pace.failed()
    report_once(Engine(), console, pace, [chapter])  # type: ignore[arg-type]
    assert console.paths[2:] == [SERVICES, DEPLOYS]
