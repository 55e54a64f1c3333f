"""Certificates by the challenges that are not the default."""

import http.client
import json
import os
import socket
import ssl
import urllib.request
from pathlib import Path

import pytest

CA = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"]) / "acme-ca.pem"
SECRET = "Y2FuYXJ5LXRzaWctb2YtdGhlLXNjZW5hcmlvLTAwMDE="


@pytest.fixture(scope="module")
def names(address):
    """Give a function that tells the names in the verified certificate that is served for a domain."""
    own = ssl.create_default_context(cafile=CA)
    with urllib.request.urlopen(f"https://{address}:15000/roots/0", context=own, timeout=10) as answer:
        trusted = ssl.create_default_context(cadata=answer.read().decode())

    def ask(domain):
        client = http.client.HTTPConnection(domain, timeout=10)
        plain = socket.create_connection((address, 443), timeout=10)
        client.sock = trusted.wrap_socket(plain, server_hostname=domain)
        client.request("GET", "/")
        assert client.getresponse().status == 200
        found = {value for _, value in client.sock.getpeercert()["subjectAltName"]}
        client.close()
        return found

    return ask


@pytest.mark.parametrize("domain", ["wild.test", "one.wild.test"])
def test_one_wildcard_serves_all_names_directly_below(names, domain):
    """Each name would be published in the authority's log, and need a certificate of its own."""
    assert names(domain) == {"wild.test", "*.wild.test"}


def test_a_name_that_the_wildcard_does_not_cover_has_its_own(names):
    """Its clients would be shown a certificate for another name."""
    assert names("deep.one.wild.test") == {"deep.one.wild.test"}


def test_the_zones_key_is_nowhere_to_be_seen(leaks):
    """Whoever may look at the engine could rewrite the zone."""
    assert leaks([SECRET]) == []


def test_the_zones_key_is_not_in_traefiks_environment(vps):
    """A crash report or a child process would hold the zone's key."""
    container = vps.check_output("docker ps --quiet --filter name=traefik_traefik")
    environment = json.loads(vps.check_output("docker inspect --format '{{json .Config.Env}}' %s", container))
    assert "RFC2136_TSIG_SECRET_FILE=/run/secrets/RFC2136_TSIG_SECRET" in environment
    assert not [entry for entry in environment if SECRET in entry]


def test_the_tls_challenge_takes_over(names, converge):
    """A host on which port 80 is closed could not get a certificate."""
    done = converge(
        {
            "traefik_acme_challenge": "tls",
            "traefik_acme_dns_provider": "",
            "traefik_acme_wildcard_domains": [],
            "demo_domains": ["one.wild.test", "alpn.two.wild.test"],
        }
    )
    assert done.changed > 0
    assert names("alpn.two.wild.test") == {"alpn.two.wild.test"}
    assert names("one.wild.test") == {"wild.test", "*.wild.test"}
