"""Deployments that fail: the old release serves on, the reason is told, nothing is left behind."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from runs import Swarm, run

Visitor = Callable[[], tuple[int, int]]


@pytest.mark.parametrize(
    ("behaviour", "said"),
    [("crash", ["exit code 7", "cannot open the gate"]), ("sick", ["unhealthy", "I feel ill"])],
)
def test_bad_release_fails_and_the_old_one_answers(
    demo: Swarm, visitor: Visitor, behaviour: str, said: list[str]
) -> None:
    """If this failed, a bad release would take the service down, or the operator would not learn why."""
    before = {name: demo.spec(name) for name in ("demo_web", "demo_side")}
    done = run(demo_behaviour=behaviour, demo_side_word="changed too", demo_word="six")
    assert done.code != 0
    assert done.result["verdict"] == "rolled back"
    for text in said:
        assert text.lower() in done.result["msg"].lower()
    assert "demo_web" in done.result["msg"]
    metrics = demo.host.file("/var/lib/skerry/metrics/deploy_demo.prom").content_string
    assert 'skerry_deploy_last_verdict{stack="demo",verdict="rolled back"} 1' in metrics
    answered, failed = visitor()
    assert answered > 10
    assert failed == 0
    assert {name: demo.spec(name) for name in before} == before
    assert len(demo.names("config")) == 1
    assert run().result["changed"] is False


def test_missing_image_fails_before_anything_is_touched(demo: Swarm) -> None:
    """If this failed, a typo in a tag would stop a database before it is noticed."""
    before = demo.spec("demo_web")
    done = run(demo_image="nginxinc/nginx-unprivileged:0.0-no-such-tag")
    assert done.code != 0
    assert "0.0-no-such-tag" in done.result["msg"]
    assert "Nothing was changed" in done.result["msg"]
    assert demo.spec("demo_web") == before
    assert run().result["changed"] is False


@pytest.mark.parametrize("behaviour", ["crash", "sick"])
def test_failed_first_deployment_is_removed(swarm: Swarm, behaviour: str) -> None:
    """If this failed, a crash loop would go on after the task has failed."""
    done = run(demo_stack="fresh", demo_behaviour=behaviour)
    assert done.code != 0
    assert done.result["verdict"] == "failed"
    assert "has been removed" in done.result["msg"]
    for kind in ("service", "config", "secret", "network"):
        assert swarm.names(kind, "fresh") == []
    assert not swarm.host.file("/opt/skerry/stacks/fresh/current").exists
    assert not swarm.host.file("/opt/skerry/stacks/fresh/releases").exists


def test_stack_file_that_the_client_refuses(demo: Swarm) -> None:
    """If this failed, an invalid stack file would leave a half-applied stack."""
    before = demo.spec("demo_web")
    done = run(demo_image="UPPER/case:1")
    assert done.code != 0
    assert "UPPER/case:1" in done.result["msg"]
    assert demo.spec("demo_web") == before
    assert run().result["changed"] is False


def test_unhealthy_stack_is_told_even_when_nothing_changed(demo: Swarm) -> None:
    """If this failed, a run would be green over a service that is down."""
    demo.host.check_output("docker node update --availability drain $(docker node ls --quiet)")
    try:
        done = run(demo_timeout=15)
    finally:
        demo.host.check_output("docker node update --availability active $(docker node ls --quiet)")
    assert done.code != 0
    assert done.result["verdict"] == "failed"
    assert "no suitable node" in done.result["msg"]
