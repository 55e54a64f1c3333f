"""The console shows what the engine runs, soon after it changes, and whatever else goes down meanwhile."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

DOMAIN = "console.runner.skerry.localhost"
TOKENS = ("canary-reporter-0123456789abcdef", "canary-runner-0123456789abcdef01")
UNITS = ("skerry-reporter", "skerry-runner")
ROOT_CA = str(Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"]) / "root.pem")
PROJECT = Path(os.environ["MOLECULE_PROJECT_DIRECTORY"])

# Steps of a wait; generous, as these tests are about whether, not how soon.
# Half seconds. After some failures in a row the reporter asks each 30 s: two such gaps, and the platform's own start.
PATIENCE = 240


def eventually(check: Callable[[], Any], what: str) -> Any:
    """Ask until the answer is true; return it, or fail with what was waited for."""
    for _ in range(PATIENCE):
        if answer := check():
            return answer
        time.sleep(0.5)
    raise AssertionError(f"{what}: not within {PATIENCE} steps")


def told(client: httpx.Client, path: str) -> dict[str, Any]:
    """Return what the console answers; {} while it does not."""
    try:
        answer = client.get(path)
    except httpx.HTTPError:
        return {}
    found: dict[str, Any] = answer.json() if answer.status_code == 200 else {}
    return found


@pytest.fixture(scope="module")
def console(address):
    """The administrator's client of the console, with its certificate verified."""
    with httpx.Client(verify=ROOT_CA, base_url=f"https://{address}", headers={"Host": DOMAIN}, timeout=20) as client:
        client.event_hooks = {"request": [lambda request: request.extensions.update(sni_hostname=DOMAIN)]}
        body = {"name": "admin", "password": "canary-admin-0123456789abcdef"}
        # Right after the converge, or on a busy machine, Traefik may have no healthy server for a moment.
        answer = eventually(
            lambda: (one := client.post("/api/auth/sign-in", json=body)).status_code != 503 and one, "200"
        )
        assert answer.status_code == 200, answer.text
        client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        yield client


@pytest.fixture
def shown(console):
    """Return a function that gives the console's list of services by stack/name; {} while it does not answer."""

    def ask() -> dict[str, dict[str, Any]]:
        services = told(console, "/api/platform/services").get("services", [])
        return {f"{one['stack']}/{one['name']}": one for one in services}

    return ask


@pytest.fixture
def said(vps):
    """Return a function that counts the reporter's journal lines with certain words since the test began."""
    cursor = vps.check_output("journalctl --unit skerry-reporter --lines 0 --show-cursor").split("cursor: ")[1].strip()

    def count(words: str) -> int:
        lines = vps.check_output(f"journalctl --unit skerry-reporter --output cat --after-cursor '{cursor}'")
        return sum(words in line for line in lines.splitlines())

    return count


@pytest.fixture
def pid(pid_of):
    """Return a function that gives the reporter's main process."""
    return lambda: pid_of("skerry-reporter")


