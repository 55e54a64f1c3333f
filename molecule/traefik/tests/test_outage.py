"""The ACME server is down while a new name is deployed, and comes back."""

import json
import ssl
import time

import pytest

LABELS = (
    "--label traefik.enable=true --label 'traefik.http.routers.late.rule=Host(`{name}`)' "
    "--label traefik.http.services.late.loadbalancer.server.port=8080"
)


@pytest.fixture
def late(vps):
    """Deploy a service under a name that was never served; gives a function that does it and gives the name."""
    # A new one in each run: Traefik keeps the certificates of the names it knew.
    name = f"late-{time.time_ns()}.test"
    create = "docker service create --detach --name late --network edge --endpoint-mode dnsrr --no-resolve-image "
    yield lambda: vps.check_output(create + LABELS.format(name=name) + " nginxinc/nginx-unprivileged:1.26") and name
    vps.run("docker service rm late")


@pytest.mark.usefixtures("acme_cut")
def test_certificate_comes_by_itself_after_an_outage(vps, fetch, domain, blind, trusted, late, until):
    """A name deployed while the authority was down would keep the default certificate for ever."""
    serial = fetch("/").certificate["serialNumber"]
    name = late()
    assert until(lambda: status(fetch, name, blind) == 200, 60), "the new name is not served at all"
    assert until(lambda: "cannot be asked" in journal(vps, name), 90), "the journal does not tell of it"
    assert fetch("/").certificate["serialNumber"] == serial
    said = vps.check_output("skerry-acme-kick --wait 1")
    assert said.startswith(f"no certificate yet for {name}: the ACME server cannot be asked")

    for chain in ("OUTPUT", "DOCKER-USER"):
        vps.check_output(f"iptables -D {chain} 1")
    assert until(lambda: status(fetch, name, trusted) == 200, 120), journal(vps, name)

    assert vps.check_output("skerry-acme-kick --wait 1") == ""
    state = json.loads(vps.check_output("cat /var/lib/skerry/certificates.json"))["names"]
    assert {known: found["present"] for known, found in state.items()} == {domain: True, name: True}
    assert "Pebble" in state[name]["issuer"]


def test_certificate_survives_the_death_of_traefik(vps, fetch, until):
    """Every restart would ask the authority for a new certificate, until its limit locks us out."""
    before = fetch("/").certificate["serialNumber"]
    vps.check_output("docker kill --signal KILL $(docker ps --quiet --filter name=traefik_traefik)")
    assert until(lambda: status(fetch, None, None) == 200, 60)
    assert fetch("/").certificate["serialNumber"] == before


def status(fetch, name, context):
    """Give the status of GET /, or None where there is no (trusted) answer."""
    chosen = {key: value for key, value in {"name": name, "context": context}.items() if value}
    try:
        return fetch("/", **chosen).status
    except (OSError, ssl.SSLError):
        return None


def journal(vps, name):
    """Give what the timer's script said of name."""
    lines = vps.check_output("journalctl --unit skerry-acme-kick.service --output cat --no-pager").splitlines()
    return "\n".join(line for line in lines if name in line)
