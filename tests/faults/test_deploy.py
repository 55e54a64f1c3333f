"""Deploys of the console under load: a good one and two broken ones, none of which may cost a request."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.faults import variants
from tests.faults.load import Load
from tests.local import Vps, playbook

# Enough requests in the shortest deploy that «none failed» says something.
LEAST_REQUESTS = 100


@pytest.fixture
def release(vps: Vps) -> Callable[[str], str]:
    """Build a variant of the console's image and push it to the workshop's registry; return its name."""
    return lambda kind: variants.build(vps, kind)


def running_image(vps: Vps) -> str:
    """Return the image of the api's healthy task, without its digest."""
    api = "--filter label=com.docker.swarm.service.name=console_api --filter health=healthy"
    name = vps.out(f"docker ps {api} --format '{{{{.Image}}}}'")
    return name.split("@")[0]


@pytest.mark.parametrize(
    ("kind", "words"),
    [("crashes", ("rolled back", "boom: the release is broken", "3")), ("never-healthy", ("rolled back", "unhealthy"))],
)
def test_a_broken_release_leaves_the_old_one_serving(
    vps: Vps, release: Callable[[str], str], kind: str, words: tuple[str, ...]
) -> None:
    """Fails when a broken release is called deployed, its reason is not printed, or it costs a request."""
    image = release(kind)
    before = running_image(vps)
    with Load(vps.values["SKERRY_URL"], vps.values["SKERRY_CA_FILE"], address="127.0.0.1") as load:
        run = playbook("--tags", "app", extra={"app_console_image": image})
    assert run.code != 0
    missing = [word for word in words if word not in run.output]
    assert not missing, run.output[-4000:]
    assert running_image(vps) == before
    assert load.failed == {}
    assert load.answers["200"] > LEAST_REQUESTS
    after = playbook("--check", "--tags", "app")
    assert after.total("changed") == 0, after.output[-3000:]


# The last one, so that the alert about a failed deploy is over when other parts begin.
def test_a_good_deploy_drops_no_request(vps: Vps, release: Callable[[str], str]) -> None:
    """Fails when a deploy of a good release costs a request, or the new release does not run after it."""
    image = release("good")
    before = running_image(vps)
    with Load(vps.values["SKERRY_URL"], vps.values["SKERRY_CA_FILE"], address="127.0.0.1") as load:
        run = playbook("--tags", "app", extra={"app_console_image": image})
        back = playbook("--tags", "app")
    assert run.code == 0, run.output[-3000:]
    assert run.total("changed") == 1
    assert back.code == 0, back.output[-3000:]
    assert running_image(vps) == before
    assert load.failed == {}
    assert load.answers["200"] > LEAST_REQUESTS
