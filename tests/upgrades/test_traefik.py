"""The edge is upgraded while 200 requests a second pass it, half of them on new connections."""

from __future__ import annotations

import json
import os
import subprocess
import time

from tests.local import BIN, playbook
from tests.upgrades.conftest import TRAEFIK, Platform, said
from tools.workshop.settings import ROOT

# Enough requests in the shortest upgrade that «none failed» says something.
LEAST_REQUESTS = 1000
SERVICE = "traefik_traefik"


def test_it_tells_before_what_it_will_do(platform: Platform) -> None:
    """An operator could not look first, or looking would change something."""
    image = platform.push(TRAEFIK, "next")
    run = platform.upgrade("--check", traefik_image=image)
    assert run.code == 0, run.output[-3000:]
    assert f"{SERVICE}: {TRAEFIK} → {image}" in said(run)
    assert "redis_redis: redis:8.0 runs, as it should" in said(run)
    assert "Would upgrade: traefik." in said(run)
    assert platform.running(SERVICE) == TRAEFIK

    refused = platform.upgrade(upgrade_only="treafik")
    assert refused.code != 0
    assert "upgrade_only is treafik; allowed are grafana, mariadb, prometheus, redis, traefik." in said(refused)


def test_an_upgrade_loses_no_request(platform: Platform) -> None:
    """Visitors would be refused while upgrade-stack.yml or site.yml replaces the edge, or a trace would stay."""
    image = platform.push(TRAEFIK, "next")
    with platform.load() as load:
        there = platform.upgrade(traefik_image=image)
        ran = platform.running(SERVICE)
        back = playbook("--tags", "traefik")
    print(f"{sum(load.answers.values())} requests: {dict(load.answers)}")
    assert there.code == 0, there.output[-3000:]
    assert "Upgraded: traefik." in said(there)
    assert "WARNING" not in said(there), there.output[-3000:]
    assert ran == image
    assert back.code == 0, back.output[-3000:]
    assert platform.running(SERVICE) == TRAEFIK
    assert load.failed == {}
    assert load.answers["200"] > LEAST_REQUESTS
    assert platform.traces() == []
    assert playbook("--check", "--tags", "traefik").total("changed") == 0


def test_an_edge_that_routes_nothing_is_reverted(platform: Platform) -> None:
    """A version that is healthy and answers 404 to every visitor would be called an upgrade."""
    image = platform.push(TRAEFIK, "routes-nothing")
    with platform.load(per_second=20) as load:
        run = platform.upgrade(traefik_image=image, upgrade_only="traefik")
    assert run.code != 0
    assert "Stack traefik: rolled back." in said(run), run.output[-3000:]
    assert f"does not answer any more for {platform.vps.values['SKERRY_URL'].split('/')[2].split(':')[0]}" in said(run)
    assert "The upgrade ended at traefik." in said(run)
    assert platform.running(SERVICE) == TRAEFIK
    assert load.failed == {}
    assert platform.traces() == []


def test_a_run_that_is_killed_leaves_no_rule_and_the_next_one_converges(platform: Platform) -> None:
    """New connections would be led to a stand-in that nobody looks after, or it would stay for ever."""
    image = platform.push(TRAEFIK, "next")
    extra = {"upgrade_backup": False, "traefik_image": image}
    command = [str(BIN / "ansible-playbook"), "-i", "inventories/local", "playbooks/upgrade-stack.yml"]
    run = subprocess.Popen(
        [*command, "-e", json.dumps(extra)],
        cwd=ROOT,
        env={**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    with platform.load(per_second=20) as load:
        while not (traces := platform.traces()) or "skerry_detour" not in traces[0]:
            assert run.poll() is None, "it ended without a detour"
            time.sleep(0.2)
        lock = json.loads(platform.vps.out("cat /opt/skerry/stacks/traefik/lock"))
        platform.vps.out(f"kill -9 {lock['process']}")
        assert platform.traces() == ["traefik-detour_traefik"]
        assert run.wait(timeout=120) != 0
    print(f"killed in the middle: {dict(load.answers)}")
    done = playbook("--tags", "traefik")
    assert done.code == 0, done.output[-3000:]
    assert platform.traces() == []
    assert platform.running(SERVICE) == TRAEFIK
    assert playbook("--check", "--tags", "traefik").total("changed") == 0
