"""tools/pipeline.py: what a pipeline may ask for, whom it believes, and what its reader sees."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from tools import pinned, pipeline

GIVEN = {
    "APP": "shop",
    "RELEASE": "1.5",
    "HOST": "root@203.0.113.10",
    "KNOWN_HOSTS": "203.0.113.10 x y",
    "SSH_KEY": "k",
}


def test_what_is_not_set_has_its_default() -> None:
    """A deploy would back up, or roll back, unasked."""
    assert pipeline.read({**GIVEN, "ACTION": "", "BACKUP": ""}) == {**GIVEN, "ACTION": "deploy", "BACKUP": "false"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("APP", ""),
        ("APP", "shop; id"),
        ("APP", "{{ lookup('pipe', 'id') }}"),
        ("RELEASE", ""),
        ("RELEASE", "$(id)"),
        ("RELEASE", "{{ 1 }}"),
        ("RELEASE", "../1"),
        ("HOST", "203.0.113.10"),
        ("HOST", "root@-oProxyCommand=id -x"),
        ("HOST", "root@host\n"),
        ("HOST", "root@-host"),
        ("ACTION", "remove"),
        ("BACKUP", "perhaps"),
        ("KNOWN_HOSTS", " "),
        ("SSH_KEY", ""),
    ],
)
def test_what_cannot_be_is_refused_by_name(name: str, value: str) -> None:
    """Text of an attacker would reach a command line or a template, or a host be believed whatever its key."""
    with pytest.raises(SystemExit, match=f"^{name} is"):
        pipeline.read({**GIVEN, name: value})


def test_a_rollback_needs_no_release() -> None:
    """The release before could not be asked for."""
    assert pipeline.read({**GIVEN, "ACTION": "rollback", "RELEASE": ""})["RELEASE"] == ""


def test_the_hosts_key_is_pinned() -> None:
    """Whoever answers at the address would be given the deploy."""
    found = pipeline.inventory("ann@vps.example.org:2222", Path("/x/known_hosts"))
    (variables,) = found["managers"]["hosts"].values()
    assert (variables["ansible_host"], variables["ansible_user"], variables["ansible_port"]) == (
        "vps.example.org",
        "ann",
        2222,
    )
    for option in ("UserKnownHostsFile=/x/known_hosts", "GlobalKnownHostsFile=none", "StrictHostKeyChecking=yes"):
        assert f"-o {option}" in variables["ansible_ssh_common_args"]


def test_the_key_is_in_an_agent_that_ends(tmp_path: Path) -> None:
    """The key would lie in a file of a machine that others use, or stay in a process."""
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / "key"], check=True)
    with pinned.agent((tmp_path / "key").read_text().strip()) as found:
        listed = subprocess.run(["ssh-add", "-L"], env=found, capture_output=True, text=True, check=True).stdout
        assert listed.split()[1] == (tmp_path / "key.pub").read_text().split()[1]
    assert not Path(found["SSH_AUTH_SOCK"]).exists()
    with pytest.raises(SystemExit, match="SSH_KEY is no private key"), pinned.agent("nonsense"):
        pass


def test_a_summary_shows_the_verdict_and_nothing_breaks_out() -> None:
    """A log line or a message would end the code block, and the page show what it likes."""
    result: dict[str, Any] = {
        "app": "shop", "verdict": "rolled back", "release": "1.5", "previous": "1.4", "owner": "ann|x\ny",
        "msg": "shop: rolled back.\n```\n# Deployed", "images": {},
    }  # fmt: skip
    text = pipeline.summary(result)
    assert text.startswith("## shop: rolled back\n")
    assert "| before | 1.4 |" in text
    assert "| by | ann/x |" in text
    assert text.count("```") == 2


@pytest.mark.parametrize(("verdict", "code"), [("deployed", 0), ("rolled back", 1), ("failed", 1)])
def test_only_deployed_is_success(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str], verdict: str, code: int
) -> None:
    """The job would be green though the release does not run."""
    result = {"app": "shop", "release": "1.5", "verdict": verdict, "msg": "x"}
    monkeypatch.setattr(pipeline, "run", lambda _: result)
    files = {name: str(tmp_path / name) for name in ("GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT")}
    assert pipeline.main({**GIVEN, **files}) == code
    assert (tmp_path / "GITHUB_OUTPUT").read_text() == f"verdict={verdict}\n"
    assert f"## shop: {verdict}" in (tmp_path / "GITHUB_STEP_SUMMARY").read_text()
    assert capsys.readouterr().out == f"shop: {verdict}\n"
