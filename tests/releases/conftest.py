"""A small app of a user's own on the local VPS, and its releases in the workshop's registry."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.faults.load import PER_SECOND, Load
from tests.faults.test_deploy import running_image
from tests.local import Playbook, Vps, playbook
from tools.workshop import services
from tools.workshop.settings import ROOT

INVENTORY = ("-i", "tests/releases/inventory")
REPOSITORY = "skerry-demo/shop"
URL = "https://shop.skerry.localhost"


@dataclass(frozen=True)
class Shop:
    """The app, as its operator sees it."""

    vps: Vps
    directory: Path

    def push(self, release: str, mode: str = "good", shows: str = "") -> str:
        """Build molecule/app/demo in one of its modes, push it as a release, and return its digest.

        `shows` is what it calls itself, unless that is the release's name.
        """
        image = f"{services.registry_address(self.vps.settings)}/{REPOSITORY}:{release}"
        arguments = ["--build-arg", f"RELEASE={shows or release}", "--build-arg", f"MODE={mode}"]
        build = ["docker", "build", "--quiet", *arguments, "--tag", image, str(ROOT / "molecule/app/demo")]
        subprocess.run(build, check=True, capture_output=True)
        subprocess.run(["docker", "push", "--quiet", image], check=True, capture_output=True)
        shown = ["docker", "inspect", "--format", "{{index .RepoDigests 0}}", image]
        return subprocess.run(shown, check=True, capture_output=True, text=True).stdout.strip().partition("@")[2]

    def deploy(self, release: str, *argv: str, message: str = "") -> tuple[Playbook, dict[str, Any]]:
        """Deploy a release by its tag or digest; return how it went, and what the result file says."""
        return self._run("deploy-app.yml", {"release": release}, *argv, message=message)

    def roll_back(self, release: str = "") -> tuple[Playbook, dict[str, Any]]:
        """Go back to a release, or to the one before."""
        return self._run("rollback-app.yml", {"release": release} if release else {})

    def _run(self, name: str, extra: dict[str, Any], *argv: str, message: str = "") -> tuple[Playbook, dict[str, Any]]:
        file = self.directory / "result.json"
        file.unlink(missing_ok=True)
        os.environ["SKERRY_MESSAGE"] = message
        run = playbook(*argv, name=f"playbooks/{name}", extra={"app": "shop", "deploy_result": str(file), **extra})
        return run, json.loads(file.read_text())

    def site(self, *argv: str, **extra: object) -> Playbook:
        """Run the part of site.yml that deploys apps."""
        return playbook(*INVENTORY, "--tags", "app", *argv, extra=extra)

    def load(self, per_second: int = PER_SECOND) -> Load:
        """Ask for the app all the time, from outside."""
        port = self.vps.settings.https_port
        return Load(f"{URL}:{port}", self.vps.values["SKERRY_CA_FILE"], ("/",), "127.0.0.1", per_second)

    def running(self) -> str:
        """Return the release that answers, by what its container is told."""
        task = "$(docker ps -q --filter label=com.docker.swarm.service.name=shop_web --filter health=healthy)"
        return self.vps.out(f"docker exec {task} printenv DEMO_RELEASE")

    def last(self, app: str = "shop") -> dict[str, Any]:
        """Return what the host keeps of the last deploy."""
        kept: dict[str, Any] = json.loads(self.vps.out(f"cat /var/lib/skerry/deploys/{app}.json"))["entries"][-1]
        return kept

    def metric(self, verdict: str, app: str = "shop") -> str:
        """Return whether the last deploy's metric has this verdict: 1 or 0."""
        lines = self.vps.out(f"cat /var/lib/skerry/metrics/deploy_{app}.prom").splitlines()
        (line,) = [one for one in lines if one.startswith("skerry_deploy_last_verdict") and f'"{verdict}"' in one]
        return line.split()[-1]


@pytest.fixture(scope="session")
def shop(vps: Vps, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """Deploy the app with site.yml as release 1; take it away again."""
    found = Shop(vps, tmp_path_factory.mktemp("shop"))
    found.push("1")
    run = found.site()
    assert run.code == 0, run.output[-3000:]
    yield found
    for stack in ("shop", "wiki"):
        gone = playbook(name="playbooks/remove-stack.yml", extra={"remove_stack": stack, "remove_confirm": stack})
        assert gone.code == 0, gone.output[-3000:]
    back = playbook("--tags", "app")  # the console forgets that there was a wiki
    assert back.code == 0, back.output[-3000:]


@pytest.fixture
def at_release(shop: Shop) -> Callable[[str], None]:
    """Let a good release of this name run, whatever ran before."""

    def ensure(release: str) -> None:
        if shop.running() != release:
            shop.push(release)
            run, _ = shop.deploy(release)
            assert run.code == 0, run.output[-3000:]

    return ensure


@pytest.fixture
def following(vps: Vps) -> Iterator[str]:
    """Let the bundled console's image follow its release; return that one's name. What runs stays."""
    image = running_image(vps)
    name, _, tag = image.rpartition(":")
    run = playbook("--tags", "app", extra={"app_console_image": name, "app_console_version": tag})
    assert run.code == 0, run.output[-3000:]
    yield tag
    assert playbook("--tags", "app").code == 0
    assert running_image(vps) == image
