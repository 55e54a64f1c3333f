"""The judgement of a service from the engine's answers."""

from __future__ import annotations

from typing import Any

import pytest

from module_utils.skerry.verdict import Baseline, judge
from module_utils.skerry.waiting import Outcome, by_their_health, handing_over

TEMPLATE = {"ContainerSpec": {"Image": "app:2"}, "ForceUpdate": 0, "Runtime": "container", "Placement": {}}
OLD = {"ContainerSpec": {"Image": "app:1"}, "ForceUpdate": 0, "Placement": {}}
NEW = {"ContainerSpec": {"Image": "app:2"}, "ForceUpdate": 0, "Placement": {"Constraints": ["node.role==manager"]}}


def service(replicas: int = 1, update: str = "", started: str = "t2", **mode: Any) -> dict[str, Any]:
    """Return a service as the engine tells it."""
    status = {"UpdateStatus": {"State": update, "StartedAt": started, "Message": "because"}} if update else {}
    spec = {"Name": "s_app", "TaskTemplate": TEMPLATE, "Mode": mode or {"Replicated": {"Replicas": replicas}}}
    return {"ID": "s", "Spec": spec, **status}


def task(
    state: str = "running", spec: dict[str, Any] = NEW, desired: str = "running", error: str = "", **more: Any
) -> dict[str, Any]:
    """Return a task as the engine tells it; its id is told apart by `number`."""
    number = more.get("number", 1)
    status = {"State": state, "Err": error, "Timestamp": f"t{number}"}
    return {"ID": f"task{number}", "CreatedAt": f"t{number}", "Spec": spec, "DesiredState": desired, "Status": status}


FAILED = [task("failed", desired="shutdown", error="task: non-zero exit (7)", number=n) for n in (1, 2, 3)]


@pytest.mark.parametrize(
    ("found", "tasks", "word"),
    [
        (service(), [task()], "healthy"),
        (service(), [], "waiting"),
        (service(2), [task(), task("starting", number=2)], "waiting"),
        (service(2), [task(), task(number=2)], "healthy"),
        (service(), [task(spec=OLD)], "waiting"),
        (service(), [task(), task(spec=OLD, number=2)], "waiting"),
        (service(), [task(), task("shutdown", OLD, "shutdown", number=2)], "healthy"),
        (service(1), [task(), task(number=2)], "waiting"),
        (service(0), [], "healthy"),
        (service(update="updating"), [task()], "waiting"),
        (service(update="completed"), [task()], "healthy"),
        (service(update="rollback_started"), [task()], "waiting"),
        (service(update="rollback_completed"), [task()], "rolled back"),
        (service(update="paused"), [task()], "failed"),
        (service(update="rollback_paused"), [task()], "failed"),
        (service(), FAILED[:2], "waiting"),
        (service(), FAILED, "failed"),
        (service(), [task("rejected", desired="shutdown", error="No such image: app:2")], "failed"),
        (service(Global={}) | {"ServiceStatus": {"DesiredTasks": 2}}, [task()], "waiting"),
        (service(Global={}) | {"ServiceStatus": {"DesiredTasks": 1}}, [task()], "healthy"),
        (service(ReplicatedJob={"TotalCompletions": 1}) | {"ServiceStatus": {"CompletedTasks": 0}}, [], "waiting"),
        (service(ReplicatedJob={"TotalCompletions": 1}) | {"ServiceStatus": {"CompletedTasks": 1}}, [], "healthy"),
    ],
)
def test_word(found: dict[str, Any], tasks: list[dict[str, Any]], word: str) -> None:
    """A wrong word here is a wrong verdict of a deployment."""
    assert judge(found, tasks, Baseline()).word == word


def test_what_happened_before_does_not_count() -> None:
    """The failures and the rollback of an earlier attempt would fail a good deployment."""
    before = service(update="rollback_completed")
    baseline = Baseline.of([before], FAILED)
    assert judge(before, [*FAILED, task(number=4)], baseline).word == "healthy"


def test_new_update_of_a_service_counts() -> None:
    """A rollback would be taken for the one before it, and the deployment reported as good."""
    baseline = Baseline.of([service(update="rollback_completed", started="t1")], [])
    assert judge(service(update="rollback_completed", started="t2"), [task()], baseline).word == "rolled back"


def test_update_that_was_under_way_counts() -> None:
    """An interrupted run's update that then rolls back would be reported as good by the next run."""
    baseline = Baseline.of([service(update="updating")], [])
    assert judge(service(update="rollback_completed"), [task()], baseline).word == "rolled back"


