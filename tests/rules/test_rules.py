"""Every alert rule, without a server: `promtool test rules` over the cases beside this file, and what holds for all."""

from __future__ import annotations

import functools
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.dashboards.queries import KNOWN, metrics
from tests.rules.promtool import promtool
from tools.workshop.settings import ROOT

HERE = Path(__file__).parent
RULES = sorted((ROOT / "roles/prometheus/templates/host/etc/skerry/prometheus/rules").glob("*.yml"))
CASES = sorted(HERE.glob("*.yml"))
RUNBOOKS = ROOT / "docs/runbooks"
# Fires whatever happens, so no case can show it silent.
ALWAYS = {"Watchdog"}


def alerts() -> list[dict[str, Any]]:
    """Return every alert rule as it stands in its file."""
    groups = [group for file in RULES for group in yaml.safe_load(file.read_text())["groups"]]
    return [rule for group in groups for rule in group["rules"] if "alert" in rule]


ALERTS = {rule["alert"]: rule for rule in alerts()}


@functools.cache
def cases() -> list[tuple[str, str, bool]]:
    """Return the case, the alert and whether it fires there, for each assertion of the cases."""
    return [
        (f"{file.name}: {case['name']}", check["alertname"], bool(check.get("exp_alerts")))
        for file in CASES
        for case in yaml.safe_load(file.read_text())["tests"]
        for check in case["alert_rule_test"]
    ]


def test_the_rules_are_valid() -> None:
    """Prometheus would refuse the whole configuration, or miss a duplicate."""
    assert len(ALERTS) == len(alerts()) > 30
    done = subprocess.run([promtool(), "check", "rules", *RULES], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("file", CASES, ids=lambda file: file.stem)
def test_alerts_fire_and_stay_silent_as_they_should(file: Path) -> None:
    """An alert would miss what it is for, fire when all is well, or say something else than it should."""
    done = subprocess.run(
        [promtool(), "test", "rules", file.name], cwd=HERE, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("alert", ALERTS)
def test_every_alert_is_seen_firing_and_silent(alert: str) -> None:
    """An alert that no case covers, or only one way, is not known to work."""
    firing = {case for case, name, fires in cases() if name == alert and fires}
    silent = {case for case, name, fires in cases() if name == alert and not fires}
    assert firing, "no case in which it fires"
    assert silent - firing or alert in ALWAYS, "no case of its own, a near miss, in which it is silent throughout"


@pytest.mark.parametrize("alert", ALERTS)
def test_every_alert_says_what_how_much_and_what_to_do(alert: str) -> None:
    """A message would leave its reader alone with a name."""
    rule = ALERTS[alert]
    assert rule["labels"]["severity"] in ("critical", "warning", "none")
    annotations = rule["annotations"]
    assert set(annotations) - {"job"} == {"summary", "description", "runbook_url"}
    assert "$value" in annotations["description"] or alert in ALWAYS
    assert annotations["runbook_url"] == f"docs/runbooks/{alert}.md"


@pytest.mark.parametrize("alert", ALERTS)
def test_every_alert_has_a_runbook_that_names_commands(alert: str) -> None:
    """Who is woken up would not know what to type."""
    text = (RUNBOOKS / f"{alert}.md").read_text()
    assert text.startswith(f"# {alert}\n")
    assert re.findall(r"^## .*", text, re.M) == ["## For users", "## Look", "## Mend", "## How it comes about"]
    look, mend = (re.search(rf"^## {part}\n(.*?)^## ", text, re.M | re.S) for part in ("Look", "Mend"))
    assert look
    assert mend
    assert [part for part in (look, mend) if not re.search(r"^ {4}\S", part[1], re.M)] == [], "no command in it"
    assert len(text.splitlines()) <= 30


@pytest.mark.parametrize("alert", [alert for alert, rule in ALERTS.items() if "job" in rule["annotations"]])
def test_the_job_that_an_alert_offers_is_on_the_list_and_in_its_runbook(alert: str) -> None:
    """The console's button would be refused, or do something else than the page says."""
    name, *words = ALERTS[alert]["annotations"]["job"].replace("{{ $labels.stack }}", "shop").split()
    job = yaml.safe_load((ROOT / "roles/runner/defaults/main/jobs.yml").read_text())["runner_jobs"][name]
    assert f"the job `{name}`" in (RUNBOOKS / f"{alert}.md").read_text()
    given = dict(word.split("=", 1) for word in words)
    parameters = job.get("parameters", {})
    assert set(given) <= set(parameters)
    assert {key for key, one in parameters.items() if one.get("required")} <= set(given)
    assert all(re.fullmatch(parameters[key].get("pattern", r"\d+"), value) for key, value in given.items())


@pytest.mark.parametrize("page", sorted(RUNBOOKS.glob("*.md")), ids=lambda page: page.stem)
def test_a_runbooks_commands_can_be_typed(page: Path) -> None:
    """A quote would be missing, or make would not know the verb: found out by night."""
    lines = re.findall(r"^ {4}(\S.*)", page.read_text(), re.M)
    done = subprocess.run(["bash", "-n"], input="\n".join(lines), capture_output=True, text=True, check=False)
    assert done.stderr == ""
    verbs = {verb for line in lines for verb in re.findall(r"^make ([a-z-]+)", line)}
    known = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M))
    assert {verb for verb in verbs if not verb.startswith("test-")} - known == set()


@pytest.mark.parametrize("alert", ALERTS)
def test_every_alert_goes_by_metrics_that_exporters_give(alert: str) -> None:
    """It would be silent for ever: a name is misspelt, or was another in an older version."""
    assert metrics(ALERTS[alert]["expr"]) - KNOWN == set()


def test_every_runbook_is_of_an_alert() -> None:
    """A page would stay behind when its alert goes or changes its name."""
    pages = {page.stem for page in RUNBOOKS.glob("*.md")} - {"README"}
    assert pages - set(ALERTS) == set()


def test_nothing_but_the_watchdog_fires_in_a_healthy_hour() -> None:
    """The case that would show it does not ask for every alert."""
    asked = {name for case, name, _ in cases() if case.startswith("healthy.yml")}
    assert asked == set(ALERTS)
    assert {name for case, name, fires in cases() if case.startswith("healthy.yml") and fires} == ALWAYS
