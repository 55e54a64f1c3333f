"""Filters that make Alertmanager's configuration of the channels."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "filter_plugins"))

from alerting import alert_channels, alert_config, alert_problems, alert_secrets
from disk import disk_share

ALL: dict[str, Any] = {
    "email": {"to": ["a@example.org", "b@example.org"], "from": "s@example.org", "smarthost": "mail:587",
              "username": "s", "password": "canary-email"},
    "webhooks": [{"url": "https://hook.example/canary-hook", "token": "canary-token"}, {"url": "http://two.example/"}],
    "slack": {"url": "https://slack.example/canary-slack", "channel": "#ops"},
    "discord": {"url": "https://discord.example/canary-discord"},
    "telegram": {"token": "canary-telegram", "chat": "-100123"},
    "ntfy": {"url": "https://ntfy.example/canary-topic", "token": "canary-ntfy"},
    "console": {"url": "http://console_api:8000/api/alerts", "token": "canary-console"},
    "heartbeat": "https://heart.example/canary-heart",
    "heartbeat_interval": "5m",
    "repeat": {"critical": "4h", "warning": "24h"},
    "pace": {"wait": "15s", "interval": "1m"},
    "runbooks": "https://books.example/",
}  # fmt: skip
NONE: dict[str, Any] = (
    ALL
    | {key: {} for key in ("email", "slack", "discord", "telegram", "ntfy", "console")}
    | {"webhooks": [], "heartbeat": ""}
)


def test_no_secret_stands_in_the_configuration() -> None:
    """Whoever reads the file on the host could write to the owner's channels."""
    assert "canary" not in json.dumps(alert_config(ALL, []))
    assert "canary" in json.dumps(alert_secrets(ALL))


def test_each_file_that_is_named_is_made() -> None:
    """Alertmanager would start and then fail at the first alert."""
    text = json.dumps(alert_config(ALL, []))
    made = {f"/run/{path}" for path in alert_secrets(ALL)}
    assert {word for word in text.split('"') if word.startswith("/run/secrets/")} == made


def test_every_channel_gets_everything() -> None:
    """A channel that is set up would stay silent."""
    everyone = alert_config(ALL, [])["receivers"][0]
    assert {key: len(value) for key, value in everyone.items() if key != "name"} == {
        "email_configs": 1, "webhook_configs": 3, "slack_configs": 1, "discord_configs": 1, "telegram_configs": 1,
    }  # fmt: skip
    assert [one["send_resolved"] for key, value in everyone.items() if key != "name" for one in value] == [True] * 7
    assert alert_channels(ALL) == {"discord": 1, "email": 1, "slack": 1, "telegram": 1, "webhook": 3, "console": 1}


def test_the_console_hears_of_everything_beside_the_others() -> None:
    """The console would show nothing, or keep an alert from those who sleep."""
    config = alert_config(ALL, [])
    assert config["receivers"][-1]["name"] == "console"
    (hook,) = config["receivers"][-1]["webhook_configs"]
    assert (hook["send_resolved"], hook["max_alerts"]) == (True, 100)
    (route,) = [route for route in config["route"]["routes"] if route["receiver"] == "console"]
    assert route["continue"]
    assert "matchers" not in route
    after = [one["matchers"][0] for one in config["route"]["routes"][config["route"]["routes"].index(route) + 1 :]]
    assert after == ['alertname="TestAlert"', 'severity="critical"', 'severity="warning"']


def test_no_channel_is_no_error() -> None:
    """A user who has set nothing up yet could not deploy."""
    assert alert_problems(NONE) == []
    assert alert_config(NONE, [])["receivers"] == [{"name": "everyone"}, {"name": "test"}, {"name": "nobody"}]


