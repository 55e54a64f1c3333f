"""The dashboards against the local VPS's Prometheus: every panel shows something, every variable has values."""

from __future__ import annotations

import json
import re
import time
from typing import Any
from urllib.parse import quote

import pytest

from tests.dashboards.queries import Query, boards, queries
from tests.local import Vps

# Says what is wrong, so it is empty where nothing is.
MAY_BE_EMPTY = {"What fires"}
VARIABLES = [
    (name, one["name"], one["query"]) for name, b in boards().items() for one in b["templating"].get("list", [])
]
ASK = "docker exec -i $(docker ps -q -f name=prometheus_prometheus. | head -n 1) sh -c"


def ask(vps: Vps, expressions: list[str]) -> list[dict[str, Any]]:
    """Return Prometheus's answer to each expression, all over one connection."""
    # wget fails where Prometheus refuses a query: that one is told apart, and the others are asked all the same.
    calls = "; ".join(
        f'wget -qO- "http://127.0.0.1:9090/api/v1/query?query={quote(one, safe="")}" || true; echo'
        for one in expressions
    )
    lines = vps.out(f"{ASK} '{calls}'", timeout=300).splitlines()
    assert len(lines) == len(expressions), lines[-3:]
    return [json.loads(line) if line else {"status": "refused"} for line in lines]


@pytest.fixture(scope="module")
def answers(vps: Vps) -> dict[Query, dict[str, Any]]:
    """Ask every query once there was some traffic, a shipment and a drill, and their scrapes and rules."""
    vps.out("skerry-backup binlog && skerry-backup drill", timeout=600)
    fetch = "curl -sk -o /dev/null --resolve $1:443:127.0.0.1 https://$1/api/health"
    host = vps.values["SKERRY_URL"].split("://")[1].split(":")[0]
    vps.out(f"set -- {host}; for i in $(seq 20); do {fetch}; done")
    everything = {name: ".+" for _, name, _ in VARIABLES}
    wanted = queries()
    given: dict[Query, dict[str, Any]] = {}
    end = time.monotonic() + 150
    while time.monotonic() < end:
        given = dict(zip(wanted, ask(vps, [one.resolved(everything) for one in wanted]), strict=True))
        if all(one.panel in MAY_BE_EMPTY or given[one].get("data", {}).get("result") for one in wanted):
            break
        time.sleep(15)
    return given


@pytest.mark.parametrize("query", queries(), ids=str)
def test_a_panel_shows_something(answers: dict[Query, dict[str, Any]], query: Query) -> None:
    """The panel would be empty: its metric is not there, or its labels are others."""
    answer = answers[query]
    assert answer["status"] == "success", answer
    assert answer["data"]["result"] or query.panel in MAY_BE_EMPTY


@pytest.mark.parametrize(("dashboard", "name", "query"), VARIABLES)
def test_a_variable_has_values(vps: Vps, dashboard: str, name: str, query: str) -> None:
    """The dashboard's choice would be empty, and with it every panel."""
    metric, label = re.fullmatch(r"label_values\((.+), (\w+)\)", query).groups()  # type: ignore[union-attr]
    (answer,) = ask(vps, [f"group by ({label}) ({metric})"])
    assert [one["metric"].get(label) for one in answer["data"]["result"]], f"{dashboard}: ${name}"
