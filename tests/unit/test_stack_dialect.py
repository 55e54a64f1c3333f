"""A stack file for engines that do not know `start_interval`."""

from __future__ import annotations

import pytest
import yaml

from module_utils.skerry.dialect import for_engine

FLOW = "{test: [CMD, x], interval: 15s, start_interval: 1s, timeout: 5s}"
JSON = '{"interval": "15s", "start_interval": "1s"}'
BLOCK = "\n      test: [CMD, x]\n      interval: 15s\n      start_interval: 1s\n      retries: 3"


def stack(check: str) -> str:
    """Return a stack file with one health check."""
    return f'version: "3.12"\nservices:\n  web:\n    image: web:1\n    healthcheck: {check}\n'


@pytest.mark.parametrize("check", [FLOW, JSON, BLOCK], ids=["flow", "json", "block"])
def test_old_engines_get_one_interval(check: str) -> None:
    """Docker 20.10's client would refuse the whole file."""
    found = yaml.safe_load(for_engine(stack(check), (1, 41)))
    wanted = yaml.safe_load(stack(check))
    wanted["version"] = "3.9"
    del wanted["services"]["web"]["healthcheck"]["start_interval"]
    wanted["services"]["web"]["healthcheck"]["interval"] = "5s"
    assert found == wanted


def test_new_engines_get_the_file_as_it_is() -> None:
    """Containers would be probed every second for ever, or wait 15 s at each start."""
    assert for_engine(stack(FLOW), (1, 45)) == stack(FLOW)