def test_rollback_under_way_helps_a_restore() -> None:
    """Putting back would be reported as failed, because the engine had begun with it by itself."""
    baseline = Baseline.of([service(update="rollback_started")], [], for_restore=True)
    assert judge(service(update="rollback_completed"), [task()], baseline).word == "healthy"


def test_failing_task_is_named() -> None:
    """The operator would get no exit code and no log."""
    judgement = judge(service(), FAILED, Baseline())
    assert judgement.task is not None
    assert judgement.task["ID"] == "task3"


def test_pending_reason_is_told() -> None:
    """A service that fits on no node would just time out."""
    waiting = task("pending", error="no suitable node (insufficient resources on 1 node)")
    assert "insufficient resources" in judge(service(), [waiting], Baseline()).reason


def test_unhealthy_task_that_ends_cleanly_is_named() -> None:
    """A never-healthy release that drains on SIGTERM would be rolled back without a reason."""
    ended = task("complete", desired="shutdown")
    assert judge(service(update="rollback_completed"), [ended, task(number=2)], Baseline()).task == ended


@pytest.mark.parametrize(("condition", "word"), [("none", "healthy"), ("on-failure", "healthy"), ("any", "waiting")])
def test_task_may_end_where_its_restart_policy_leaves_it(condition: str, word: str) -> None:
    """A stack with a one-off task would never be healthy."""
    found = service()
    found["Spec"]["TaskTemplate"] = {**TEMPLATE, "RestartPolicy": {"Condition": condition}}
    ended = task("complete", {**NEW, "RestartPolicy": {"Condition": condition}}, "shutdown")
    assert judge(found, [ended], Baseline()).word == word


def test_failed_task_that_is_not_restarted_is_told_at_once() -> None:
    """Nothing would come any more, and the task would wait for its timeout."""
    found = service()
    found["Spec"]["TaskTemplate"] = {**TEMPLATE, "RestartPolicy": {"Condition": "none"}}
    assert judge(found, FAILED[:1], Baseline()).word == "failed"


def test_two_tasks_of_one_replica_count_once() -> None:
    """While the old task of a start-first update still runs, the replica is not yet replaced."""
    both = [{**task(number=number), "Slot": 1} for number in (1, 2)]
    assert judge(service(), both, Baseline()).word == "waiting"
    assert judge(service(2), both, Baseline()).word == "waiting"


def test_replaced_task_that_was_killed_is_no_failure() -> None:
    """An image that ignores SIGTERM ends with 137 when it is replaced; that is no crash."""
    killed = [task("shutdown", OLD, "shutdown", number=n) for n in (2, 3, 4)]
    assert judge(service(), [task(), *killed], Baseline()).word == "healthy"


def test_a_handover_that_the_engine_forgot() -> None:
    """After a killed run, `deployed` would be told while the old tasks still answer."""
    old = task(spec=OLD, desired="shutdown", number=2) | {"ServiceID": "s"}
    new = task() | {"ServiceID": "s"}
    gone = old | {"Status": {"State": "shutdown"}}
    assert handing_over(Outcome({}, [service()], [new, old])) == ["s_app"]
    assert handing_over(Outcome({}, [service()], [new, gone])) == []
    assert handing_over(Outcome({}, [service(update="completed")], [new, old])) == []


@pytest.mark.parametrize(
    ("health", "unchecked", "word"),
    [
        ({"Status": "healthy"}, [], ""),
        ({"Status": "starting"}, [], "starting"),
        ({"Status": "unhealthy"}, [], "unhealthy"),
        (None, ["s_app"], ""),
    ],
)
def test_a_running_container_that_is_not_healthy_is_waited_for(health: Any, unchecked: list[str], word: str) -> None:
    """A release that never gets healthy would be called deployed, where the engine was too busy to wait for it."""

    class Engine:
        def container(self, identifier: str) -> dict[str, Any]:
            assert identifier == "c"
            return {"State": {"Health": health}}

    new = task() | {"ServiceID": "s"}
    new["Status"]["ContainerStatus"] = {"ContainerID": "c"}
    found, troubles = by_their_health(Engine(), Outcome({}, [service()], [new]), Baseline())
    assert found == unchecked
    assert [(one.word, one.reason) for one in troubles.values()] == (
        [("waiting", f"a container runs and is {word}")] if word else []
    )
    assert by_their_health(Engine(), Outcome({}, [service()], [new]), Baseline(frozenset({"task1"}))) == ([], {})
