"""Deploys under a load of 20 requests a second: a good one and two broken ones; none may cost a request."""

from __future__ import annotations

import pytest

DEMO = "demo.skerry.localhost"

# Enough requests in the shortest deploy that "none failed" says something.
LEAST_REQUESTS = 100


@pytest.fixture
def first_release(deploy):
    """Put the first release back when the test is over."""
    yield
    deploy()


@pytest.mark.usefixtures("first_release")
def test_a_good_deploy_drops_no_request(deploy, load, get):
    """A deploy of a good release would cost a request, or the new release would not run after it."""
    with load(DEMO, "/") as requests:
        done = deploy(demo_release=2)
    assert done.returncode == 0, done.stdout
    assert get(DEMO, "/").json()["release"] == "2"
    assert requests.failed == {}
    assert requests.answers["200"] > LEAST_REQUESTS


@pytest.mark.parametrize(
    ("release", "words"),
    [
        (3, ["rolled back", "web", "3", "demo: cannot open the flux capacitor"]),
        (4, ["rolled back", "web", "unhealthy", "demo: release 4 serves"]),
    ],
)
def test_a_broken_release_leaves_the_old_one_serving(deploy, load, get, release, words):
    """A broken release would be called deployed, its reason not be told, or it would cost a request."""
    with load(DEMO, "/") as requests:
        done = deploy(demo_release=release)
    assert done.returncode != 0
    assert [word for word in words if word not in done.stdout] == [], done.stdout
    assert "canary" not in done.stdout
    assert get(DEMO, "/").json()["release"] == "1"
    assert requests.failed == {}
    assert requests.answers["200"] > LEAST_REQUESTS
    assert "changed=0 " in deploy("--check").stdout


def test_an_image_that_does_not_drain_drops_no_request_either(deploy, load):
    """`drain: platform` would not keep its promise."""
    with load("plain.skerry.localhost", "/") as requests:
        done = deploy(plain_release=2)
        back = deploy()
    assert (done.returncode, back.returncode) == (0, 0), done.stdout + back.stdout
    assert requests.failed == {}
    assert requests.answers["200"] > LEAST_REQUESTS


@pytest.mark.parametrize(
    ("extra", "sentence"),
    [
        (
            {"app_instances": [{"name": "demo", "domain": "demo", "services": {"web": {"image": "x"}}}]},
            'app_instances[0].domain is "demo": allowed is a full domain name in small letters',
        ),
        (
            {"app_service_defaults": {"memory": "12 elephants"}},
            'app_service_defaults.memory is "12 elephants": allowed is a size such as 192M or 1G.',
        ),
        (
            {
                "app_instances": [
                    {"name": "a", "domain": "a.example.org", "services": {"c": {"image": "x", "memory": "9000G"}}}
                ]
            },
            'app_instances[0].services.c.memory is "9000G": allowed is at most the host\'s',
        ),
        ({"app_secrets": {"demo": {}}}, "app_secrets.demo.database_password is missing: needed since"),
        ({"app_timeout": "soon"}, "app_timeout"),
    ],
)
def test_bad_input_is_refused_before_any_change(deploy, extra, sentence):
    """A bad value would reach the host, or be refused with words that do not say what to do."""
    done = deploy(**extra)
    assert done.returncode != 0
    assert sentence in " ".join(done.stdout.split()), done.stdout  # the callback breaks long lines
    assert "changed=0 " in done.stdout
