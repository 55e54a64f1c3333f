"""The reporter's pure parts: what it makes of the engine's answers, and when it reports."""

from __future__ import annotations

from typing import Any

import pytest

from tests import host_packages

host_packages.add()

from skerry_reporter.console import Console  # noqa: E402
from skerry_reporter.pace import BACKOFF, HEARTBEAT, POLL, SETTLE, SETTLE_FOR, Pace  # noqa: E402
from skerry_reporter.snapshot import services  # noqa: E402


def service(name: str = "shop_web", stack: str = "shop", **mode: Any) -> dict[str, Any]:
    """Return a service as ``GET /services`` tells it."""
    return {
        "ID": f"id-{name}",
        "UpdatedAt": "2026-11-24T17:34:10.123456789Z",
        "Spec": {
            "Name": name,
            "Labels": {"com.docker.stack.namespace": stack} if stack else {},
            "Mode": mode or {"Replicated": {"Replicas": 2}},
            "TaskTemplate": {"ContainerSpec": {"Image": "shop:1@sha256:" + "a" * 64}},
        },
    }


def task(state: str, desired: str = "running", name: str = "shop_web") -> dict[str, Any]:
    """Return a task as ``GET /tasks`` tells it."""
    return {"ServiceID": f"id-{name}", "DesiredState": desired, "Status": {"State": state}}


def test_a_healthy_service_is_told_whole() -> None:
    """The console would not show a service, or show it under a wrong name."""
    assert services([service()], [task("running"), task("running")]) == [
        {
            "stack": "shop",
            "name": "web",
            "image": "shop:1",
            "desired": 2,
            "running": 2,
            "healthy": True,
            "updated_at": "2026-11-24T17:34:10Z",
        }
    ]


@pytest.mark.parametrize(
    ("tasks", "running", "healthy"),
    [
        ([], 0, False),
        ([task("running")], 1, False),
        ([task("running"), task("starting")], 1, False),
        ([task("running"), task("failed", "shutdown")], 1, False),
        ([task("running"), task("running"), task("running", "shutdown")], 2, True),
        ([task("running"), task("running"), task("running")], 3, True),
    ],
)
def test_only_tasks_that_run_and_shall_run_count(tasks: list[dict[str, Any]], running: int, healthy: bool) -> None:
    """A service that is down, or starting, would be shown as healthy, or one in an update as broken."""
    (found,) = services([service()], tasks)
    assert (found["running"], found["healthy"]) == (running, healthy)


def test_a_global_service_wants_as_many_as_are_placed() -> None:
    """A service with one task a node would be shown as wanting none."""
    (found,) = services([service(Global={})], [task("running"), task("starting")])
    assert (found["desired"], found["healthy"]) == (2, False)


def test_a_service_scaled_to_none_is_healthy() -> None:
    """What was stopped on purpose would be shown as broken."""
    (found,) = services([service(Replicated={"Replicas": 0})], [])
    assert found["healthy"] is True


def test_services_are_sorted_and_those_made_by_hand_are_told_so() -> None:
    """The order would change from one report to the next, or the console would refuse a service without a stack."""
    given = [service("shop_web"), service("lone", ""), service("blog_web", "blog")]
    assert [(one["stack"], one["name"]) for one in services(given, [])] == [
        ("blog", "web"),
        ("by-hand", "lone"),
        ("shop", "web"),
    ]


def test_a_picture_is_due_when_it_changes_and_at_the_heartbeat() -> None:
    """The console would show old news, or take a living host for dead."""
    pace = Pace()
    assert pace.due("a", 0.0)
    pace.reported("a", 0.0)
    assert not pace.due("a", HEARTBEAT - 1)
    assert pace.due("b", 1.0)
    assert pace.due("a", HEARTBEAT)


def test_after_a_failure_the_same_picture_is_due_again() -> None:
    """A console that came back empty would stay empty until the heartbeat."""
    pace = Pace()
    pace.reported("a", 0.0)
    pace.failed()
    assert pace.due("a", 1.0)


def test_failures_wait_longer_up_to_a_bound_and_success_ends_that() -> None:
    """A console that is down would be hammered, or be found late for ever after a long night."""
    pace = Pace()
    waits = []
    for _ in range(len(BACKOFF) + 2):
        pace.failed()
        waits.append(pace.wait(1000.0))
    assert waits == [*BACKOFF, BACKOFF[-1], BACKOFF[-1]]
    pace.reported("a", 1000.0)
    assert pace.wait(1000.0) == POLL


def test_an_event_is_followed_closely_for_some_seconds() -> None:
    """A service that becomes healthy seconds after its container started would be shown late."""
    pace = Pace()
    pace.event(100.0)
    assert (pace.wait(100.0), pace.wait(100.0 + SETTLE_FOR)) == (SETTLE, POLL)


def test_only_the_first_failure_and_the_recovery_are_news() -> None:
    """The journal would fill while the console is down, or not tell that it is back."""
    pace = Pace()
    assert [pace.failed(), pace.failed()] == [True, False]
    assert [pace.reported("a", 0.0), pace.reported("b", 1.0)] == [True, False]


@pytest.mark.parametrize("url", ["http://console.example.org", "console.example.org", "https://"])
def test_only_https_is_taken(url: str) -> None:
    """The token would travel in clear."""
    with pytest.raises(ValueError, match="allowed is https://"):
        Console(url, "token")
