"""Deployments that succeed, and runs that find nothing to do."""

from __future__ import annotations

import pytest
from runs import Swarm, run


def test_second_run_changes_nothing(demo: Swarm) -> None:
    """If this failed, each run would restart services for nothing."""
    before = demo.spec("demo_web")
    done = run()
    assert (done.code, done.result["changed"], done.result["verdict"]) == (0, False, "unchanged")
    assert done.result["services"]["web"]["running"] == 1
    assert demo.spec("demo_web") == before


def test_changed_file_reaches_the_clients_and_old_config_goes(demo: Swarm) -> None:
    """If this failed, a deployed change would not be served, or configs would pile up."""
    done = run(demo_word="two")
    assert (done.code, done.result["verdict"]) == (0, "deployed"), done.output
    assert demo.answer() == "word two"
    assert len(demo.names("config")) == 1
    assert "+  location / { return 200" in done.output or "word two" in str(done.result["diff"])


def test_only_the_service_that_uses_a_file_is_restarted(demo: Swarm) -> None:
    """If this failed, one changed config would restart the whole stack."""
    before = demo.docker("service ps --filter desired-state=running --quiet demo_side")
    assert run(demo_word="three").code == 0
    assert demo.docker("service ps --filter desired-state=running --quiet demo_side") == before


def test_changed_secret_is_mounted_and_the_old_one_goes(demo: Swarm) -> None:
    """If this failed, a rotated password would not reach its service, or the old one would stay in the Swarm."""
    before = demo.names("secret")
    done = run(demo_token="canary-rotated-92b1")
    assert done.code == 0
    # The newest first: the one before may still be draining.
    container = demo.docker("ps --quiet --filter label=com.docker.swarm.service.name=demo_web").split()[0]
    assert demo.docker(f"exec {container} cat /run/secrets/token") == "canary-rotated-92b1"
    after = demo.names("secret")
    assert len(after) == 1
    assert after != before


def test_check_mode_predicts_and_changes_nothing(demo: Swarm) -> None:
    """If this failed, --check would lie or touch the host."""
    tree = "find /opt/skerry/stacks/demo -type f -exec sha256sum {} + | sort"
    before = demo.spec("demo_web"), demo.host.check_output(tree)
    predicted = run("--check", demo_word="four")
    assert (predicted.result["changed"], predicted.result["verdict"]) == (True, "would deploy")
    assert (demo.spec("demo_web"), demo.host.check_output(tree)) == before
    real = run(demo_word="four")
    assert real.result["diff"] == predicted.result["diff"]
    assert run("--check", demo_word="four").result["changed"] is False


def test_files_on_the_host_are_private_where_they_are_secret(demo: Swarm) -> None:
    """If this failed, other users of the host could read a stack's secrets."""
    secret = demo.host.file("/opt/skerry/stacks/demo/current/secrets/token")
    assert (secret.user, secret.mode) == ("root", 0o600)
    assert demo.host.file("/opt/skerry/stacks/demo/state.json").mode == 0o600
    listed = demo.host.run("su -s /bin/sh nobody -c 'ls /opt/skerry/stacks/demo/current/'")
    assert listed.rc != 0


@pytest.mark.parametrize(
    ("by_hand", "said"),
    [
        ("docker service scale --detach demo_web=3", "service demo_web: replicas 3 → 1"),
        ("docker service update --detach --env-add WORD=other demo_side", "service demo_side: environment WORD → WORD"),
        ("docker service rm demo_side", "service demo_side: is gone, will be created again"),
        (
            "docker tag nginxinc/nginx-unprivileged:1.26 by-hand:1 &&"
            " docker service update --detach --no-resolve-image --image by-hand:1 demo_side",
            "service demo_side: image by-hand:1 → nginxinc/nginx-unprivileged:1.26",
        ),
        (
            "docker service create --detach --no-resolve-image --name demo_stray"
            " --label com.docker.stack.namespace=demo nginxinc/nginx-unprivileged:1.26",
            "service demo_stray: is not in the stack file, will be removed",
        ),
        ("docker stack rm demo && sleep 3", "service demo_web: is gone, will be created again"),
    ],
    ids=["scaled", "environment", "service removed", "image", "stray service", "stack removed"],
)
def test_drift_by_hand_is_told_in_check_mode_and_mended(demo: Swarm, by_hand: str, said: str) -> None:
    """If this failed, what somebody changed by hand would stay, unseen."""
    before = {name: demo.spec(name)["TaskTemplate"]["ContainerSpec"]["Image"] for name in ("demo_web", "demo_side")}
    demo.host.check_output(by_hand)
    assert said in run("--check").drift
    done = run()
    assert (done.code, done.result["verdict"]) == (0, "deployed"), done.output
    assert demo.names("service") == ["demo_side", "demo_web"]
    assert {name: demo.spec(name)["TaskTemplate"]["ContainerSpec"]["Image"] for name in before} == before
    assert "WORD=side" in demo.spec("demo_side")["TaskTemplate"]["ContainerSpec"]["Env"]
    assert run().result["changed"] is False


def test_edited_file_on_the_host_is_mended(demo: Swarm) -> None:
    """If this failed, the files on the host would no longer tell what is deployed."""
    path = "/opt/skerry/stacks/demo/current/site.conf"
    demo.host.check_output(f"echo '# by hand' >> {path}")
    done = run()
    assert done.result["changed"] is True
    assert "by hand" not in demo.host.file(path).content_string
    assert run().result["changed"] is False


def test_drift_together_with_a_new_release(demo: Swarm) -> None:
    """If this failed, an image changed by hand would survive a deployment: the client compares a label."""
    demo.host.check_output(
        "docker tag nginxinc/nginx-unprivileged:1.26 by-hand:1 &&"
        " docker service update --detach --no-resolve-image --image by-hand:1 demo_side"
    )
    assert run(demo_word="five").code == 0
    image = demo.spec("demo_side")["TaskTemplate"]["ContainerSpec"]["Image"]
    assert image.startswith("nginxinc/nginx-unprivileged:1.26")


def test_images_are_pinned_to_their_digest(demo: Swarm) -> None:
    """If this failed, two nodes could run different images under one tag."""
    assert "@sha256:" in demo.spec("demo_web")["TaskTemplate"]["ContainerSpec"]["Image"]
