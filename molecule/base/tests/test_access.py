"""Who gets in, and that nobody is ever locked out."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable
from typing import Any

import pytest
from testinfra.host import Host

POLICIES = {"debian12": "Hardened Debian 12 (version 3)", "debian13": "Hardened Debian 13 (version 1)"}
DROP_IN = "/etc/ssh/sshd_config.d/10-skerry.conf"
OPTIONS = "-o BatchMode=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o ConnectTimeout=5"


@pytest.fixture(scope="module")
def ssh(
    vps: Host, address: str, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Return a function that logs in as root with a key of its own, by a new connection."""
    key = tmp_path_factory.mktemp("key") / "id"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    vps.check_output(
        "mkdir -p -m 700 /root/.ssh && echo '%s' >> /root/.ssh/authorized_keys",
        key.with_suffix(".pub").read_text().strip(),
    )

    def login(*options: str) -> subprocess.CompletedProcess[str]:
        command = ["ssh", *OPTIONS.split(), "-i", str(key), *options, f"root@{address}", "echo in"]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    return login


def until(condition: Callable[[], bool]) -> bool:
    """Whether the condition comes true within a minute; sshd does not listen while it reads its files anew."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.2)
    return False


def test_a_key_lets_in(ssh: Callable[..., Any]) -> None:
    """Nobody could log in any more."""
    assert ssh().stdout == "in\n"


def test_a_password_does_not(vps: Host, ssh: Callable[..., Any]) -> None:
    """Guessing passwords would be worth the while."""
    vps.check_output("echo root:guessed | chpasswd")
    refused = ssh("-o", "PubkeyAuthentication=no", "-o", "PreferredAuthentications=password,keyboard-interactive")
    assert "Permission denied (publickey)" in refused.stderr


@pytest.mark.parametrize(
    "weak", ["KexAlgorithms=ecdh-sha2-nistp256", "MACs=hmac-sha1", "HostKeyAlgorithms=ecdsa-sha2-nistp256"]
)
def test_weak_algorithms_are_refused(ssh: Callable[..., Any], weak: str) -> None:
    """An old client would get a connection that can be broken."""
    assert "no matching" in ssh("-o", weak, "-o", "Ciphers=aes256-ctr").stderr


def test_the_policy_of_ssh_audit_is_met(address: str) -> None:
    """An algorithm or a key would be weaker than the published guide for this Debian allows."""
    program = shutil.which("ssh-audit") or pytest.fail("ssh-audit is not installed (requirements/dev.in)")
    audit = subprocess.run(
        [program, "--policy", POLICIES[os.environ.get("DISTRO") or "debian13"], address],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Passed" in audit.stdout, audit.stdout


def test_settings_that_lock_out_go_back_by_themselves(vps: Host, ssh: Callable[..., Any]) -> None:
    """A mistake in the SSH settings would cost the operator the machine."""
    vps.check_output(f"echo 'AllowUsers nobody' >> {DROP_IN} && skerry-access load 15")
    assert until(lambda: "Permission denied" in ssh().stderr)
    assert until(lambda: ssh().stdout == "in\n")
    assert vps.run(f"grep AllowUsers {DROP_IN}").rc == 1


def test_a_run_takes_over_from_one_that_was_killed_before_it_confirmed(vps: Host, converge: Callable[..., Any]) -> None:
    """The way back of an interrupted run would undo the settings behind the next run's back."""
    vps.check_output(f"echo 'MaxAuthTries 3' >> {DROP_IN} && skerry-access load 600")
    assert converge().changed > 0
    assert vps.run("systemctl is-active skerry-revert.timer").stdout.strip() == "inactive"
    assert vps.run(f"grep --count MaxAuthTries {DROP_IN}").stdout.strip() == "1"


def test_broken_settings_are_refused_before_a_change(vps: Host, converge: Callable[..., Any]) -> None:
    """sshd would not come back after its next restart."""
    before = vps.check_output(f"cat {DROP_IN}")
    run = converge({"base_sshd_options": {"NoSuchOption": "yes"}})
    assert run.code != 0
    assert "Bad configuration option: NoSuchOption" in run.output
    assert vps.check_output(f"cat {DROP_IN}") == before