@pytest.fixture
def install():
    """Run the role alone with extra variables; the scenario's own are put back after the test."""

    def run(**extra: Any) -> subprocess.CompletedProcess[str]:
        inventory = f"{os.environ['MOLECULE_EPHEMERAL_DIRECTORY']}/inventory"
        command = ["ansible-playbook", "--inventory", inventory, "-e", json.dumps(extra), "-vvv", "--diff"]
        return subprocess.run(
            [*command, str(PROJECT / "molecule/runner/install.yml")],
            cwd=PROJECT,
            env={**os.environ, "ANSIBLE_NOCOLOR": "1", "ANSIBLE_FORCE_COLOR": "0"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )

    yield run
    assert run().returncode == 0


def test_the_console_shows_every_service(vps, shown):
    """A service would run unseen, or a dead one be shown as healthy."""
    names = vps.check_output("docker service ls --format '{{.Name}}'").split()
    assert len(names) > 5
    expected = {name.replace("_", "/", 1) for name in names}
    found = eventually(lambda: (list_ := shown()).keys() == expected and list_, "the list of all services")
    assert {one["state"] for one in found.values()} == {"healthy"}
    assert (found["mariadb/mariadb"]["image"], found["mariadb/mariadb"]["desired"]) == ("mariadb:11.8", 1)


def test_a_change_shows(vps, shown):
    """The operator would look at old news."""
    vps.check_output(
        "docker service create --detach --quiet --name late --endpoint-mode dnsrr --no-healthcheck "
        "--entrypoint sleep redis:8.0 infinity"
    )
    try:
        eventually(lambda: shown().get("by-hand/late", {}).get("state") == "healthy", "the new service, healthy")
        vps.check_output("docker service scale --detach late=0")
        eventually(lambda: shown().get("by-hand/late", {}).get("state") == "stopped", "the new service, stopped")
    finally:
        vps.check_output("docker service rm late")
    eventually(lambda: (now := shown()) and "by-hand/late" not in now, "the list without the removed service")


def test_the_console_shows_deploys_and_backups(vps, console):
    """The pages would stay empty: what reads the host's records is root by name only."""
    stacks = vps.check_output("ls /var/lib/skerry/deploys").split()
    assert "mariadb.json" in stacks
    expected = sorted(name.removesuffix(".json") for name in stacks)
    eventually(lambda: told(console, "/api/deploys").get("stacks") == expected, "the deployments of all stacks")
    run = {"run": "20260102T030405Z", "started": "2026-01-02T03:04:05Z", "seconds": 9, "bytes": 1, "partial": False}
    outcome = {"scope": "files", "target": "offsite", "good": False, "message": "refused", "size": 0}
    text = json.dumps([{**run, "good": False, "outcomes": [outcome]}])
    place = "/var/lib/skerry/backup"
    vps.check_output(f"umask 077; mkdir -p {place}; printf %s '{text}' > {place}/runs.json")
    try:
        runs = eventually(lambda: told(console, "/api/backups").get("runs"), "the backup")
        assert [target["problems"] for target in runs[0]["targets"]] == [["files: refused"]]
    finally:
        vps.check_output(f"rm -r {place}")
    eventually(lambda: told(console, "/api/backups").get("runs") == [], "no backup")


def test_it_survives_a_console_that_is_down(vps, shown, said, pid):
    """A deploy or a crash of the console would leave its list frozen for ever, or fill the journal."""
    before = pid()
    vps.check_output("docker service scale --detach console_api=0")
    eventually(lambda: said("not reported"), "the reporter says that the console is down")
    time.sleep(10)
    assert said("not reported") == 1
    vps.check_output("docker service scale --detach console_api=1")
    eventually(lambda: said("reported again"), "the reporter says that it reported again")
    eventually(lambda: shown().get("console/api", {}).get("state") == "healthy", "the console's own service")
    assert pid() == before


def test_it_survives_a_restart_of_the_engine(vps, shown, said, pid):
    """An upgrade of the engine would end all reports until somebody restarts the reporter."""
    before = pid()
    vps.check_output("systemctl restart docker")
    eventually(lambda: said("reported again") or said("not reported") == 0, "the reporter reports again")
    eventually(lambda: shown().get("mariadb/mariadb", {}).get("state") == "healthy", "the database, healthy again")
    assert pid() == before


def test_an_unknown_authority_is_not_trusted(install, said):
    """Whoever sits between would get the token and could forge the list."""
    assert install(runner_console_ca_file="").returncode == 0
    eventually(lambda: said("certificate verify failed"), "the reporter refuses the certificate")
    assert said("reported again") == 0


def test_a_wrong_token_is_told_in_the_journal(install, said):
    """The operator would see an old list, and not why."""
    assert install(runner_token="another-token-0123456789abcdef").returncode == 0
    eventually(lambda: said("the console refuses the token"), "the reporter tells why")


@pytest.mark.parametrize(
    "command",
    [
        "ps axww -o args",
        "for unit in skerry-reporter skerry-runner; do "
        "tr '\\0' '\\n' < /proc/$(systemctl show --property MainPID --value $unit)/environ; done",
        "systemctl show skerry-reporter skerry-runner skerry-job.socket",
        "journalctl --no-pager --output cat",
        "find /etc/skerry /usr/local/lib/skerry -type f -perm /077 -exec cat {} +",
    ],
)
def test_the_token_does_not_show(vps, command):
    """Whoever may look at the host's processes, units or readable files could report in its place."""
    done = vps.run(command)
    assert done.succeeded, done.stderr
    assert len(done.stdout) > 100
    assert not [token for token in TOKENS if token in done.stdout]


def test_the_token_does_not_show_in_ansibles_output(install):
    """The token would stand in the terminal and in the log of the pipeline."""
    done = install(runner_token="canary-new-token-0123456789abcdef")
    assert done.returncode == 0, done.stdout
    assert "changed=1 " in done.stdout or "changed=2 " in done.stdout
    assert "canary" not in done.stdout.replace("-e {", "").partition("PLAY [")[2]


@pytest.mark.parametrize(
    ("field", "value"),
    [("CapEff", "0000000000000000"), ("CapBnd", "0000000000000000"), ("NoNewPrivs", "1"), ("Seccomp", "2")],
)
def test_the_processes_are_root_by_name_only(vps, pid_of, field, value):
    """A hole in what talks to the console would be a hole in the host."""
    for unit in UNITS:
        assert f"{field}:\t{value}\n" in vps.check_output(f"cat /proc/{pid_of(unit)}/status") + "\n", unit


@pytest.mark.parametrize("unit", UNITS)
def test_the_processes_cannot_write_to_the_host(vps, pid_of, unit):
    """A hole in them could leave something behind."""
    for directory in ("/etc", "/etc/skerry", "/opt/skerry", "/usr/local/lib/skerry", "/var/lib", "/root"):
        assert vps.run(f"nsenter --target {pid_of(unit)} --mount touch {directory}/x").rc != 0, directory


def test_the_jobs_that_come_with_it_are_on_the_list(vps):
    """The buttons of the console would be refused."""
    done = vps.run("skerry-job jobs")
    assert done.rc == 0, done.stderr
    assert {"backup", "diagnose", "restore-app"} <= {line.split()[0] for line in done.stdout.splitlines()}


@pytest.mark.parametrize(
    ("extra", "sentence"),
    [
        ({"runner_console_url": "http://console.example.org"}, "allowed is https://<domain>[:port]."),
        ({"runner_token": "short"}, "allowed are at least 16 of letters, digits"),
        ({"runner_console_ca_file": "/nowhere.pem"}, "allowed is a file on the controller, or nothing."),
        ({"runner_jobs_token": ""}, "make secrets"),
        ({"runner_jobs_extra": {"x": {"playbook": "/root/x.yml", "roles": ["admin"]}}}, "a playbook below playbooks/"),
    ],
)
def test_bad_input_is_refused_before_any_change(install, extra, sentence):
    """A bad value would reach the host, or be refused with words that do not say what to do."""
    done = install(**extra)
    assert done.returncode != 0
    assert sentence in done.stdout
    assert "changed=0 " in done.stdout
