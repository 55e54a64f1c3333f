"""When the host makes Traefik ask for a certificate again, and what it says."""

from __future__ import annotations

import importlib.util
import itertools
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

FILE = Path(__file__).resolve().parents[2] / "roles/traefik/files/acme_kick.py"
REASON = {"shop.example.org": "Traefik serves a certificate that is not for this name"}


@pytest.fixture(scope="module")
def kick() -> ModuleType:
    """The script as a module."""
    spec = importlib.util.spec_from_file_location("acme_kick", FILE)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def state() -> dict[str, Any]:
    """The state of a host where all was well so far."""
    return {"delay": 0, "retry_at": 0}


def kicks(kick: ModuleType, state: dict[str, Any], times: range, problem: str = "") -> list[int]:
    """Look at each of the times (seconds) and give those at which it kicked."""
    return [now for now in times if kick.decide(REASON, problem, state, now)[0]]


def test_nothing_is_done_while_all_is_there(kick: ModuleType, state: dict[str, Any]) -> None:
    """Traefik would reload all day."""
    assert kick.decide({}, "", state, 1000) == (False, "")


def test_the_delay_doubles_up_to_an_hour(kick: ModuleType, state: dict[str, Any]) -> None:
    """The authority's limit of failed validations would lock the domain out, or the certificate come days late."""
    found = kicks(kick, state, range(1000, 1000 + 6 * 3600, 30))
    gaps = [later - earlier for earlier, later in itertools.pairwise(found)]
    assert found[0] == 1000 + kick.GRACE
    assert gaps[:6] == [60, 120, 240, 480, 960, 1920]
    assert set(gaps[6:]) == {3600}


def test_an_authority_that_comes_back_is_asked_at_once(kick: ModuleType, state: dict[str, Any]) -> None:
    """After a long outage the certificate would come an hour late."""
    kicks(kick, state, range(1000, 20000, 30))
    assert kicks(kick, state, range(20000, 30000, 30), problem="timed out") == []
    assert kick.decide(REASON, "", state, 30000)[0]


def test_what_is_wrong_is_said(kick: ModuleType, state: dict[str, Any]) -> None:
    """An operator would not learn which name has no certificate, or that the authority is down."""
    _, text = kick.decide(REASON, "", state, 1000)
    assert text.startswith("no certificate yet for shop.example.org: Traefik serves a certificate")
    _, text = kick.decide(REASON, "timed out", state, 1000)
    assert "the ACME server cannot be asked (timed out)" in text


def test_a_new_failure_starts_with_a_short_delay(kick: ModuleType, state: dict[str, Any]) -> None:
    """The next new domain would wait an hour because of the last one."""
    kicks(kick, state, range(1000, 20000, 30))
    kick.decide({}, "", state, 20000)
    assert kicks(kick, state, range(30000, 30100, 30)) == [30030, 30090]


def test_each_kick_is_another_configuration(kick: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Traefik reloads on a changed configuration only: the second kick would do nothing."""
    monkeypatch.setattr(kick, "KICK", tmp_path / "acme-kick.yml")
    texts = []
    for now in (1000, 1060):
        kick.kick(now)
        texts.append((tmp_path / "acme-kick.yml").read_text())
    assert texts[0] != texts[1]
    assert list(json.loads(texts[1])["http"]["middlewares"]) == ["acme-kick"]


@pytest.mark.parametrize(
    ("said", "said_at", "expected"),
    [("", 0, True), ("the same", 990, False), ("the same", 1000 - 3600, True), ("other", 990, True)],
)
def test_a_complaint_is_said_once_an_hour(
    kick: ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    said: str,
    said_at: int,
    expected: bool,
) -> None:
    """The journal would hold the line twice a minute, or nobody would find it after a day."""
    monkeypatch.setattr(kick, "STATE", tmp_path / "certificates.json")
    monkeypatch.setattr(kick.time, "time", lambda: 1000)
    monkeypatch.setattr(kick, "routed_names", lambda: ["shop.example.org"])
    monkeypatch.setattr(kick, "served_certificate", lambda *_: {"present": False, "reason": "no"})
    monkeypatch.setattr(kick, "acme_problem", lambda _: "")
    monkeypatch.setattr(kick, "decide", lambda *_: (False, "the same"))
    kick.STATE.write_text(json.dumps({"said": said, "said_at": said_at}))
    assert kick.look({}, say=True) == "the same"
    assert (capsys.readouterr().out == "the same\n") is expected


def test_a_restart_of_traefik_is_no_missing_certificate(
    kick: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each restart would count as a failed issue, and delay the next real one."""
    monkeypatch.setattr(kick, "STATE", tmp_path / "certificates.json")
    monkeypatch.setattr(kick, "routed_names", lambda: ["shop.example.org"])
    refused = {"present": False, "reason": "Traefik does not answer", "unanswered": True}
    monkeypatch.setattr(kick, "served_certificate", lambda *_: refused)
    assert kick.look({}, say=False) == "Traefik does not answer"
    assert json.loads(kick.STATE.read_text())["retry_at"] == 0


@pytest.mark.parametrize("again", [False, True])
def test_who_mended_the_cause_need_not_wait(
    kick: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, again: bool
) -> None:
    """The certificate would come up to an hour after its cause was mended, or each look would ask the authority."""
    monkeypatch.setattr(kick, "STATE", tmp_path / "certificates.json")
    monkeypatch.setattr(kick, "KICK", tmp_path / "acme-kick.yml")
    monkeypatch.setattr(kick.time, "time", lambda: 1000)
    monkeypatch.setattr(kick, "routed_names", lambda: ["shop.example.org"])
    monkeypatch.setattr(kick, "served_certificate", lambda *_: {"present": False, "reason": "no"})
    monkeypatch.setattr(kick, "acme_problem", lambda _: "")
    kick.STATE.write_text(json.dumps({"delay": 3600, "retry_at": 4000}))
    kick.look({}, say=False, again=again)
    assert kick.KICK.exists() is again
    assert json.loads(kick.STATE.read_text())["delay"] == (kick.FIRST_DELAY if again else 3600)
