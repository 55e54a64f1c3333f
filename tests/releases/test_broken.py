"""Releases that are broken in one way or another: the one before goes on serving, and the word is one."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterator

import pytest
import yaml

from tests.faults import variants
from tests.faults.load import Load
from tests.local import BIN, Vps, playbook
from tests.releases.conftest import Shop
from tests.releases.test_deploy import LEAST_REQUESTS
from tools.workshop.settings import ROOT

HOOKS = "/etc/skerry/hooks"
LOCK = "/opt/skerry/stacks/shop/lock"
PATIENCE = 120
"""Seconds in which a deploy has begun, also on a busy machine."""


def hook(vps: Vps, name: str, line: str) -> None:
    """Put a hook on the host."""
    file = f"{HOOKS}/{name}"
    vps.out(f"mkdir -p $(dirname {file}) && printf '#!/bin/sh\\n%s\\n' '{line}' > {file} && chmod 755 {file}")


@pytest.mark.parametrize(
    ("mode", "words"),
    [
        ("crash", ("demo: cannot open the flux capacitor", "Exit code 3")),
        ("sick", ("unhealthy",)),
        ("wrong", ("The public route https://shop.skerry.localhost/ is not well: it answers 500, expected is 200",)),
    ],
)
def test_the_release_before_goes_on_serving(
    shop: Shop, at_release: Callable[[str], None], mode: str, words: tuple[str, ...]
) -> None:
    """A broken release would stay, cost requests, or be called deployed somewhere."""
    at_release("1")
    shop.push(mode, mode)
    with shop.load() as load:
        run, told = shop.deploy(mode)
    assert run.code != 0
    assert (told["verdict"], told["previous"]) == ("rolled back", "1")
    assert [word for word in ("shop: rolled back", "Release 1 runs as before", *words) if word not in run.output] == []
    assert shop.metric("rolled back") == "1"
    history = shop.last()
    assert (history["verdict"], history["name"], history["reason"]) == ("rolled back", mode, told["reason"])
    assert shop.running() == "1"
    # Of the wrong one its visitors saw the answers, until it was looked at.
    allowed = {"500"} if mode == "wrong" else set()
    assert set(load.failed) - allowed == set()
    assert load.answers["200"] > LEAST_REQUESTS
    assert shop.site("--check").total("changed") == 0


def test_what_cannot_be_had_changes_nothing(shop: Shop, at_release: Callable[[str], None]) -> None:
    """A typo would stop the app, or be tried for minutes."""
    at_release("1")
    run, told = shop.deploy("never-pushed")
    assert run.code != 0
    assert told["verdict"] == "failed"
    assert "no registry that this engine uses has the image skerry-demo/shop:never-pushed" in run.output
    run, told = shop.deploy("$(id)")
    assert (run.code != 0, told["verdict"]) == (True, "failed")
    assert "names no release" in told["msg"]
    run, told = shop.roll_back("never-pushed")
    assert run.code != 0
    assert "No release never-pushed is kept; to go back to there are:" in told["msg"]
    assert shop.running() == "1"


@pytest.fixture
def held(vps: Vps) -> Iterator[Callable[[], object]]:
    """Let a hook hold deploys up, before they change anything, while /run/wait is there; return what removes that."""
    hook(vps, "pre-deploy.d/50-wait", "while [ -e /run/wait ]; do sleep 0.2; done")
    yield lambda: vps.out("rm -f /run/wait")
    vps.out(f"rm -rf /run/wait {HOOKS}")


@pytest.fixture
def begin(shop: Shop) -> Callable[[str], subprocess.Popen[str]]:
    """Begin the deploy of a release in the background, and return it once it is under way on the host."""

    def started(release: str) -> subprocess.Popen[str]:
        command = [BIN / "ansible-playbook", "-i", "inventories/local", "playbooks/deploy-app.yml"]
        env = {**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}", "SKERRY_OWNER": "ann", "SKERRY_MESSAGE": "sale"}
        process = subprocess.Popen(
            [*command, "-e", f"app=shop release={release}"],
            cwd=ROOT,
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        end = time.monotonic() + PATIENCE
        while "ann: sale" not in shop.vps.ssh(f"cat {LOCK}").stdout:
            assert time.monotonic() < end, "the deploy holds no lock"
            time.sleep(0.2)
        return process

    return started


def test_a_second_deploy_is_told_who_is_at_it(
    shop: Shop,
    at_release: Callable[[str], None],
    held: Callable[[], object],
    begin: Callable[[str], subprocess.Popen[str]],
) -> None:
    """Two deploys would undo each other, or the second wait without a word."""
    at_release("1")
    shop.vps.out("touch /run/wait")
    shop.push("2")
    first = begin("2")
    second, told = shop.deploy("2")
    site = shop.site()
    held()
    output, _ = first.communicate(timeout=300)
    assert (second.code != 0, site.code != 0, first.returncode) == (True, True, 0), output[-3000:]
    assert "deploy of shop to 2 by ann: sale" in told["msg"]
    assert "deploy of shop to 2 by ann: sale" in site.output
    assert shop.running() == "2"


def test_a_deploy_that_is_killed_blocks_nobody(
    shop: Shop, at_release: Callable[[str], None], begin: Callable[[str], subprocess.Popen[str]]
) -> None:
    """After a power cut somebody would have to delete a lock, or half a deploy would stay."""
    at_release("1")
    shop.push("2")
    first = begin("2")
    shop.vps.out(f"kill -9 $(python3 -c \"import json; print(json.load(open('{LOCK}'))['process'])\")")
    first.communicate(timeout=120)
    assert first.returncode != 0
    run, told = shop.deploy("2")
    assert (run.code, told["verdict"], shop.running()) == (0, "deployed", "2"), run.output[-3000:]
    assert shop.site("--check").total("changed") == 0


def test_hooks_are_told_and_one_before_can_say_no(shop: Shop, at_release: Callable[[str], None]) -> None:
    """A check of the operator's own would not hold a deploy up, or nobody would hear of its failure."""
    at_release("1")
    shop.push("2")
    note = "echo $SKERRY_ACTION $SKERRY_RELEASE $SKERRY_PREVIOUS $SKERRY_VERDICT >> /tmp/said"
    for phase in ("pre-deploy", "post-deploy", "on-failure"):
        hook(shop.vps, f"{phase}.d/10-note", note)
    try:
        run, _ = shop.deploy("2")
        assert run.code == 0, run.output[-3000:]
        hook(shop.vps, "pre-deploy.d/20-no", "echo not on a Friday; exit 4")
        run, told = shop.deploy("1")
        said = shop.vps.out("cat /tmp/said").splitlines()
    finally:
        shop.vps.out(f"rm -rf {HOOKS} /tmp/said")
    assert (run.code != 0, told["verdict"], shop.running()) == (True, "failed", "2")
    assert "not on a Friday" in run.output
    assert said == ["deploy 2 1", "deploy 2 1 deployed", "deploy 1 2", "deploy 1 2 failed"]


