"""Two instances are routed, confined, and hold their secrets where nobody else sees them."""

from __future__ import annotations

import hashlib
import json

import pytest

ID = "docker ps --quiet --filter health=healthy --filter label=com.docker.swarm.service.name="

SECRETS = {
    "database_url": "mysql+asyncmy://demo:canary-password@mariadb:3306/demo",
    "redis_url": "redis://demo:canary-redis@redis:6379/0",
    "token": "canary token $HOME",
}


def shell(vps, service, command):
    """Run a shell command in a container of the service, as its user."""
    return vps.run(f"docker exec $({ID}{service}) sh -c '{command}'")


@pytest.mark.parametrize(
    ("domain", "path", "words"),
    [
        ("demo.skerry.localhost", "/", '"path": "/"'),
        ("demo.skerry.localhost", "/api/x", '"path": "/api/x"'),
        ("plain.skerry.localhost", "/", "nginx"),
    ],
)
def test_an_instance_answers_on_its_domain(get, domain, path, words):
    """A user would not reach the app, or reach another one."""
    answer = get(domain, path)
    assert answer.status_code == 200
    assert words in answer.text


@pytest.mark.parametrize("secret", list(SECRETS))
def test_a_secret_reaches_the_app_unchanged(get, secret):
    """The app would read a wrong password: quoted, cut, or with its $ replaced."""
    expected = hashlib.sha256(SECRETS[secret].encode()).hexdigest()
    assert get("demo.skerry.localhost", "/secrets").json()[secret] == expected


def test_the_environment_announces_the_files_and_keeps_dollars(get):
    """The app would not find its secrets or its address."""
    environment = get("demo.skerry.localhost", "/environment").json()
    assert {
        "PUBLIC_URL": "https://demo.skerry.localhost",
        "REDIS_PREFIX": "demo:",
        "TOKEN_FILE": "/run/secrets/token",
        "PRICE": '5$ "each"',
    }.items() <= environment.items()


def test_a_secret_file_is_for_the_apps_user_only(vps):
    """Another user in the container could read it."""
    assert shell(vps, "demo_web", "stat -c %u:%g:%a /run/secrets/token").stdout.strip() == "10001:10001:400"


@pytest.mark.parametrize(
    "command",
    [
        "docker inspect $(docker ps --all --quiet)",
        "docker service inspect $(docker service ls --quiet)",
        "docker secret inspect $(docker secret ls --quiet)",
        "ps -eo args",
        "journalctl --no-pager",
        "find /opt/skerry /etc/skerry -type f -perm /077 -exec cat {} +",
    ],
)
def test_no_secret_shows(vps, command):
    """Whoever may look at the engine, the processes, the journal or a readable file would have the passwords."""
    done = vps.run(command)
    assert done.succeeded, done.stderr
    assert len(done.stdout) > 100
    assert "canary" not in done.stdout


def test_only_who_asks_holds_a_secret(vps):
    """A worker that needs no database would hold its password."""
    done = shell(vps, "demo_worker", "ls /run/secrets | wc -l")
    assert done.succeeded
    assert done.stdout.strip() == "0"


@pytest.mark.parametrize("service", ["demo_web", "demo_worker", "plain_web"])
def test_the_root_is_read_only_and_tmp_is_not(vps, service):
    """A broken app could change its own code, or would find no place for a temporary file."""
    assert shell(vps, service, "touch /x || touch /etc/x").rc != 0
    assert shell(vps, service, "touch /tmp/x").rc == 0


@pytest.mark.parametrize("service", ["demo_web", "demo_worker", "plain_web"])
def test_a_container_holds_no_capability_and_is_bounded(vps, service):
    """A broken app could take the host's memory or processes, or use a capability."""
    settings = json.loads(vps.check_output(f"docker inspect --format '{{{{json .HostConfig}}}}' $({ID}{service})"))
    assert (settings["Memory"], settings["PidsLimit"]) == (64 * 1024**2, 128)
    assert shell(vps, service, "grep CapBnd /proc/self/status").stdout.split() == ["CapBnd:", "0000000000000000"]


def test_services_of_an_instance_reach_each_other(vps):
    """A web service could not reach its own worker or cache, or that would need a route."""
    done = shell(vps, "demo_web", 'bash -c "exec 3<>/dev/tcp/demo_worker/8000"')
    assert done.succeeded, done.stderr


def test_a_service_without_paths_is_not_reached_from_another_instance(vps):
    """One app's cache would be open to every other app."""
    done = shell(vps, "plain_web", 'timeout 5 bash -c "exec 3<>/dev/tcp/demo_worker/8000"')
    assert done.rc != 0


def test_prometheus_finds_the_metrics_by_label(vps):
    """The app's metrics would never be read."""
    labels = json.loads(vps.check_output("docker service inspect demo_web --format '{{json .Spec.Labels}}'"))
    assert (labels["skerry.metrics.port"], labels["skerry.metrics.path"]) == ("8000", "/metrics")
