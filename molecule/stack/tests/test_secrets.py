"""No secret shows, however much output is asked for."""

from __future__ import annotations

import base64
import subprocess

import pytest
from runs import CANARY, ROOT, Swarm, command, environment

OTHER = "canary-other-7713ac0de5"


@pytest.mark.usefixtures("demo")
@pytest.mark.parametrize("behaviour", ["good", "crash"])
def test_secret_does_not_show_at_most_verbose(behaviour: str) -> None:
    """If this failed, the log of a CI run would hold the passwords. The crashing release prints its secret."""
    line = command("-vvv", "--diff", demo_behaviour=behaviour, demo_token=OTHER)
    # Extra variables are the caller's own; what is searched is what Ansible and the plugin print.
    done = subprocess.run(line, capture_output=True, text=True, env=environment("default"), cwd=ROOT, check=False)
    output = done.stdout + done.stderr
    assert "secrets/token: changed; the content is secret" in output or behaviour == "crash", output
    assert "cannot open the gate" in output or behaviour == "good", output
    for secret in (OTHER, CANARY):
        for form in (secret, base64.b64encode(secret.encode()).decode().rstrip("=")):
            assert form not in output


def test_secret_is_in_no_inspection_and_no_journal(demo: Swarm) -> None:
    """If this failed, everybody in the group docker or adm could read it."""
    for name in ("demo_web", "demo_side"):
        assert CANARY not in demo.docker(f"service inspect {name}")
    for container in demo.docker("ps --all --quiet").split():
        assert CANARY not in demo.docker(f"inspect {container}")
    assert CANARY not in demo.host.check_output("journalctl --no-pager --output cat")
