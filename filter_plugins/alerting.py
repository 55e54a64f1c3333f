"""Filters that make Alertmanager's configuration, and the secrets it reads, of the channels that a user gives.

A *channel* is an entry of the dict that ``roles/prometheus/vars/main/alerting.yml`` makes of the variables
``prometheus_alert_*``. Tokens and addresses that let whoever knows them write are secrets: the configuration only names
files. Field names are those of Alertmanager 0.28.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

Channels = Mapping[str, Any]

TITLE = '{{ template "skerry.title" . }}'
TEXT = '{{ template "skerry.text" . }}'
URL = re.compile(r"https?://[^\s/]+\S*")
SPAN = re.compile(r"[1-9][0-9]*(s|m|h|d)")

NTFY_TITLE = "{{if eq .status `resolved`}}Resolved: {{end}}{{.commonAnnotations.summary}}"
NTFY_TEXT = (
    "{{range .alerts}}{{.annotations.description}}\nsince {{.startsAt}}\n%s{{.annotations.runbook_url}}\n{{end}}"
)
"""ntfy fills these in itself, from the webhook's JSON (its "message templating", from 2.10 on)."""

FIELDS: dict[str, tuple[set[str], set[str]]] = {
    "email": ({"to", "from", "smarthost"}, {"username", "password", "require_tls", "ca_file"}),
    "slack": ({"url"}, {"channel"}),
    "discord": ({"url"}, set()),
    "telegram": ({"token", "chat"}, {"api"}),
    "ntfy": ({"url"}, {"token"}),
    "console": ({"url", "token"}, set()),
}
"""What each channel must have, and may have."""


def _file(name: str) -> str:
    return f"/run/secrets/{name}"


def _bearer(token: str, name: str) -> dict[str, Any]:
    return {"http_config": {"authorization": {"credentials_file": _file(name)}}} if token else {}


def _email(given: Mapping[str, Any]) -> dict[str, Any]:
    to = given["to"]
    login = {"auth_username": given.get("username"), "auth_password_file": _file("alert_email_password")}
    return {
        "send_resolved": True,
        "to": to if isinstance(to, str) else ", ".join(to),
        "from": given["from"],
        "smarthost": str(given["smarthost"]),
        "require_tls": bool(given.get("require_tls", True)),
        "headers": {"Subject": TITLE},
        "html": "",
        "text": TEXT,
        **(login if given.get("username") else {}),
        **({"tls_config": {"ca_file": "/etc/alertmanager/email-ca.pem"}} if given.get("ca_file") else {}),
    }


def _receivers(channels: Channels) -> dict[str, list[dict[str, Any]]]:
    """Return the integrations of the receiver that everything goes to."""
    found: dict[str, list[dict[str, Any]]] = {}
    if email := channels.get("email"):
        found["email_configs"] = [_email(email)]
    hooks: list[dict[str, Any]] = [
        {"send_resolved": True, "url_file": _file(f"alert_webhook_{number}_url")}
        | _bearer(hook.get("token", ""), f"alert_webhook_{number}_token")
        for number, hook in enumerate(channels.get("webhooks") or [])
    ]
    if ntfy := channels.get("ntfy"):
        hooks.append(
            {"send_resolved": True, "url_file": _file("alert_ntfy_url")}
            | _bearer(ntfy.get("token", ""), "alert_ntfy_token")
        )
    if hooks:
        found["webhook_configs"] = hooks
    if slack := channels.get("slack"):
        where = {"channel": slack["channel"]} if slack.get("channel") else {}
        words = {"title": TITLE, "title_link": "", "text": TEXT, "fallback": TITLE}
        found["slack_configs"] = [{"send_resolved": True, "api_url_file": _file("alert_slack_url"), **where, **words}]
    if channels.get("discord"):
        words = {"title": TITLE, "message": TEXT}
        found["discord_configs"] = [{"send_resolved": True, "webhook_url_file": _file("alert_discord_url"), **words}]
    if telegram := channels.get("telegram"):
        words = {"message": f"{TITLE}\n{TEXT}", "parse_mode": ""}
        place = {"bot_token_file": _file("alert_telegram_token"), "chat_id": int(telegram["chat"])}
        place |= {"api_url": telegram["api"]} if telegram.get("api") else {}
        found["telegram_configs"] = [{"send_resolved": True, **place, **words}]
    return found


