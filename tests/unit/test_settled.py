"""A rerun that asks once: what counts as the same run on a host in the same state."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible import context
from ansible.module_utils.common.collections import ImmutableDict

from action_plugins import settled
from module_utils.skerry.payload import Entry, pack
from module_utils.skerry.settled import FIRST_TIME, OTHER_INPUTS, Question, Record

RUN, INPUTS = "controller 1 2", "inputs"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """The directory that the tree of `record` is applied to."""
    (tmp_path / "etc").mkdir()
    file = tmp_path / "etc/app.conf"
    file.write_text("as it should be\n")
    file.chmod(0o644)
    return tmp_path


@pytest.fixture
def record(place: Path) -> Record:
    """A record of a whole run: a tree of one file, and a look at another."""
    owner, group = place.owner(), place.group()
    parcel = pack([Entry("etc/app.conf", b"as it should be\n", owner=owner, group=group)])
    record = Record(place / "state")
    record.remember("an earlier one", Question("gone", "look", {"argv": ["false"], "stdin": "", "program": ""}))
    for _ in range(2):  # a task in a loop may ask twice
        record.remember(RUN, Question("The tree", "tree", {"dest": str(place), "parcel": parcel, "units": []}))
    look = {"argv": ["cat", str(place / "etc/fact")], "stdin": "", "program": ""}
    (place / "etc/fact").write_text("1")
    record.remember(RUN, Question("The look", "look", look))
    return record


def test_nothing_on_record_is_not_settled(tmp_path: Path) -> None:
    """A new host would be left bare."""
    assert Record(tmp_path).ask(INPUTS) == (False, FIRST_TIME)


def test_the_same_host_and_inputs_are_settled(record: Record) -> None:
    """Each rerun would go through every task."""
    assert record.keep(RUN, INPUTS) == (True, "2 questions are kept")
    assert record.ask(INPUTS) == (True, "2 questions have the same answers")


def test_other_inputs_are_not(record: Record) -> None:
    """A changed variable would not arrive."""
    record.keep(RUN, INPUTS)
    assert record.ask("others") == (False, OTHER_INPUTS)


@pytest.mark.parametrize(
    ("drift", "said"),
    [
        (lambda place: (place / "etc/app.conf").write_text("by hand\n"), "The tree: would change something"),
        (lambda place: (place / "etc/app.conf").chmod(0o666), "The tree: would change something"),
        (lambda place: (place / "etc/app.conf").unlink(), "The tree: would change something"),
        (lambda place: (place / "etc/fact").write_text("2"), "The look: finds something else"),
        (lambda place: (place / "etc/fact").unlink(), "The look: cat:"),
    ],
)
def test_drift_is_not(record: Record, place: Path, drift: Callable[[Path], Any], said: str) -> None:
    """What somebody changed by hand would stay."""
    record.keep(RUN, INPUTS)
    drift(place)
    before = _state(place)
    settled, message = record.ask(INPUTS)
    assert not settled
    assert message.startswith(said)
    assert _state(place) == before, "asking changed something"


def _state(place: Path) -> dict[str, tuple[int, str]]:
    return {file.name: (file.stat().st_mode, file.read_text()) for file in (place / "etc").iterdir()}


def test_what_would_change_again_is_not_kept(record: Record, place: Path) -> None:
    """A run that does not come to rest would be called settled."""
    (place / "etc/app.conf").write_text("changed at once by another\n")
    assert record.keep(RUN, INPUTS) == (False, "The tree: would change something")
    assert record.ask(INPUTS) == (False, FIRST_TIME)


def test_a_program_that_fails_is_told_by_its_own_task(record: Record) -> None:
    """The rerun would end with a traceback where the task has a sentence."""
    record.remember(RUN, Question("The stack", "stack", {"state": "present"}))
    settled, message = record.keep(RUN, INPUTS)
    assert (settled, message[:12]) == (False, "The stack: K")


def test_a_damaged_record_is_none(record: Record) -> None:
    """A power cut would stop every later run."""
    record.keep(RUN, INPUTS)
    record.kept.write_text(record.kept.read_text()[:40])
    assert record.ask(INPUTS) == (False, FIRST_TIME)


def test_only_root_reads_it(record: Record) -> None:
    """Trees and stacks hold secrets."""
    assert stat.S_IMODE(record.asked.stat().st_mode) == 0o600
    record.keep(RUN, INPUTS)
    assert stat.S_IMODE(record.kept.stat().st_mode) == 0o600
    assert not record.asked.exists()
    assert len(json.loads(record.kept.read_text())["questions"]) == 2


def test_values_and_the_files_that_they_name_count(tmp_path: Path) -> None:
    """A renewed certificate of the inventory would not reach the host."""
    file = tmp_path / "ca.pem"
    file.write_text("one")
    values = {"app": {"ca": str(file), "ports": [80, 443]}}
    first = settled.digest(values)
    assert first == settled.digest(json.loads(json.dumps(values)))
    file.write_text("two")
    assert settled.digest(values) != first
    assert settled.digest({"app": {"ca": str(file), "ports": [80, 444]}}) != settled.digest(values)


def test_a_file_named_from_the_working_directory_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A renewed certificate that is named by a relative path would not reach the host."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ca.pem").write_text("one")
    first = settled.digest({"ca": "ca.pem"})
    (tmp_path / "ca.pem").write_text("two")
    assert settled.digest({"ca": "ca.pem"}) != first


def test_each_file_counts_by_name_and_content(tmp_path: Path) -> None:
    """A change of Skerry or of the inventory would not arrive."""
    (tmp_path / "roles/__pycache__").mkdir(parents=True)
    (tmp_path / "roles/one.yml").write_text("1")
    seen = {settled.files_digest([tmp_path])}
    (tmp_path / "roles/__pycache__/one.pyc").write_text("no matter")
    assert {settled.files_digest([tmp_path])} == seen
    (tmp_path / "roles/one.yml").write_text("2")
    seen.add(settled.files_digest([tmp_path]))
    (tmp_path / "roles/one.yml").rename(tmp_path / "roles/two.yml")
    seen.add(settled.files_digest([tmp_path]))
    (tmp_path / "roles/empty.yml").touch()
    seen.add(settled.files_digest([tmp_path]))
    assert len(seen) == 4


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., None]:
    """Return a function that sets ansible-playbook's options."""
    (tmp_path / "hosts.yml").write_text("managers: {}")

    def set_to(**options: Any) -> None:
        options = {"inventory": (str(tmp_path),), "tags": ("all",), **options}
        monkeypatch.setattr(context, "CLIARGS", ImmutableDict(options))

    return set_to


