"""The tree plugin on a real host: what changes, what is told, what is run."""

from __future__ import annotations

from functools import partial

import pytest
from runs import CANARY, run
from testinfra.host import Host

DIRECTORY = "/etc/skerry-demo"
ACTIVATED = "/run/skerry-demo-activated"

tree = partial(run, playbook="tree.yml")


@pytest.fixture
def applied(vps: Host) -> Host:
    """The host with the tree as it is by default, and no command run since."""
    done = tree()
    assert done.code == 0, done.output
    vps.run(f"rm -f {ACTIVATED}")
    return vps


def test_first_run_and_second(vps: Host) -> None:
    """If this failed, each run would change the host or it would not get what the templates say."""
    vps.run(f"rm -rf {DIRECTORY} /etc/systemd/system/skerry-demo.service")
    predicted = tree("--check")
    assert not vps.file(DIRECTORY).exists
    first = tree()
    assert first.result["diff"] == predicted.result["diff"]
    assert vps.file(f"{DIRECTORY}/current").linked_to == f"{DIRECTORY}/service.conf"
    assert vps.file(f"{DIRECTORY}/key").mode == 0o600
    assert vps.service("skerry-demo.service").is_running
    assert vps.service("skerry-demo.service").is_enabled
    second = tree()
    assert (second.result["changed"], second.result["paths"]) == (False, [])
    assert "handler" not in second.output


def test_only_the_changed_paths_handlers_are_notified(applied: Host) -> None:
    """If this failed, a key would reload nothing or everything. Ansible does not document what this stands on."""
    done = tree(demo_token="canary-other-5512")
    assert "handler: key" in done.output
    assert "handler: configuration" not in done.output
    assert not applied.file(ACTIVATED).exists


def test_command_of_a_changed_path_runs_once(applied: Host) -> None:
    """If this failed, a changed file would not take effect."""
    done = tree(demo_seconds=101)
    assert done.code == 0, done.output
    assert applied.file(ACTIVATED).content_string == "ran\n"
    assert "sleep 101" in applied.check_output("systemctl cat skerry-demo.service")
    assert "NeedDaemonReload=no" in applied.check_output("systemctl show -p NeedDaemonReload skerry-demo.service")


def test_failed_command_is_made_up_for(applied: Host) -> None:
    """If this failed, an interrupted run's change would be on the disk but never in effect."""
    command = f"sh -c 'test -e /run/skerry-demo-allowed && echo ran >> {ACTIVATED}'"
    first = tree(demo_seconds=102, demo_activate=command)
    assert first.code != 0
    assert not applied.file(ACTIVATED).exists
    applied.check_output("touch /run/skerry-demo-allowed")
    second = tree(demo_seconds=102, demo_activate=command)
    assert second.code == 0, second.output
    assert "is due from an interrupted run" in second.drift
    assert applied.file(ACTIVATED).content_string == "ran\n"
    assert tree(demo_seconds=102, demo_activate=command).result["changed"] is False


def test_refused_file_changes_nothing(applied: Host) -> None:
    """If this failed, a daemon could be left with half a configuration."""
    before = applied.check_output(f"cat {DIRECTORY}/key {DIRECTORY}/service.conf")
    done = tree(demo_seconds=103, demo_token="canary-third-9917", demo_validate="grep -q minutes %s")
    assert done.code != 0
    assert "etc/skerry-demo/service.conf is refused by" in done.result["msg"]
    assert applied.check_output(f"cat {DIRECTORY}/key {DIRECTORY}/service.conf") == before
    assert tree().result["changed"] is False


def test_stopped_unit_is_started(applied: Host) -> None:
    """If this failed, a service that somebody stopped would stay down."""
    applied.check_output("systemctl disable --now skerry-demo.service")
    assert "unit skerry-demo.service: is not running" in tree("--check").drift
    assert tree().result["units"] == ["skerry-demo.service"]
    assert applied.service("skerry-demo.service").is_running
    assert applied.service("skerry-demo.service").is_enabled


def test_secret_file_is_not_shown(applied: Host) -> None:
    """If this failed, --diff would print the key."""
    applied.check_output(f"echo other > {DIRECTORY}/key")
    done = tree("-vvv")
    assert "changed; the content is secret" in done.drift
    assert f"key = {CANARY}" not in done.output
