"""A change of the configuration: checked first, then read in without a restart."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from testinfra.host import Host

Query = Callable[[str], dict[str, float]]
CONTAINERS = "docker ps --no-trunc --quiet --filter label=com.docker.stack.namespace=prometheus | sort"
FILES = "find /etc/skerry/prometheus /etc/skerry/alertmanager -type f -exec md5sum {} + | sort"


def rule(expression: str) -> dict[str, Any]:
    """Return variables with one rule."""
    own = {"alert": "Own", "expr": expression, "labels": {"severity": "none"}}
    return {"prometheus_rules": [{"name": "own", "rules": [own]}]}


def test_a_change_is_read_in_without_a_restart(
    vps: Host, query: Query, until: Callable[..., Any], converge: Callable[..., Any]
) -> None:
    """Each new rule would cost a gap in all graphs."""
    before = vps.check_output(CONTAINERS)
    assert converge(rule("vector(7)")).changed == 1
    assert vps.check_output(CONTAINERS) == before
    assert until(lambda: query('ALERTS{alertname="Own"}'), "the new rule")
    assert converge(rule("vector(7)")).changed == 0
    assert converge().changed == 1
    assert vps.check_output(CONTAINERS) == before


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        (rule("rate(up)"), "own.yml is refused by"),
        ({"prometheus_config": {"scrape_config": []}}, "prometheus.yml is refused by"),
        ({"prometheus_alert_pace": {"wait": "0s", "interval": "0s"}}, "prometheus_alert_pace.wait"),
        ({"prometheus_alert_repeat": {'warn"ing': "1h"}}, "alertmanager.yml is refused by"),
    ],
)
def test_a_broken_configuration_leaves_the_old_one(
    vps: Host, converge: Callable[..., Any], variables: dict[str, Any], words: str
) -> None:
    """A slip would stop the monitoring at the next restart, perhaps months later."""
    before = vps.check_output(FILES)
    run = converge(variables)
    assert run.code != 0
    assert words in run.output
    assert vps.check_output(FILES) == before


def test_a_configuration_that_the_server_refuses_is_told(vps: Host) -> None:
    """A reload that failed would pass for one that went well."""
    file = "/etc/skerry/prometheus/prometheus.yml"
    vps.check_output(f"cp {file} /root/kept.yml && echo 'nonsense: true' >> {file}")
    try:
        said = vps.run("skerry-reload prometheus 9090 prometheus_config")
        assert said.rc == 1
        assert "keeps the old one" in said.stderr
    finally:
        vps.check_output(f"cp /root/kept.yml {file} && skerry-reload prometheus 9090 prometheus_config")