def test_a_tag_that_moved_is_deployed_again_and_gone_back_from(shop: Shop) -> None:
    """`main` would stay what it was when it was deployed first."""
    first = shop.push("main")
    shop.deploy("main")
    assert shop.running() == "main"
    second = shop.push("main", shows="moved")
    run, told = shop.deploy("main")
    assert told["images"]["web"].endswith(f"@{second}"), run.output[-3000:]
    assert shop.running() == "moved"
    again, told = shop.deploy("main")
    assert (again.code, told["verdict"], again.total("changed")) == (0, "deployed", 0)
    _, told = shop.roll_back()
    assert told["images"]["web"].endswith(f"@{first}")
    assert shop.running() == "main"
    by_digest, told = shop.deploy(second)
    assert (by_digest.code, told["release"], shop.running()) == (0, second, "moved"), by_digest.output[-3000:]


def test_a_new_word_of_the_inventory_counts(shop: Shop, at_release: Callable[[str], None]) -> None:
    """Who writes a release into the inventory would be ignored, or nobody could go back from it."""
    at_release("2")
    shop.push("3")
    variables = yaml.safe_load((ROOT / "tests/releases/inventory/group_vars/all/app.yml").read_text())
    variables["app_instances"][1]["release"] = "3"
    run = shop.site(**variables)
    assert run.code == 0, run.output[-3000:]
    assert shop.running() == "3"
    _, told = shop.roll_back()
    assert told["release"] == "2"
    assert shop.running() == "2"
    kept = shop.site("--check", **variables)
    assert kept.total("changed") == 0, kept.output[-3000:]


def test_a_migration_that_fails_leaves_the_release_before(vps: Vps, following: str) -> None:
    """The console would be down, or its operator not told which migration it was."""
    broken = variants.build(vps, "migration-fails").rpartition(":")[2]
    with Load(vps.values["SKERRY_URL"], vps.values["SKERRY_CA_FILE"], address="127.0.0.1") as load:
        run = playbook(name="playbooks/deploy-app.yml", extra={"app": "console", "release": broken})
    assert run.code != 0
    words = ("console: rolled back", f"Release {following} runs as before", "boom: the schema is not as expected")
    assert [word for word in words if word not in run.output] == [], run.output[-4000:]
    assert load.failed == {}
    assert load.answers["200"] > LEAST_REQUESTS