CONSOLE_ALERTS = 100
"""How many alerts of one group the console is sent at most; it refuses 500 (app/README.md)."""


def _console(console: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the receiver of the console, if there is one: apart, for it shows the alerts but wakes nobody."""
    if not console:
        return []
    hook = {"send_resolved": True, "url": console["url"], "max_alerts": CONSOLE_ALERTS}
    return [{"name": "console", "webhook_configs": [hook | _bearer(console["token"], "alert_console_token")]}]


def alert_config(channels: Channels, inhibitions: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return Alertmanager's configuration.

    channels: email, webhooks, slack, discord, telegram, ntfy, console, each empty where it is off; heartbeat (an
        address, or nothing) and heartbeat_interval; repeat (by severity), pace (wait, interval) and runbooks (what
        goes before their paths).
    """
    pace, repeat = channels["pace"], channels["repeat"]
    everyone = _receivers(channels)
    # By a name of its own, a test alert's messages are counted apart; and nobody need be told that it is over.
    test = {kind: [{**one, "send_resolved": False} for one in found] for kind, found in everyone.items()}
    receivers: list[dict[str, Any]] = [{"name": "everyone", **everyone}, {"name": "test", **test}, {"name": "nobody"}]
    heart = "nobody"
    if channels["heartbeat"]:
        heart = "heartbeat"
        receivers.append(
            {"name": heart, "webhook_configs": [{"send_resolved": False, "url_file": _file("alert_heartbeat_url")}]}
        )
    console = _console(channels.get("console") or {})
    beat = {"group_wait": "0s", "group_interval": "15s", "repeat_interval": channels["heartbeat_interval"]}
    routes: list[dict[str, Any]] = [
        {"matchers": ['alertname="Watchdog"'], "receiver": heart, **beat},
        {"matchers": ['severity="none"'], "receiver": "nobody"},
        *({"receiver": one["name"], "continue": True, "group_wait": "5s", "repeat_interval": "12h"} for one in console),
        {"matchers": ['alertname="TestAlert"'], "receiver": "test", "group_wait": "0s", "group_interval": "5s"},
        *(
            {"matchers": [f'severity="{severity}"'], "receiver": "everyone", "repeat_interval": span}
            for severity, span in repeat.items()
        ),
    ]
    return {
        "templates": ["/etc/alertmanager/*.tmpl"],
        "route": {
            "receiver": "everyone",
            # What is wrong is one message, on however many services.
            "group_by": ["alertname"],
            "group_wait": pace["wait"],
            "group_interval": pace["interval"],
            "repeat_interval": repeat.get("critical", "4h"),
            "routes": routes,
        },
        "inhibit_rules": [dict(rule) for rule in inhibitions],
        "receivers": receivers + console,
    }


def alert_channels(channels: Channels) -> dict[str, int]:
    """Return how many channels of each kind are on, by Alertmanager's name for it (`integration`), or `console`."""
    found = {name.removesuffix("_configs"): len(found) for name, found in _receivers(channels).items()}
    return found | ({"console": 1} if channels.get("console") else {})


def alert_secrets(channels: Channels) -> dict[str, str]:
    """Return the secret files, ``{"secrets/<name>": value}``, that the configuration of these channels names."""
    return {f"secrets/{name}": value for name, value in _secrets(channels) if value}


def _secrets(channels: Channels) -> Iterator[tuple[str, str]]:
    yield "alert_email_password", (channels.get("email") or {}).get("password", "")
    for number, hook in enumerate(channels.get("webhooks") or []):
        yield f"alert_webhook_{number}_url", hook["url"]
        yield f"alert_webhook_{number}_token", hook.get("token", "")
    for name in ("slack", "discord"):
        yield f"alert_{name}_url", (channels.get(name) or {}).get("url", "")
    yield "alert_telegram_token", (channels.get("telegram") or {}).get("token", "")
    if ntfy := channels.get("ntfy"):
        join = "&" if "?" in ntfy["url"] else "?"
        yield (
            "alert_ntfy_url",
            f"{ntfy['url']}{join}tpl=1&t={quote(NTFY_TITLE)}&m={quote(NTFY_TEXT % channels['runbooks'])}",
        )
        yield "alert_ntfy_token", ntfy.get("token", "")
    yield "alert_console_token", (channels.get("console") or {}).get("token", "")
    yield "alert_heartbeat_url", channels.get("heartbeat", "")


def alert_problems(channels: Channels) -> list[str]:
    """Return one sentence for each channel that cannot be; no secret's value shows."""
    return list(_problems(channels))


def _problems(channels: Channels) -> Iterator[str]:
    for name, (required, optional) in FIELDS.items():
        given = channels.get(name) or {}
        if given:
            yield from _of_fields(f"prometheus_alert_{name}", given, required, optional)
    for number, hook in enumerate(channels.get("webhooks") or []):
        yield from _of_fields(f"prometheus_alert_webhooks[{number}]", hook, {"url"}, {"token"})
    email = channels.get("email") or {}
    if email and not re.fullmatch(r"[^\s:]+:[0-9]{1,5}", str(email.get("smarthost", ""))):
        given = email.get("smarthost", "")
        yield f'prometheus_alert_email.smarthost is "{given}": allowed is host:port, as in mail.example.com:587.'
    if bool(email.get("username")) != bool(email.get("password")):
        yield "prometheus_alert_email has only one of username and password: allowed are both or none."
    telegram = channels.get("telegram") or {}
    if telegram and not re.fullmatch(r"-?[0-9]+", str(telegram.get("chat", ""))):
        yield f'prometheus_alert_telegram.chat is "{telegram.get("chat", "")}": allowed is the number of a chat.'
    if telegram.get("api") and not URL.fullmatch(str(telegram["api"])):
        yield f'prometheus_alert_telegram.api is "{telegram["api"]}": allowed is an http:// or https:// address.'
    if channels["heartbeat"] and not URL.fullmatch(channels["heartbeat"]):
        yield "prometheus_alert_heartbeat_url (its value is not shown): allowed is an http:// or https:// address."
    spans = {"heartbeat_interval": channels["heartbeat_interval"]}
    spans |= {f"repeat.{key}": value for key, value in channels["repeat"].items()}
    spans |= {f"pace.{key}": value for key, value in channels["pace"].items()}
    for name, value in spans.items():
        if not SPAN.fullmatch(str(value)):
            yield f'prometheus_alert_{name} is "{value}": allowed is a number with s, m, h or d, such as 4h.'


def _of_fields(where: str, given: Any, required: set[str], optional: set[str]) -> Iterator[str]:
    if not isinstance(given, Mapping):
        yield f"{where} must be a dict with {', '.join(sorted(required))}."
        return
    missing, unknown = sorted(required - given.keys()), sorted(given.keys() - required - optional)
    if missing:
        yield f"{where} lacks {', '.join(missing)}."
    if unknown:
        allowed = ", ".join(sorted(required | optional))
        yield f"{where} has {', '.join(unknown)}: allowed are {allowed}."
    if "url" in given and not URL.fullmatch(str(given["url"])):
        yield f"{where}.url (its value is not shown): allowed is an http:// or https:// address."


class FilterModule:
    """Register the filters with Ansible."""

    def filters(self) -> dict[str, Any]:
        """Return the filters by name."""
        return {
            "alert_channels": alert_channels,
            "alert_config": alert_config,
            "alert_problems": alert_problems,
            "alert_secrets": alert_secrets,
        }
