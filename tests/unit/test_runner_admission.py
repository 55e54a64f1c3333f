"""What the runner lets run, and above all what it does not."""

from __future__ import annotations

import os
import uuid
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests import host_packages

host_packages.add()

from skerry_runner.admission import Request, is_job_id, refusal, variables  # noqa: E402
from skerry_runner.definitions import load  # noqa: E402

ALLOWED = {
    "restore": {
        "playbook": "playbooks/restore.yml",
        "roles": ["admin"],
        "confirm": "typed",
        "variables": {"restore_everything": False},
        "parameters": {
            "app": {"pattern": "[a-z][a-z0-9-]{0,23}", "variable": "restore_app", "required": True},
            "days": {"type": "integer", "minimum": 1, "maximum": 9, "default": 7},
            "target": {"type": "choice", "choices": ["local", "offsite"]},
        },
    },
    "look": {"playbook": "playbooks/look.yml", "roles": ["operator"], "confirm": "typed"},
}


@pytest.fixture
def allowed(tmp_path: Path) -> dict[str, Any]:
    """The allow-list as the runner reads it."""
    file = tmp_path / "jobs.yml"
    file.write_text(yaml.safe_dump(ALLOWED, sort_keys=False))
    file.chmod(0o644)
    return load(file, os.getuid())


def request(parameters: Any = None, on_host: bool = False, **message: Any) -> Request:
    """Return a request that is admitted; arguments override."""
    parameters = {"app": "shop"} if parameters is None else parameters
    return Request.parse(
        {
            "job": uuid.uuid4().hex,
            "name": "restore",
            "parameters": parameters,
            "by": {"user": "ada", "role": "admin"},
            "confirmation": "restore",
            **message,
        },
        on_host=on_host,
    )


def test_a_good_request_gets_its_playbooks_variables(allowed: dict[str, Any]) -> None:
    """Nothing could be run, or with other variables than was meant."""
    good = request({"app": "shop", "days": "3", "target": "offsite"})
    assert refusal(good, allowed) == ""
    assert variables(good, allowed["restore"]) == {
        "restore_everything": False,
        "restore_app": "shop",
        "days": 3,
        "target": "offsite",
    }
    assert variables(request(), allowed["restore"]) == {"restore_everything": False, "restore_app": "shop", "days": 7}


@pytest.mark.parametrize(
    "value",
    [
        "shop; reboot",
        "$(reboot)",
        "`reboot`",
        "shop\n",
        "shop\nreboot",
        "../../etc/passwd",
        "a/b",
        "shop\0",
        "-rf",
        "",
        "feature/$(id)",
        "ｓｈｏｐ",
        5,
        True,
        ["shop"],
        {"a": "b"},
    ],
)
def test_a_value_off_its_pattern_is_refused(allowed: dict[str, Any], value: Any) -> None:
    """A shell, a path or an option could be smuggled into a playbook that runs as root."""
    assert refusal(request({"app": value}), allowed).startswith("app ")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"name": "reboot"}, "there is no job reboot; the allow-list has restore, look"),
        ({"name": "restore\n"}, "there is no job restore\\n"),
        ({"by": {"user": "eve", "role": "operator"}}, "the role operator may not run restore"),
        ({"by": {"user": "eve", "role": "root"}}, "the role root may not run restore"),
        ({"by": None}, "the role (none) may not run restore"),
        ({"confirmation": None}, "it has to be confirmed by typing restore"),
        ({"confirmation": "restore "}, "it has to be confirmed by typing restore"),
        ({"confirmation": True}, "it has to be confirmed by typing restore"),
        ({"name": "look", "parameters": {}, "confirmation": "restore"}, "it has to be confirmed by typing look"),
        ({"parameters": {}}, "app is missing"),
        ({"parameters": "app"}, "restore has no parameter (none)"),
        ({"parameters": {"app": "shop", "-e": "x"}}, "restore has no parameter -e"),
        ({"parameters": {"app": "shop", "restore_everything": "true"}}, "has no parameter restore_everything"),
        ({"parameters": {"app": "a" * 1_000_000}}, "app is longer than 1024 bytes"),
        ({"parameters": {"app": "{{ lookup('pipe', 'id') }}"}}, "app holds a template"),
        ({"parameters": {"app": "{% raw %}"}}, "app holds a template"),
        ({"parameters": {"app": "shop", "days": 0}}, "days is below 1"),
        ({"parameters": {"app": "shop", "days": 10}}, "days is above 9"),
        ({"parameters": {"app": "shop", "days": 1.0}}, "days is no whole number"),
        ({"parameters": {"app": "shop", "days": True}}, "days is no whole number"),
        ({"parameters": {"app": "shop", "days": "1 "}}, "days is no whole number"),
        ({"parameters": {"app": "shop", "target": "Local"}}, "target is none of local, offsite"),
    ],
)
def test_what_is_not_allowed_is_refused_with_its_reason(
    allowed: dict[str, Any], change: dict[str, Any], reason: str
) -> None:
    """Whoever asks from the console could do more than the allow-list says, or would not learn why not."""
    assert reason in refusal(request(**change), allowed)


