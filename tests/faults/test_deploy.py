"""Deploys of the console under load: a good one and two broken ones, none of which may cost a request."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable

import pytest

from tests.faults.load import Load
from tests.local import Vps, playbook
from tools.workshop.settings import ROOT

# Enough requests in the shortest deploy that «none failed» says something.
LEAST_REQUESTS = 100

DOCKERFILES = {
    "good": "ENV SKERRY_TEST_RELEASE=good\n",
    "crashes": 'ENTRYPOINT ["sh", "-c", "echo boom: the release is broken >&2; sleep 1; exit 3"]\n',
    "never-healthy": "HEALTHCHECK --interval=1s --timeout=1s --retries=3 --start-period=2s CMD false\n",
}


@pytest.fixture
def release(vps: Vps) -> Callable[[str], str]:
    """Build a variant of the console's image and push it to the workshop's registry; return its name."""

    def build(kind: str) -> str:
        base = json.loads((ROOT / ".local/images.json").read_text())["workshop_console_image"]
        image = f"{base}-{kind}"
        shown = ["docker", "port", f"{vps.settings.name}-registry", "5000"]
        registry = subprocess.run(shown, capture_output=True, text=True, check=True).stdout.split()[0]
        subprocess.run(["docker", "pull", "-q", f"{registry}/{base}"], check=True, capture_output=True)
        text = f"FROM {registry}/{base}\n{DOCKERFILES[kind]}"
        subprocess.run(
            ["docker", "build", "-q", "-t", f"{registry}/{image}", "-"],
            input=text,
            text=True,
            check=True,
            capture_output=True,
        )
        subprocess.run(["docker", "push", "-q", f"{registry}/{image}"], check=True, capture_output=True)
        return image

    return build


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
