"""The lock that deployments, backups and restores share."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from module_utils.skerry import patience, rollout
from module_utils.skerry.lock import Lock, LockedError
from tools.workshop.settings import ROOT

sys.path.insert(0, str(ROOT / "roles/backup/templates/host/usr/local/lib/skerry"))

from skerry_backup import stacks
from skerry_backup.settings import BackupError


@pytest.fixture(autouse=True)
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A stack that was deployed; yields its lock."""
    monkeypatch.setattr(stacks, "STACKS", tmp_path)
    monkeypatch.setattr(stacks, "PATIENCE", 0.2)
    monkeypatch.setattr(stacks, "POLL", 0.05)
    (tmp_path / "shop").mkdir()
    yield tmp_path / "shop/lock"
    assert stacks._held == set()


def test_a_deploy_is_told_of_a_restore(shop: Path) -> None:
    """A deploy would start services on half of a database."""
    with stacks.held(["shop", "never-deployed"], "a restore of shop"):
        with pytest.raises(LockedError, match="a restore of shop"), Lock(shop, patience=0.1).held():
            pass
        with stacks.held(["shop"], "a backup of shop"):  # as a restore saves what there is
            pass
        assert json.loads(shop.read_text())["what"] == "a restore of shop"
    with Lock(shop, patience=0.1).held():
        pass


def test_a_restore_waits_for_a_deploy_and_says_so(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A restore would stop services that are just being replaced."""
    told = pytest.raises(BackupError, match=r"shop is being deployed \(process \d+")
    with Lock(shop, patience=0.1, what="deploy 1.5").held(), told, stacks.held(["shop"], "x"):
        pass
    assert "waits, since shop is being deployed" in capsys.readouterr().out


def test_a_deploys_own_backup_does_not_wait_for_it(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A deploy that backs up first would wait for itself until it gives up."""
    monkeypatch.setenv(stacks.OWN, "shop")
    with Lock(shop, patience=0.1).held(), stacks.held(["shop"], "a backup of shop"):
        pass


def test_a_deploy_tells_its_backup_that_it_holds_the_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    """The two would call the variable differently, and each deploy with a backup hang for half an hour."""
    told: dict[str, str] = {}

    def run(_argv: list[str], _seconds: float, _tick: object, environment: dict[str, str]) -> patience.Ended:
        told.update(environment)
        return patience.Ended(0, "")

    monkeypatch.setattr(patience, "run", run)
    deploy = object.__new__(rollout.Rollout)
    monkeypatch.setattr(deploy, "order", rollout.Order("shop", "deploy", "1.5", backup=True), raising=False)
    monkeypatch.setattr(deploy, "lock", Lock(Path("unused"), 0), raising=False)
    monkeypatch.setattr(deploy, "_run_hooks", lambda *_: "")
    deploy._prepare(rollout.Wanted("1.5", {}))
    assert told == {stacks.OWN: "shop"}
