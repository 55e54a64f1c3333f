"""deploy.yml after a push, with releases good and broken: one word everywhere, and nobody notices but who should."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.account import Account
from tests.alerts.conftest import Sink
from tests.faults.load import Load
from tests.local import Vps
from tests.releases.conftest import REPOSITORY, Shop
from tests.workflows import act
from tests.workflows.followers import Followers
from tests.workflows.project import Project
from tools.workshop import services
from tools.workshop.settings import ROOT

pytestmark = pytest.mark.usefixtures("followers")

PER_SECOND = 50  # requests, as issue 6 names them
LEAST_REQUESTS = 1_000  # in the shortest deploy, so that «none failed» says something
CONTEXT = "molecule/app/demo"
DOCKERFILE = f"{CONTEXT}/Dockerfile"
# So large that its pull can be cut off; the same each time, for the registry keeps it.
BALLAST = (
    """RUN python3 -c "import random as r; r.seed(1); open('/tmp/ballast', 'wb').write(r.randbytes(150 << 20))"\n"""
)
PULLING = "until find /var/lib/docker/tmp -name 'GetImageBlob*' -size +8M | grep -q .; do sleep 0.02; done"


def changed(mode: str, shows: str, further: str = "") -> dict[str, str]:
    """Return the demo app's Dockerfile with the change of a line or two that makes a release of this mode."""
    text = (ROOT / DOCKERFILE).read_text()
    for name, value in (("RELEASE", shows), ("MODE", mode)):
        text, count = re.subn(f"^ARG {name}=.*$", f"ARG {name}={value}", text, flags=re.MULTILINE)
        assert count == 1
    return {DOCKERFILE: text + further}


@dataclass(frozen=True)
class Witnesses:
    """Everybody who is told of a deploy."""

    shop: Shop
    project: Project
    sink: Sink
    account: Account
    until: Callable[..., Any]
    figures: list[str]

    def agree(self, run: act.Run, app: str, release: str, verdict: str, since: float) -> dict[str, Any]:
        """Assert that all say the same of the last deploy; return what the host keeps of it."""
        good = verdict == "deployed"
        assert run.code == (0 if good else 1), run.text[-6000:]
        (summary,) = run.summaries
        assert summary.startswith(f"## {app}: {verdict}\n"), summary
        assert run.output("verdict") == verdict
        kept = self.shop.last(app)
        assert (kept["verdict"], kept["name"]) == (verdict, release)
        assert self.shop.metric(verdict, app) == "1"
        self.until(lambda: self._shown(app) == (release, verdict), f"the console's {verdict} of {app} {release}")
        posted = [one for one in self.sink.arrived(since) if one.get("path") == self.project.path]
        if good:
            assert posted == []
        else:
            assert [json.loads(one["body"])["text"].partition(" (")[0] for one in posted] == [f"{app}: {verdict}"]
            words = f"The last deploy of {app} was {verdict}"
            self.until(lambda: [mail for mail in self._mails(since) if words in mail["text"]], f"«{words}» by e-mail")
        assert self.project.path not in run.text
        body = self.project.secrets["SKERRY_SSH_KEY"].splitlines()[1:-1]
        assert [line for line in body if line in run.text] == []
        return kept

    def count(self, what: str, run: act.Run, seconds: float, load: Load, kept: dict[str, Any]) -> None:
        """Note how long it took by stage, and what the load met."""
        steps = ", ".join(f"{name} {took:.1f}" for name, took in run.seconds.items() if took >= 0.5)
        told = (
            f"{what}: {kept['verdict']}, {seconds:.0f} s from push to verdict ({steps}; on the host {kept['seconds']})"
        )
        self.figures.append(f"{told}; requests {dict(load.answers)}")

    def _shown(self, app: str) -> tuple[str, str]:
        (newest,) = self.account.get(f"/api/deploys?stack={app}&limit=1")["deploys"] or [{"release": "", "verdict": ""}]
        return newest["release"], newest["verdict"]

    def _mails(self, since: float) -> list[dict[str, Any]]:
        return self.sink.mails(since, "WARNING: A deploy did not succeed")


