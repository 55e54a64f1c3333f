"""What the runner sends: nothing in it makes the console fail, and a job stands as its events say."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.jobs import wire
from console.jobs.definitions import read
from console.jobs.progress import Job, advance, shown
from console.streams.store import packed
from runner import BACKUP, RESTORE, line, state, task

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.just("\ud800"),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
EVENT = st.fixed_dictionaries(
    {"n": st.integers(-2, 9) | JSON, "at": st.floats() | st.integers() | JSON, "kind": st.text(max_size=4) | JSON},
    optional={"state": st.sampled_from(["running", "odd"]) | JSON, "detail": JSON, "text": JSON, "task": JSON},
)


@settings(max_examples=80, deadline=None, database=None)
@given(st.lists(EVENT | JSON, max_size=4) | JSON, JSON)
def test_whatever_is_sent_is_taken_or_refused(events: Any, about: Any) -> None:
    """If this failed, one odd message would end what listens to the runner, or could not be stored."""
    job = Job(id="0" * 32, **wire.about(about))
    try:
        advance(job, wire.events(events))
    except wire.WireError:
        return
    json.dumps(shown(Job.unpacked(job.packed())), allow_nan=False).encode()
    job.packed().encode()


@pytest.mark.parametrize(
    "events",
    [[], [line(0)], [line(1), line(3)], [line(2), line(1)], [line(True)], [state(1, "winning")], [{"n": 1}], "x", None],
)
def test_what_is_not_in_the_contract(events: Any) -> None:
    """If this failed, a gap in a job's events would be kept as if it were whole."""
    with pytest.raises(wire.WireError):
        wire.events(events)


@pytest.mark.parametrize("name", ["", "a" * 31, "A" * 32, "../" * 10, "0" * 32 + "\n", 7, None])
def test_ids_are_what_they_look_like(name: Any) -> None:
    """If this failed, a job could be called after another key of the console's."""
    with pytest.raises(wire.WireError):
        wire.job_id(name)


def test_what_is_too_long_is_cut() -> None:
    """If this failed, one event could fill Redis."""
    [said, asked, news] = wire.events(
        [line(1, "x" * 10_000), task(2, "y" * 999), state(3, "failed", log=["z" * 100] * 100)]
    )
    assert (len(said["text"]), len(asked["task"]), len(json.dumps(news)) < 200) == (4_000, 200, True)
    kept = wire.about({"parameters": {"x": "\U0001f4be" * 1_000}})["parameters"]
    assert len(json.dumps(kept)) <= wire.SET_LENGTH


def test_halves_of_characters_are_left_out() -> None:
    """If this failed, a tool that cuts its output in the middle of a character would end a job's output here."""
    events = wire.events([line(1, "a\ud83d"), task(2, "b\udc00"), state(3, "failed", reason="c\ud83d")])
    packed(events).encode()
    packed(
        [wire.about({"why": "d\ud83d", "parameters": {"x": "\udfff"}}), wire.definitions([{"x": "\ud800"}])]
    ).encode()


def test_nothing_follows_the_end() -> None:
    """If this failed, a job that is over could come to life again."""
    job = Job(id="0" * 32)
    assert advance(job, [state(1, "running")])
    assert advance(job, [state(2, "succeeded")])
    assert not advance(job, [state(3, "running"), line(4)])
    assert (job.state, job.last, job.lines) == ("succeeded", 4, 1)


def test_a_job_that_another_release_kept() -> None:
    """If this failed, a rolling update would fail on jobs that are under way."""
    stored = json.loads(Job(id="0" * 32, name="x").packed()) | {"of_tomorrow": 1}
    del stored["tasks"]
    assert Job.unpacked(json.dumps(stored)) == Job(id="0" * 32, name="x")


@pytest.mark.parametrize(
    "change",
    [
        {"name": "a b"},
        {"roles": ["root"]},
        {"parameters": {"app": {"type": "string"}}},
        {"parameters": {"app": {"type": "string", "pattern": "["}}},
        {"parameters": {"app": {"type": "choice", "choices": []}}},
        {"parameters": {"app": {"type": "path"}}},
    ],
)
def test_a_definition_that_is_not_whole_is_left_out(change: dict[str, Any]) -> None:
    """If this failed, one wrong entry would hide all jobs, or a parameter could be anything."""
    assert list(read([BACKUP | change, RESTORE])) == ["restore-backup"]
