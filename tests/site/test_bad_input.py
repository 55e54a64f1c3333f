"""Bad input is refused before the first change, by one sentence that says what is allowed."""

from __future__ import annotations

import pytest

from tests.local import playbook

CASES = {
    "missing domain": ({"skerry_domain": ""}, "skerry_domain", "''"),
    "malformed e-mail": ({"skerry_email": "nobody"}, "email", "nobody"),
    "unknown image source": ({"skerry_image_source": "moon"}, "skerry_image_source", "moon"),
    "unknown package source": ({"docker_package_source": "moon"}, "docker_package_source", "moon"),
    "memory that does not fit": ({"mariadb_memory": "999G"}, "mariadb_memory", "999G"),
    "domain of an app": ({"app_console_domain": "not a domain"}, "domain", "not a domain"),
    "challenge type": ({"traefik_acme_challenge": "smoke"}, "traefik_acme_challenge", "smoke"),
}


@pytest.mark.usefixtures("vps")
@pytest.mark.parametrize(("extra", "variable", "value"), CASES.values(), ids=CASES.keys())
def test_refused_before_the_first_change(extra: dict[str, object], variable: str, value: str) -> None:
    """Fails when a bad value is accepted, changes something first, or the refusal does not name it."""
    run = playbook(extra=extra)
    assert run.code != 0, "it was accepted"
    assert run.total("changed") == 0, run.output
    errors = [line for line in run.output.splitlines() if variable in line and value in line]
    assert errors, f"no sentence names {variable} and {value}:\n{run.output[-3000:]}"
