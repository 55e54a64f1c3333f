"""The dashboards without a Grafana: what each panel must have, and that its queries are queries."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.dashboards.queries import KNOWN, Query, boards, metrics, panels, queries
from tests.rules.promtool import promtool
from tools.workshop.settings import ROOT

BOARDS = ("backups", "console", "containers", "deploys", "host", "http", "mariadb", "overview", "redis")
COUNTER = re.compile(r"\b\w+_(?:total|count|sum|bucket)\b")
RULES = ROOT / "roles/prometheus/templates/host/etc/skerry/prometheus/rules"


def titled(panel: tuple[str, dict[str, Any]]) -> str:
    """Return what a panel's test is called by."""
    return f"{panel[0]}: {panel[1]['title']}"


def test_the_dashboards_are_there() -> None:
    """One would be missing, or two would overwrite each other in Grafana."""
    assert tuple(boards()) == BOARDS
    assert {board["uid"] for board in boards().values()} == {f"skerry-{name}" for name in BOARDS}


@pytest.mark.parametrize("name", BOARDS)
def test_a_dashboard_can_be_found_and_fits_the_screen(name: str) -> None:
    """The links between the dashboards would miss it, or panels would lie upon each other."""
    board = boards()[name]
    assert board["tags"] == ["skerry"]
    assert board["description"]
    taken: set[tuple[int, int]] = set()
    for panel in board["panels"]:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert max(x for x, _ in cells) < 24
        assert not taken & cells
        taken |= cells
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])
    assert len({panel["title"] for panel in board["panels"]}) == len(board["panels"])


@pytest.mark.parametrize("name", ["overview"])
def test_the_overview_is_one_screen(name: str) -> None:
    """Whether all is well would take scrolling: a screen holds 18 rows of 38 pixels."""
    assert max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in boards()[name]["panels"]) <= 18


@pytest.mark.parametrize("panel", panels(), ids=titled)
def test_a_panel_says_what_it_shows(panel: tuple[str, dict[str, Any]]) -> None:
    """A number without unit, words or limits would be read wrongly."""
    shown = panel[1]
    defaults = shown["fieldConfig"]["defaults"]
    assert shown["description"].endswith((".", ".md"))
    assert defaults["unit"]
    assert shown["datasource"]["uid"] == "prometheus"
    assert {target["refId"] for target in shown["targets"]} == set("ABCDEFGH"[: len(shown["targets"])])
    steps = defaults["thresholds"]["steps"]
    values = [step["value"] for step in steps[1:]]
    assert steps[0]["value"] is None
    assert values == sorted(values)
    if shown["type"] in ("stat", "bargauge"):
        assert {"green", "red", "yellow"} & {step["color"] for step in steps[1:]}, "nothing tells good from bad"


@pytest.mark.parametrize("panel", [one for one in panels() if "Alert:" in one[1]["description"]], ids=titled)
def test_a_panels_runbook_exists(panel: tuple[str, dict[str, Any]]) -> None:
    """Who sees red would look for a page that is not there."""
    alert, page = re.search(r"Alert: (\w+), (\S+)$", panel[1]["description"]).groups()  # type: ignore[union-attr]
    assert page == f"docs/runbooks/{alert}.md"
    assert (ROOT / page).is_file()


@pytest.mark.parametrize("query", queries(), ids=str)
def test_a_query_asks_for_what_exporters_give(query: Query) -> None:
    """A panel would be empty for ever: a name is misspelt, or was another in an older version."""
    assert metrics(query.expr)
    assert metrics(query.expr) - KNOWN == set()


@pytest.mark.parametrize("query", queries(), ids=str)
def test_counters_are_shown_as_rates(query: Query) -> None:
    """A line that only rises says nothing; a window that is too short for the zoom leaves gaps."""
    for counter in COUNTER.finditer(query.expr):
        assert re.search(r"(?:rate|increase|changes)\($", query.expr[: counter.start()]), counter[0]
    if query.kind == "timeseries":
        windows = re.findall(r"\b(?:rate|increase)\([^\[]*\[([^\]]+)\]", query.expr)
        assert set(windows) <= {"$__rate_interval"}


def test_every_query_is_promql(tmp_path: Path) -> None:
    """Grafana would show an error in the place of a panel."""
    variables = {
        variable["name"]: ".+" for board in boards().values() for variable in board["templating"].get("list", [])
    }
    rules = [{"record": f"panel:{n}", "expr": one.resolved(variables)} for n, one in enumerate(queries())]
    assert "$" not in json.dumps(rules)
    file = tmp_path / "queries.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}))
    done = subprocess.run([promtool(), "check", "rules", file], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
