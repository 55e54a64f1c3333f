"""Jobs that come with the platform, on the platform; molecule/runner has the rest."""

from __future__ import annotations

import pytest

from tests.local import Vps


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("renew-certificates", "console.skerry.localhost: 20"),
        ("prune-images days=300", "Total reclaimed space"),
        ("backup", "Tell of it"),
        ("show-log service=mariadb_mariadb since=7d", "ready for connections"),
        ("show-log service=mariadb_mariadb since=7d search=READY", "ready for connections"),
        ("show-log service=mariadb_mariadb since=7d search=r.ady", "Nothing was said by mariadb_mariadb"),
    ],
)
def test_a_job_that_comes_with_it_succeeds(vps: Vps, words: str, said: str) -> None:
    """A button of the console would do nothing but fail."""
    done = vps.ssh(f"skerry-job run {words}", timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    assert said in done.stdout


def test_diagnose_says_what_status_says(vps: Vps) -> None:
    """The console would say that all is well where it is not, or the other way round."""
    status = vps.ssh("skerry-status").returncode
    done = vps.ssh("skerry-job run diagnose")
    assert (done.returncode, status) in [(0, 0), (1, 1)], done.stdout + done.stderr
    assert ("All is well." in done.stdout) == (status == 0)
    assert "services" in done.stdout