@pytest.fixture
def witnesses(
    shop: Shop, project: Project, watched: Sink, account: Account, until: Callable[..., Any], figures: list[str]
) -> Witnesses:
    """Let release 1 run, so that what is told next is news."""
    run, told = shop.deploy("1")
    assert (run.code, told["verdict"]) == (0, "deployed"), run.output[-3000:]
    return Witnesses(shop, project, watched, account, until, figures)


def push(witnesses: Witnesses, files: dict[str, str], title: str) -> tuple[str, act.Run, float]:
    """Push a change of the demo app; return the release's name, how its workflow went, and in how many seconds."""
    begun = time.monotonic()
    release, run = witnesses.project.push(title, files, "shop", REPOSITORY, CONTEXT)
    return release, run, time.monotonic() - begun


def test_a_good_release_is_deployed(witnesses: Witnesses) -> None:
    """A push would not arrive, or cost a visitor a request."""
    shop, since = witnesses.shop, time.time()
    with shop.load(PER_SECOND) as load:
        release, run, seconds = push(witnesses, changed("good", "pushed"), "feat: cheaper $(shipping)\n\nMuch.")
    kept = witnesses.agree(run, "shop", release, "deployed", since)
    witnesses.count("a good release", run, seconds, load, kept)
    assert shop.running() == "pushed"
    assert kept["message"] == "feat: cheaper $(shipping)"
    assert load.failed == {}
    assert load.answers["200"] > LEAST_REQUESTS


@pytest.mark.parametrize("mode", ["crash", "sick", "wrong"])
def test_a_broken_release_is_rolled_back_and_told_of(witnesses: Witnesses, mode: str) -> None:
    """The run would be green, the release stay, or its author never hear of it."""
    shop, since = witnesses.shop, time.time()
    with shop.load(PER_SECOND) as load:
        release, run, seconds = push(witnesses, changed(mode, mode), f"feat: a {mode} release")
    kept = witnesses.agree(run, "shop", release, "rolled back", since)
    witnesses.count(mode, run, seconds, load, kept)
    assert shop.running() == "1"
    # Of the wrong one its visitors saw the answers, until it was looked at.
    assert set(load.failed) - ({"500"} if mode == "wrong" else set()) == set()
    assert load.answers["200"] > LEAST_REQUESTS


@pytest.fixture
def leaving(vps: Vps) -> Iterator[threading.Event]:
    """Let the registry go away as soon as the VPS has some of a large layer; return what tells that it has."""
    gone = threading.Event()

    def leave() -> None:
        if vps.ssh(f"timeout 600 sh -c {shlex.quote(PULLING)}", timeout=660).returncode == 0:
            subprocess.run(["docker", "stop", "--time", "0", vps.settings.container("registry")], check=True)
            gone.set()

    threading.Thread(target=leave, daemon=True).start()
    yield gone
    services.ensure_registry(vps.settings)


def test_a_registry_that_goes_away_in_mid_pull(witnesses: Witnesses, leaving: threading.Event) -> None:
    """Half an image would be deployed, or the deploy wait for ever."""
    shop, since = witnesses.shop, time.time()
    with shop.load(PER_SECOND) as load:
        release, run, seconds = push(witnesses, changed("good", "large", BALLAST), "feat: a large release")
    assert leaving.is_set(), "the registry was there all the time"
    kept = witnesses.agree(run, "shop", release, "failed", since)
    witnesses.count("a registry that goes away", run, seconds, load, kept)
    assert "Nothing was changed." in run.text
    assert shop.running() == "1"
    assert load.failed == {}
    assert load.answers["200"] > LEAST_REQUESTS


# The last one: it looks back on all that was before.
def test_every_follower_has_every_line(followers: Followers, figures: list[str]) -> None:
    """Somebody who watches the console meanwhile would see a job's output with holes, or twice."""
    lines = followers.end()
    crowd = followers.crowd
    figures.append(
        f"{len(crowd.browsers)} sockets, {crowd.made} connections, {lines} lines each; {dict(crowd.trouble)}"
    )
    assert lines > 60
    assert crowd.wrong(lines) == ""
    assert crowd.refused == {}