def test_a_test_alert_goes_to_every_channel_once() -> None:
    """A channel would not be tried, or the word that a test is over be counted as the next test's message."""
    everyone, test = alert_config(ALL, [])["receivers"][:2]
    assert test["name"] == "test"
    for kind, channels in everyone.items():
        if kind != "name":
            assert test[kind] == [channel | {"send_resolved": False} for channel in channels]
    assert (alert_secrets(NONE), alert_channels(NONE)) == ({}, {})


def test_a_mail_server_may_want_no_sign_in() -> None:
    """A relay on one's own network could not be used."""
    email = {key: value for key, value in ALL["email"].items() if key not in ("username", "password")}
    (sent,) = alert_config(NONE | {"email": email}, [])["receivers"][0]["email_configs"]
    assert not {"auth_username", "auth_password_file"} & sent.keys()
    assert alert_secrets(NONE | {"email": email}) == {}


def test_the_watchdog_goes_to_the_heartbeat_alone() -> None:
    """The owner would get a message every few minutes that says that all is well."""
    routes = alert_config(ALL, [])["route"]["routes"]
    assert (routes[0]["matchers"], routes[0]["receiver"]) == (['alertname="Watchdog"'], "heartbeat")
    assert "continue" not in routes[0]
    assert alert_config(NONE, [])["route"]["routes"][0]["receiver"] == "nobody"


def test_ntfy_is_told_how_to_read_the_webhook() -> None:
    """The phone would show raw JSON."""
    query = parse_qs(urlsplit(alert_secrets(ALL)["secrets/alert_ntfy_url"]).query)
    assert query["tpl"] == ["1"]
    assert ".commonAnnotations.summary" in query["t"][0]
    assert "https://books.example/{{.annotations.runbook_url}}" in query["m"][0]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"email": {"to": "a@b.c", "from": "a@b.c"}}, "prometheus_alert_email lacks smarthost."),
        (
            {"email": ALL["email"] | {"smarthost": "mail"}},
            'prometheus_alert_email.smarthost is "mail": allowed is host:port',
        ),
        ({"email": ALL["email"] | {"password": ""}}, "only one of username and password"),
        ({"slack": {"url": "canary"}}, "prometheus_alert_slack.url (its value is not shown)"),
        ({"slack": ALL["slack"] | {"chanel": "x"}}, "prometheus_alert_slack has chanel: allowed are channel, url."),
        ({"webhooks": ["canary"]}, "prometheus_alert_webhooks[0] must be a dict with url."),
        ({"telegram": {"token": "canary", "chat": "me"}}, 'prometheus_alert_telegram.chat is "me"'),
        (
            {"telegram": {"token": "canary", "chat": "-1", "api": "here"}},
            'prometheus_alert_telegram.api is "here": allowed is an http:// or https:// address.',
        ),
        ({"heartbeat": "canary"}, "prometheus_alert_heartbeat_url (its value is not shown)"),
        ({"pace": {"wait": "soon"}}, 'prometheus_alert_pace.wait is "soon": allowed is a number with s, m, h or d'),
    ],
)
def test_a_slip_is_named_and_no_secret_is(change: dict[str, Any], sentence: str) -> None:
    """An alert would get lost on the day it is needed, or a token stand in a log."""
    problems = alert_problems(NONE | change)
    assert [problem for problem in problems if sentence in problem]
    assert "canary" not in " ".join(problems)


GIB = 1024**3


@pytest.mark.parametrize(
    ("mounts", "share"),
    [
        ([], "1GB"),
        ([{"mount": "/", "size_total": 40 * GIB}], "4GB"),
        ([{"mount": "/", "size_total": 5 * GIB}, {"mount": "/var/lib/dock", "size_total": 900 * GIB}], "1GB"),
        ([{"mount": "/", "size_total": 5 * GIB}, {"mount": "/var", "size_total": 900 * GIB}], "50GB"),
    ],
)
def test_the_disk_share_follows_the_disk(mounts: list[dict[str, Any]], share: str) -> None:
    """Metrics would fill a small disk, or be thrown away on a large one."""
    assert disk_share(mounts, 0.1) == share