def test_a_reason_never_repeats_much(allowed: dict[str, Any]) -> None:
    """A megabyte that somebody sends would come back, be kept and be shown."""
    assert len(refusal(request(name="x" * 1_000_000), allowed)) < 200
    assert len(refusal(request({"y" * 1_000_000: 1}), allowed)) < 200


def test_what_is_kept_of_a_request_is_short() -> None:
    """Refused requests would fill the disk."""
    kept = request({"app": "a" * 1_000_000, "b" * 1_000_000: "c"}, name="n" * 1_000_000, why="w" * 1_000_000)
    assert len(repr(kept.shortened())) < 2000
    assert len(repr(kept.about())) < 2000


def test_root_on_the_host_needs_no_role_but_the_word(allowed: dict[str, Any]) -> None:
    """The operator could not help himself while the console is down, or would restore by a slip."""
    assert refusal(request(on_host=True, by={"user": "root"}), allowed) == ""
    assert "confirmed" in refusal(request(on_host=True, by={"user": "root"}, confirmation=None), allowed)


@pytest.mark.parametrize(("role", "may"), [("viewer", False), ("operator", True), ("admin", True), ("Admin", False)])
def test_a_role_may_what_the_lower_ones_may(allowed: dict[str, Any], role: str, may: bool) -> None:
    """An admin could not do what an operator may, or a viewer could."""
    asked = request({}, name="look", confirmation="look", by={"user": "ada", "role": role})
    assert (refusal(asked, allowed) == "") == may


def test_a_request_cannot_say_itself_that_it_is_the_hosts() -> None:
    """The console's word would be root's."""
    message = {"job": uuid.uuid4().hex, "name": "restore", "on_host": True}
    assert not Request.parse(message).on_host


@pytest.mark.parametrize(
    "identity", ["", None, 7, "../../etc", "a" * 32 + "/", "A" * 32, "." * 32, uuid.uuid4().hex + "\n"]
)
def test_an_id_that_is_none_is_refused(identity: Any) -> None:
    """It becomes the name of a directory that root writes."""
    assert not is_job_id(identity)
    with pytest.raises(ValueError, match="job id"):
        Request.parse({"job": identity})


def test_the_console_is_not_told_what_it_need_not_know(allowed: dict[str, Any]) -> None:
    """Paths and variables of the host would be the console's, too; or the browser could not draw the form."""
    told = allowed["restore"].public()
    assert told.keys() == {
        "name", "title", "description", "roles", "confirm", "lock", "timeout_s", "parameters",
    }  # fmt: skip
    assert "variable" not in told["parameters"]["app"]
    assert told["parameters"]["app"]["pattern"] == "[a-z][a-z0-9-]{0,23}"


def test_an_allow_list_that_others_can_write_is_none(tmp_path: Path) -> None:
    """Whoever may write it would be root."""
    file = tmp_path / "jobs.yml"
    file.write_text(yaml.safe_dump(ALLOWED, sort_keys=False))
    file.chmod(0o664)
    with pytest.raises(PermissionError, match="no job runs"):
        load(file, os.getuid())
    file.chmod(0o644)
    with pytest.raises(PermissionError, match="no job runs"):
        load(file, os.getuid() + 1)


def test_a_damaged_allow_list_is_none(tmp_path: Path) -> None:
    """The runner would end, and with it the word why."""
    file = tmp_path / "jobs.yml"
    file.write_text("a: [")
    file.chmod(0o644)
    with pytest.raises(ValueError, match="no YAML"):
        load(file, os.getuid())
