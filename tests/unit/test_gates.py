"""Sites behind the console's sign-in: what Ansible tells the proxy, the console and the sites fits together."""

from __future__ import annotations

import base64
import json
import sys
from typing import Any

import pytest
import yaml
from nacl.signing import VerifyKey

from filter_plugins.app_problems import app_problems
from filter_plugins.apps import app_services
from filter_plugins.gates import app_sign_in
from filter_plugins.traefik import traefik_labels
from module_utils.skerry_gates import ASSERTION, access, key_set
from tests.templates.render import ROOT

sys.path.append(str(ROOT / "app/src"))

from console.auth.permissions import Role
from console.gates.assertions import HEADER, Assertions
from console.gates.door import router as door
from console.gates.gate import gates_of

SECRET = "canary-secret-0123456789-0123456789"
CONSOLE = {
    "name": "console",
    "domain": "console.example.org",
    "services": {"api": {"image": "c:1", "port": 8000, "paths": ["/api"], "gates": True}},
}
SHOP = {
    "name": "shop",
    "domain": "shop.example.org",
    "sign_in": "operator",
    "services": {"web": {"image": "s:1", "port": 80, "paths": ["/"], "ready": "/healthz"}},
}
GRAFANA = {"grafana": {"domain": "grafana.example.org", "role": "viewer"}}


def routers(port: int = 443) -> dict[str, str]:
    """Return the labels of the shop's service, as the stack file has them."""
    route = app_services(SHOP, {}, port, access([CONSOLE, SHOP], {}, port))["web"]["route"]
    return traefik_labels(route)


def test_the_site_verifies_what_the_console_says() -> None:
    """If this failed, the two would derive different keys, and Grafana would let nobody in."""
    (key,) = app_sign_in([CONSOLE], {"console": {"secret_key": SECRET}})["keys"]["keys"]
    gate = gates_of('{"grafana": {"url": "https://grafana.example.org", "role": "viewer"}}')["grafana"]
    said, _, signature = Assertions(SECRET, "x").sign(gate, 1, "ann", Role.VIEWER).rpartition(".")
    VerifyKey(base64.urlsafe_b64decode(key["x"] + "=")).verify(
        said.encode(), base64.urlsafe_b64decode(signature + "==")
    )
    header = json.loads(base64.urlsafe_b64decode(said.partition(".")[0] + "=="))
    assert (header["kid"], header["alg"]) == (key["kid"], key["alg"])
    assert SECRET not in json.dumps(key)
    assert key_set(SECRET + "x")["keys"][0]["x"] != key["x"]


def test_the_proxy_asks_where_the_console_answers() -> None:
    """If this failed, each request to a site would be answered with an error, or nobody's name would reach it."""
    labels = app_services(CONSOLE, {}, 443, access([CONSOLE], {}, 443))["api"]["labels"]
    door_label = "traefik.http.middlewares.console-sign-in.forwardauth"
    (path,) = [route.path for route in door.routes]
    assert labels[f"{door_label}.address"] == f"http://console_api:8000{path}"
    assert labels[f"{door_label}.authresponseheaders"] == ASSERTION == HEADER
    assert not {"authorization", "x-skerry-assertion"} & set(
        labels[f"{door_label}.authrequestheaders"].lower().split(",")
    )


def test_the_console_knows_each_site() -> None:
    """If this failed, a site would be unknown at its own door, or open to a lower role."""
    service = app_services(CONSOLE, {}, 8443, access([CONSOLE, SHOP], GRAFANA, 8443))["api"]
    gates = gates_of(service["environment"]["GATES"])
    assert {name: (gate.url, gate.role) for name, gate in gates.items()} == {
        "shop": ("https://shop.example.org:8443", Role.OPERATOR),
        "grafana": ("https://grafana.example.org:8443", Role.VIEWER),
    }
    alone = app_services(CONSOLE, {}, 443, access([CONSOLE], {}, 443))["api"]
    assert "GATES" not in alone["environment"]


def test_all_of_a_site_is_behind_the_door_but_its_ready_path() -> None:
    """If this failed, a path would be open to all, or the monitoring would take the site for dead."""
    labels = routers()
    assert labels["traefik.http.routers.shop--web.rule"] == "Host(`shop.example.org`)"
    assert labels["traefik.http.routers.shop--web.middlewares"] == "console-sign-in@swarm"
    assert labels["traefik.http.routers.shop--web-1.rule"] == "Host(`shop.example.org`) && Path(`/healthz`)"
    assert "traefik.http.routers.shop--web-1.middlewares" not in labels
    first, second = (int(labels[f"traefik.http.routers.shop--web{suffix}.priority"]) for suffix in ("", "-1"))
    assert second > first
    open_to_all = [
        key for key in labels if key.endswith(".rule") and key.replace(".rule", ".middlewares") not in labels
    ]
    assert open_to_all == ["traefik.http.routers.shop--web-1.rule"]


def test_the_bundled_console_keeps_the_gates() -> None:
    """If this failed, `sign_in` would be refused beside the console."""
    console = yaml.safe_load((ROOT / "roles/app/defaults/main.yml").read_text())["app_console"]
    assert [name for name, service in console["services"].items() if service.get("gates")] == ["api"]


@pytest.mark.parametrize(
    ("instances", "sentence"),
    [
        ([SHOP], 'app_instances[0].sign_in is "operator": allowed is that only beside the console, app_console.'),
        (
            [CONSOLE, SHOP | {"sign_in": "king"}],
            'app_instances[1].sign_in is "king": allowed is viewer, operator or admin.',
        ),
        (
            [CONSOLE | {"sign_in": "viewer"}],
            "app_instances[0].sign_in is set: allowed is that only where no service has gates.",
        ),
        (
            [CONSOLE, SHOP | {"services": {"web": {"image": "s:1", "port": 80, "paths": ["/"]}}}],
            "app_instances[1].services.web.ready is missing: needed beside sign_in, open to the monitoring.",
        ),
    ],
)
def test_what_cannot_be_is_refused(instances: list[dict[str, Any]], sentence: str) -> None:
    """If this failed, a site would be shut to all, or open, and nobody would say why."""
    assert sentence in app_problems(instances, {"console": {}, "shop": {}})
    assert app_problems([CONSOLE, SHOP], {"console": {}, "shop": {}}) == []