@pytest.mark.parametrize(
    ("options", "whole"),
    [
        ({}, True),
        ({"extra_vars": ("a=1",)}, True),
        ({"tags": ("redis",)}, False),
        ({"skip_tags": ("redis",)}, False),
        ({"subset": "vps"}, False),
        ({"start_at_task": "Deploy Redis"}, False),
    ],
)
def test_a_run_of_a_part_is_not_whole(given: Callable[..., None], options: dict[str, Any], whole: bool) -> None:
    """What a part of the site asked would be taken for all of it, and the rest never be looked at again."""
    given(**options)
    assert settled._whole() is whole


def test_what_a_run_is_given_tells_it_from_another(given: Callable[..., None], tmp_path: Path) -> None:
    """A change on the command line or in the inventory would not arrive."""

    def inputs(*extra: str, variables: str = "v", host: str = "vps") -> str:
        given(extra_vars=extra)
        return settled._inputs(variables, host)

    plain = inputs()
    assert inputs("skerry_thorough=true") == plain
    assert inputs("skerry_thorough=true app_timeout=9") != plain
    file = tmp_path.parent / f"{tmp_path.name}.yml"
    file.write_text("a: 1")
    seen = {plain, inputs("a=1"), inputs(f"@{file}"), inputs(variables="w"), inputs(host="other")}
    file.write_text("a: 2")
    seen.add(inputs(f"@{file}"))
    (tmp_path / "hosts.yml").write_text("managers: {hosts: {vps: {}}}")
    seen.add(inputs())
    assert len(seen) == 7


def test_every_difference_is_told_with_what_it_is(record: Record, place: Path) -> None:
    """Whoever looks for drift would learn of the first difference alone, or not what was changed."""
    record.keep(RUN, INPUTS)
    assert record.compare() == (True, "0 of 2 questions have other answers", [])
    (place / "etc/app.conf").write_text("by hand\n")
    (place / "etc/fact").write_text("2")
    settled, message, (tree, look) = record.compare()
    assert (settled, message) == (False, "2 of 2 questions have other answers")
    assert tree["why"] == "The tree: would change something"
    assert (tree["diff"][0]["before"], tree["diff"][0]["after"]) == ("by hand\n", "as it should be\n")
    assert look == {"why": "The look: finds something else", "diff": []}


def test_who_asks_makes_no_difference_to_what_differs(record: Record, place: Path) -> None:
    """The nightly look, which comes by no SSH, would cry wolf; or a run by another port would not open that one."""
    (place / "etc/fact").write_text('{"installed": 1, "of_this_run": {"ssh_port": 22}}')
    record.keep(RUN, INPUTS)
    (place / "etc/fact").write_text('{"installed": 1, "of_this_run": {"ssh_port": null}}')
    assert record.compare()[0]
    assert record.ask(INPUTS)[1] == "The look: finds something else"
    (place / "etc/fact").write_text('{"installed": 2, "of_this_run": {"ssh_port": 22}}')
    assert not record.compare()[0]


def test_differences_are_readable() -> None:
    """A person would be shown Python's dicts."""
    part = {
        "before_header": "etc/a",
        "after_header": "etc/a",
        "before": "x\n",
        "after": "y\n",
        "prepared": "etc/a: mode\n",
    }
    assert settled.shown(part) == [
        "etc/a: mode",
        "--- etc/a: on the host",
        "+++ etc/a: as it should be",
        "@@ -1 +1 @@",
        "-x",
        "+y",
    ]
