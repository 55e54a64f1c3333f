"""What a run would change: files, drift, unfinished attempts."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from module_utils.skerry.comparison import compare
from module_utils.skerry.drift import comparable, describe, image_changed
from module_utils.skerry.payload import Entry
from module_utils.skerry.releases import State

SPEC: dict[str, Any] = {
    "Name": "s_app",
    "Labels": {"a": "1"},
    "Mode": {"Replicated": {"Replicas": 1}},
    "TaskTemplate": {
        "ContainerSpec": {
            "Image": "app:1@sha256:00",
            "Env": ["WORD=private"],
            "Configs": [{"ConfigID": "c1", "ConfigName": "s_site_1"}],
        },
    },
}
WANTED = [Entry("stack.yml", b"x"), Entry("secrets/t", b"y", mode=0o600, secret=True)]
DISK = {"stack.yml": (b"x", 0o644), "secrets/t": (b"y", 0o600)}
GOOD = State(release="r", specs={"s_app": SPEC})


def changed(**changes: Any) -> dict[str, Any]:
    """Return the spec with values set by dotted path (written with __)."""
    spec = deepcopy(SPEC)
    for path, value in changes.items():
        *parents, last = path.split("__")
        part = spec
        for parent in parents:
            part = part[parent]
        part[last] = value
    return spec


def test_nothing_differs() -> None:
    """Every run would deploy."""
    assert not compare(WANTED, DISK, GOOD, {"s_app": SPEC}).changed


def test_restart_by_hand_is_no_drift() -> None:
    """`docker service update --force` would be reported for ever: no deployment puts the counter back."""
    spec = changed()
    spec["TaskTemplate"]["ForceUpdate"] = 3
    assert comparable(spec) == SPEC
    assert spec["TaskTemplate"]["ForceUpdate"] == 3


def test_the_order_of_mounts_is_no_drift() -> None:
    """`docker service update`, even with --force alone, sorts them."""
    mounts = [{"Type": "volume", "Target": "/data"}, {"Type": "tmpfs", "Target": "/run/app"}]
    recorded, running = ({"TaskTemplate": {"ContainerSpec": {"Mounts": order}}} for order in (mounts, mounts[::-1]))
    assert describe({"s_app": recorded}, {"s_app": running}) == {}
    mounts[0]["Target"] = "/other"
    assert describe({"s_app": recorded}, {"s_app": {"TaskTemplate": {"ContainerSpec": {"Mounts": []}}}})


@pytest.mark.parametrize(
    ("disk", "name"),
    [
        ({**DISK, "stack.yml": (b"z", 0o644)}, "stack.yml"),
        ({**DISK, "secrets/t": (b"y", 0o644)}, "secrets/t"),
        ({**DISK, "extra": (b"", 0o644)}, "extra"),
        ({"stack.yml": DISK["stack.yml"]}, "secrets/t"),
    ],
    ids=["content", "mode", "extra", "missing"],
)
def test_file_that_differs_is_found(disk: dict[str, tuple[bytes, int]], name: str) -> None:
    """A file changed on the host would stay so."""
    found = compare(WANTED, disk, GOOD, {"s_app": SPEC})
    assert [difference.name for difference in found.files] == [name]


@pytest.mark.parametrize(
    ("running", "line"),
    [
        ({"s_app": changed(Mode__Replicated__Replicas=3)}, "replicas 3 → 1"),
        ({"s_app": changed(TaskTemplate__ContainerSpec__Image="x:9")}, "image x:9 → app:1@sha256:00"),
        ({"s_app": changed(TaskTemplate__ContainerSpec__Env=["WORD=other", "B=2"])}, "environment WORD B → WORD"),
        ({"s_app": changed(TaskTemplate__ContainerSpec__Configs=[])}, "configs (none) → s_site_1"),
        ({"s_app": changed(Labels__a="2")}, "Labels.a 2 → 1"),
        ({"s_app": changed(TaskTemplate__ContainerSpec__User="root")}, "User root → (none)"),
        ({}, "is gone, will be created again"),
    ],
)
def test_drift_is_told_in_words(running: dict[str, Any], line: str) -> None:
    """The operator would not learn what somebody changed."""
    assert describe({"s_app": SPEC}, running) == {"s_app": [line]}


def test_values_of_an_environment_are_not_told() -> None:
    """A password that somebody put there by hand would be printed."""
    lines = describe({"s_app": SPEC}, {"s_app": changed(TaskTemplate__ContainerSpec__Env=["WORD=hunter2"])})
    assert "hunter2" not in str(lines)
    assert "private" not in str(lines)


def test_stray_service_is_told() -> None:
    """--prune would remove it without a word."""
    assert "will be removed" in str(describe({}, {"s_other": SPEC}))


def test_services_are_no_drift_before_the_first_deployment() -> None:
    """A stack that ran before Skerry knew it would be reported as drift, though all of it is new."""
    assert compare(WANTED, {}, State(), {"s_app": SPEC}).services == []


def test_unfinished_attempt_is_done_again() -> None:
    """A run that was killed would be taken for finished."""
    found = compare(WANTED, DISK, State(release="r", specs={"s_app": SPEC}, attempt="r2"), {"s_app": SPEC})
    assert found.changed
    assert "r2 was interrupted" in str([difference.as_diff() for difference in found.all()])


def test_changed_image_is_found() -> None:
    """`docker stack deploy` would keep the image that was set by hand."""
    assert image_changed({"s_app": SPEC}, {"s_app": changed(TaskTemplate__ContainerSpec__Image="x")}) == ["s_app"]
    assert image_changed({"s_app": SPEC}, {"s_app": changed(Mode__Replicated__Replicas=2)}) == []
