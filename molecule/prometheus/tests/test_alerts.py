"""What arrives when something is wrong, and when it is well again."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from testinfra.host import Host

Arrived = Callable[[], list[dict[str, Any]]]
Until = Callable[..., Any]

SECRETS = ["canary-email-0123456789", "canary-webhook-0123456789", "hook-canary-path", "heart-canary-beat"]
SECRETS += ["slack-canary-path", "discord-canary-path", "canary-telegram-token", "ntfy-canary-topic"]
SECRETS += ["canary-ntfy-0123456789"]
TITLE, TEXT = "CRITICAL: Trouble on here", "There is trouble of 7, more than 5."


def mails(arrived: Arrived, word: str) -> list[dict[str, Any]]:
    """Return the e-mails with this word in the subject."""
    return [one for one in arrived() if one["kind"] == "email" and word in one["subject"]]


def hooks(arrived: Arrived, alert: str, status: str) -> list[dict[str, Any]]:
    """Return the webhook's requests about an alert with this status."""
    found = [one for one in arrived() if one["kind"] == "webhook" and one["path"] == "/hook-canary-path"]
    return [one for one in found if (body := json.loads(one["body"]))["status"] == status and alert in body["groupKey"]]


def requests(arrived: Arrived, path: str) -> list[dict[str, Any]]:
    """Return the bodies of requests below a path that are about the scenario's own trouble."""
    found = [one for one in arrived() if one.get("path", "").startswith(path) and "Trouble on here" in one["body"]]
    return [json.loads(one["body"]) | {"path": one["path"], "authorization": one["authorization"]} for one in found]


def test_an_alert_is_told_and_told_to_be_over(arrived: Arrived, until: Until, trouble: Callable[[int], None]) -> None:
    """The owner would learn of it from users, or look for something that is over."""
    trouble(7)
    (mail,) = until(lambda: mails(arrived, TITLE), "the e-mail")
    assert (mail["to"], mail["user"], mail["password"]) == ("owner@example.org", "skerry", "canary-email-0123456789")
    assert TEXT in mail["text"]
    assert "What to do: https://example.org/runbooks/trouble" in mail["text"]
    assert "Since: 20" in mail["text"]
    (hook,) = until(lambda: hooks(arrived, "FileSaysSo", "firing"), "the webhook")
    assert hook["authorization"] == "Bearer canary-webhook-0123456789"
    trouble(1)
    (over,) = until(lambda: mails(arrived, "Resolved: Trouble on here"), "the e-mail that it is over")
    assert "Until: 20" in over["text"]
    assert until(lambda: hooks(arrived, "FileSaysSo", "resolved"), "the webhook that it is over")
    assert len(mails(arrived, "Trouble on here")) == 2, "one message when it began, one when it ended"


def test_slack_is_told(arrived: Arrived, until: Until) -> None:
    """A message would come without its words, or not at all. Here as below, the test before made the trouble."""
    until(lambda: len(requests(arrived, "/slack-canary-path")) == 2, "the beginning and the end in Slack")
    first, last = requests(arrived, "/slack-canary-path")
    (shown,) = first["attachments"]
    assert (first["channel"], shown["title"]) == ("#ops", TITLE)
    assert TEXT in shown["text"]
    assert last["attachments"][0]["title"] == "Resolved: Trouble on here"


def test_discord_is_told(arrived: Arrived, until: Until) -> None:
    """A message would come without its words, or not at all."""
    (shown,) = until(lambda: requests(arrived, "/discord-canary-path"), "Discord")[0]["embeds"]
    assert shown["title"] == TITLE
    assert TEXT in shown["description"]


def test_telegram_is_told(arrived: Arrived, until: Until) -> None:
    """A message would come without its words, to another chat, or not at all."""
    sent = until(lambda: requests(arrived, "/bot"), "Telegram")[0]
    assert sent["path"] == "/bot12345:canary-telegram-token/sendMessage"
    assert int(sent["chat_id"]) == -100123
    assert sent["text"].startswith(TITLE)
    assert TEXT in sent["text"]


def test_ntfy_is_told(arrived: Arrived, until: Until) -> None:
    """The topic would get raw JSON: ntfy makes the message of it by the templates in the address."""
    sent = until(lambda: requests(arrived, "/ntfy-canary-topic"), "ntfy")[0]
    asked = parse_qs(urlsplit(sent["path"]).query)
    assert sent["authorization"] == "Bearer canary-ntfy-0123456789"
    assert asked["tpl"] == ["1"]
    assert ".commonAnnotations.summary" in asked["t"][0]
    assert (sent["status"], sent["commonAnnotations"]["summary"]) == ("firing", "Trouble on here")


def test_the_heart_beats(arrived: Arrived, until: Until) -> None:
    """Nobody would notice that alerting itself is dead."""
    beats = [one for one in arrived() if one.get("path") == "/heart-canary-beat"]
    until(lambda: len([one for one in arrived() if one.get("path") == "/heart-canary-beat"]) > len(beats) + 1, "beats")


def test_the_watchdog_is_no_message(arrived: Arrived) -> None:
    """The owner would be told each few minutes that all is well."""
    assert mails(arrived, "Alerting works") == []
    assert hooks(arrived, "Watchdog", "firing") == []


def test_a_test_alert_reaches_each_channel_and_says_what_it_is(vps: Host, arrived: Arrived, until: Until) -> None:
    """An owner who tries his channels would not know whether they work, or be frightened."""
    said = vps.run("skerry-test-alert")
    assert said.rc == 0, said
    assert said.stdout.split("\n")[:5] == [
        f"{kind}: sent" for kind in ("email", "webhook", "slack", "discord", "telegram")
    ]
    assert until(lambda: mails(arrived, "This is a test of your alerts. Nothing is wrong."), "the e-mail")
    assert until(lambda: hooks(arrived, "TestAlert", "firing"), "the webhook")


def test_a_channel_that_does_not_work_is_named(vps: Host, converge: Callable[..., Any]) -> None:
    """An owner would believe in a channel that loses every message."""
    closed = {"prometheus_alert_webhooks": [{"url": "http://127.0.0.1:9/", "token": SECRETS[1]}]}
    assert converge(closed).changed == 1, "only the secret changed"
    try:
        said = vps.run("skerry-test-alert")
        assert said.rc == 1
        assert "webhook: FAILED" in said.stdout
        assert "email: sent" in said.stdout
    finally:
        assert converge().changed > 0


def test_no_secret_shows(leaks: Callable[..., list[str]]) -> None:
    """Anyone who may look at the host could write to the owner's channels."""
    assert leaks(["alert_email_password"]), "the search finds nothing at all"
    assert leaks(SECRETS) == []


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"prometheus_alert_email": {"to": "a@b.c", "from": "a@b.c"}}, "prometheus_alert_email lacks smarthost"),
        ({"prometheus_retention": "long"}, "prometheus_retention is long; allowed is"),
        ({"prometheus_memory": "64M"}, 'prometheus_memory is "64M": allowed is at least 128M and at most 409M'),
        ({"prometheus_probe_ca_file": "/none"}, "prometheus_probe_ca_file is /none"),
    ],
)
def test_a_slip_is_refused_before_the_first_change(
    converge: Callable[..., Any], variables: dict[str, Any], sentence: str
) -> None:
    """A slip in the inventory would leave the platform unwatched."""
    run = converge(variables)
    assert run.code != 0
    assert sentence in " ".join(run.output.split())
