"""What the engine's options mean for a container, and when the engine is restarted."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from testinfra.host import Host

# Comes through the mirror under its official name.
IMAGE = "nginxinc/nginx-unprivileged:1.26"


@pytest.fixture(scope="module")
def engine(vps: Host) -> Callable[[], str]:
    """Return a function that names the engine's process, which changes with a restart."""
    return lambda: vps.check_output("systemctl show --value --property=MainPID docker.service")


@pytest.fixture(scope="module")
def image(vps: Host) -> str:
    """Return an image that the engine has."""
    vps.check_output(f"docker pull --quiet {IMAGE}")
    return IMAGE


def test_the_mirror_is_asked_first(image: str) -> None:
    """A host that reaches no registry of its own would have no images."""
    assert image == IMAGE


def test_no_program_gains_privileges(vps: Host, image: str) -> None:
    """A set-user-id program in an image would become root."""
    status = vps.check_output(f"docker run --rm --entrypoint cat {image} /proc/self/status")
    assert "NoNewPrivs:\t1" in status


def test_the_journal_takes_the_logs(vps: Host, image: str) -> None:
    """Whoever asks what a service said before its container went would get nothing, or would have to know its id."""
    labels = "--label com.docker.stack.namespace=shop --label com.docker.swarm.service.name=shop_web"
    words = f"run --rm --name shop_web.1 {labels} --entrypoint echo {image} to-the-journal"
    assert vps.check_output(f"docker {words}") == "to-the-journal"
    vps.check_output("journalctl --sync")
    fields = f"COM_DOCKER_STACK_NAMESPACE=shop COM_DOCKER_SWARM_SERVICE_NAME=shop_web IMAGE_NAME={image}"
    said = json.loads(vps.check_output(f"journalctl --output=json --lines=1 {fields}"))
    assert (said["MESSAGE"], said["SYSLOG_IDENTIFIER"]) == ("to-the-journal", "shop_web.1")


def test_one_that_talks_much_costs_no_lines(vps: Host, image: str) -> None:
    """All containers are one unit to the journal, whose limit would be reached by the first."""
    vps.check_output(f"docker run --rm --name talks-much --entrypoint seq {image} 15000 >/dev/null")
    vps.check_output("journalctl --sync")
    assert vps.check_output("journalctl --output=cat CONTAINER_NAME=talks-much | wc -l") == "15000"


def test_containers_of_the_default_network_are_apart(vps: Host, image: str) -> None:
    """A container started by hand could reach every other one."""
    server = vps.check_output(f"docker run --detach --rm {image}")
    address = vps.check_output(f"docker inspect --format '{{{{.NetworkSettings.IPAddress}}}}' {server}")
    reached = vps.run(f"docker run --rm --entrypoint timeout {image} 3 bash -c '</dev/tcp/{address}/8080'").rc
    from_host = vps.run(f"timeout 3 bash -c '</dev/tcp/{address}/8080'").rc
    vps.check_output(f"docker kill {server}")
    assert (reached != 0, from_host) == (True, 0)


def test_an_option_that_can_be_reloaded_restarts_nothing(
    converge: Callable[..., Any], engine: Callable[[], str], vps: Host
) -> None:
    """Every service would stop for some seconds, for a setting that needs no restart."""
    before = engine()
    assert converge({"docker_daemon_options_extra": {"labels": ["zone=test"]}}).changed > 0
    assert engine() == before
    assert vps.check_output("docker info --format '{{.Labels}}'") == "[zone=test]"


def test_an_option_that_cannot_is_loaded_by_a_restart(converge: Callable[..., Any], engine: Callable[[], str]) -> None:
    """The file would say one thing and the engine do another."""
    before = engine()
    assert converge({"docker_daemon_options_extra": {"log-opts": {"tag": "other"}}}).changed > 0
    assert engine() != before


def test_a_file_that_an_interrupted_run_did_not_load_is_loaded(vps: Host, converge: Callable[..., Any]) -> None:
    """A run that was killed between writing and restarting would leave the engine with old options."""
    converge()
    # As if the engine had been started before the file was written.
    vps.check_output("sed -i 's/journald/json-file/' /run/skerry/daemon.json")
    assert converge().changed > 0
    assert converge().changed == 0


def test_options_that_the_engine_refuses_leave_it_running(vps: Host, converge: Callable[..., Any]) -> None:
    """A typing mistake would stop every service."""
    before = vps.check_output("cat /etc/docker/daemon.json")
    run = converge({"docker_daemon_options_extra": {"no-such-option": True}})
    assert run.code != 0
    assert "no-such-option" in run.output
    assert vps.check_output("cat /etc/docker/daemon.json") == before
    assert vps.run("docker info").rc == 0


def test_an_engine_that_was_stopped_is_started(vps: Host, converge: Callable[..., Any]) -> None:
    """The platform would stay down."""
    vps.check_output("systemctl stop docker.socket docker.service")
    assert converge().changed > 0
    assert vps.run("docker info").rc == 0


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        (
            {"docker_registry_mirrors": ["172.30.0.2:5000"]},
            "docker_registry_mirrors holds 172.30.0.2:5000; allowed are",
        ),
        (
            {"docker_daemon_options_extra": {"live-restore": True}},
            "sets live-restore, which the engine refuses in Swarm mode",
        ),
        ({"docker_package_source": "snap"}, "docker_package_source must be one of: distribution, vendor, got: snap"),
        ({"docker_package_source": "vendor"}, "docker_package_source is vendor, so docker_vendor_repository_url"),
        ({"docker_prune_until": "7d"}, "docker_prune_until is 7d; allowed is a whole number with h or m"),
        ({"docker_networks": [{"name": "My Net"}]}, "docker_networks holds My Net; allowed are names of"),
        ({"docker_network_encryption": "always"}, "docker_network_encryption is always, but the kernel of"),
    ],
)
def test_values_that_cannot_be_are_refused(
    converge: Callable[..., Any], variables: dict[str, Any], sentence: str
) -> None:
    """A typing mistake would show as a broken engine instead of a sentence."""
    run = converge(variables)
    assert run.code != 0
    assert sentence in " ".join(run.output.split())
    assert "changed=0" in run.output
