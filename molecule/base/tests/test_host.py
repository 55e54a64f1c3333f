"""The rest of the host: kernel, journal, updates, and what the role refuses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from testinfra.host import Host


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("net.ipv4.conf.all.accept_redirects", 0),
        ("net.ipv4.conf.all.rp_filter", 1),
        ("net.ipv4.conf.all.log_martians", 1),
    ],
)
def test_the_kernel_has_the_settings(vps: Host, key: str, value: int) -> None:
    """The file would be there and the kernel know nothing of it."""
    assert vps.sysctl(key) == value


def test_the_outer_kernel_is_left_alone(vps: Host) -> None:
    """In a container the role would change the machine of whoever runs it."""
    assert vps.run("grep -E '^-?(kernel|vm|fs|dev)' /etc/sysctl.d/60-skerry.conf").stdout == ""


def test_settings_that_an_interrupted_run_did_not_load_are_loaded(vps: Host, converge: Callable[..., Any]) -> None:
    """A run that was killed between writing and loading would leave settings that only a reboot loads."""
    vps.check_output(
        "sysctl -w net.ipv4.conf.all.log_martians=0 && rm /var/lib/skerry/loaded/etc/sysctl.d/60-skerry.conf"
    )
    assert converge().changed > 0
    assert vps.sysctl("net.ipv4.conf.all.log_martians") == 1


def test_the_journal_outlives_a_restart(vps: Host) -> None:
    """What led to a crash could not be read afterwards."""
    vps.check_output("logger skerry-canary && journalctl --sync")
    assert "skerry-canary" in vps.check_output("journalctl --directory=/var/log/journal --output=cat --since=-5min")


def test_security_updates_come_by_themselves_and_leave_the_engine(vps: Host) -> None:
    """A known hole would stay open, or an upgrade of the engine would stop every service at night."""
    said = vps.check_output("unattended-upgrade --dry-run --debug 2>&1")
    assert "label=Debian-Security" in said
    assert "^docker" in said.split("Initial blacklist")[1].splitlines()[0]


@pytest.mark.parametrize("timer", ["apt-daily.timer", "apt-daily-upgrade.timer"])
def test_timers_are_armed(vps: Host, timer: str) -> None:
    """Updates would be configured and never run."""
    assert timer in vps.check_output("systemctl list-timers --no-pager")


def test_no_unit_failed(vps: Host) -> None:
    """Something that the role set up would not work on this host."""
    assert vps.check_output("systemctl --failed --no-legend") == ""


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"base_swap_size": "1T"}, "base_swap_size is 1T; allowed is a whole number with M or G"),
        ({"base_swap_type": "disk"}, "base_swap_type must be one of: file, zram, none, got: disk"),
        ({"base_sshd_port": 70000}, "base_sshd_port is 70000; allowed are 1 to 65535"),
        ({"base_sysctl_extra": {"net.ipv4.ip_forward": 0}}, "set net.ipv4.ip_forward to 0, which stops containers"),
        ({"base_firewall_trusted_addresses": ["node-2"]}, "base_firewall_trusted_addresses holds node-2; allowed are"),
        ({"base_packages": "curl wget"}, "base_packages"),
    ],
)
def test_values_that_cannot_be_are_refused(
    converge: Callable[..., Any], variables: dict[str, Any], sentence: str
) -> None:
    """A typing mistake would show as a broken host instead of a sentence."""
    run = converge(variables)
    assert run.code != 0
    assert sentence in " ".join(run.output.split())
    assert "changed=0" in run.output
