"""tools/nightly.py and tools/updates.py: what a pipeline may ask of a host at night, and what counts as newer."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tools import nightly, updates

GIVEN = {"JOB": "check-drift", "HOST": "root@203.0.113.10", "KNOWN_HOSTS": "203.0.113.10 x y", "SSH_KEY": "k"}


@pytest.mark.parametrize(
    ("name", "value"),
    [("JOB", ""), ("JOB", "x; id"), ("HOST", "root@-oProxyCommand=id"), ("KNOWN_HOSTS", " "), ("SSH_KEY", "")],
)
def test_what_cannot_be_is_refused_by_name(name: str, value: str) -> None:
    """Text of others would reach a command line, or a host be believed whatever its key."""
    with pytest.raises(SystemExit, match=f"^{name} is"):
        nightly.read({**GIVEN, name: value})


@pytest.mark.parametrize("code", [0, 1, 255])
def test_a_job_that_failed_is_red_and_shown(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, code: int, capfd: pytest.CaptureFixture[str]
) -> None:
    """The night would be green though the host has drifted, or nobody could tell why it is red."""
    ssh = tmp_path / "ssh"
    ssh.write_text(
        f'#!/bin/sh\necho "$*"\nprintf \'\\033[31m```red\\033[0m\\n\'\n[ -z "$SSH_KEY" ] || echo leaked\nexit {code}\n'
    )
    ssh.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setenv("SSH_KEY", "k")
    key = tmp_path / "key"
    os.system(f"ssh-keygen -q -t ed25519 -N '' -f {key}")  # noqa: S605 - a path of pytest's own
    summary = tmp_path / "summary"
    assert nightly.main({**GIVEN, "SSH_KEY": key.read_text(), "GITHUB_STEP_SUMMARY": str(summary)}) == (code != 0)
    said, shown = capfd.readouterr().out, summary.read_text()
    assert "StrictHostKeyChecking=yes root@203.0.113.10 skerry-job run check-drift" in said
    assert "leaked" not in said
    assert shown.startswith(f"## check-drift: {'failed' if code else 'succeeded'}")
    assert "'''red\n" in shown
    assert shown.count("```") == 2


@pytest.mark.parametrize(
    ("tag", "tags", "found"),
    [
        ("v3.7.15", ["v3.7.15", "v3.7.9", "v3.8.0-rc1", "v3.10.1", "v3.8.2", "latest", "3.9.0"], ["v3.10.1", "v3.8.2"]),
        ("11.8", ["11.8", "11.8.3", "12.1", "12.1-rc", "11.4", "lts"], ["12.1"]),
        ("v0.4.1", ["v0.4.1", "0.9.9", "edge"], []),
    ],
)
def test_newer_is_only_what_has_the_same_form(tag: str, tags: list[str], found: list[str]) -> None:
    """Somebody would be sent to a release candidate, or never hear of an update."""
    assert updates.newer(tag, tags) == found


def test_every_pinned_image_is_asked_for(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A component would grow old unseen, or a registry that is silent read as «nothing newer»."""
    monkeypatch.setattr(updates, "tags_of", lambda _: ["v3.7.15", "v99.0.0"])
    assert updates.main() == 0
    shown = capsys.readouterr().out
    assert "| `traefik_image` | traefik:v3.7.15 | v99.0.0 |" in shown
    assert shown.count("_image` |") == len(list(updates.pinned())) > 10
    monkeypatch.undo()
    monkeypatch.setattr(updates, "SKOPEO", ("sh", "-c", "echo no such host >&2; exit 1"))
    assert updates.main() == 1
    assert "could not be asked: no such host" in capsys.readouterr().out
