"""The local VPS with channels that end in a receiver of our own, and with its rules made quicker."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.alerts import rules
from tests.local import Vps, playbook
from tests.prometheus import query
from tools.workshop.settings import ROOT

SINK_HOST = 201
SIX_DAYS = "six.skerry.localhost"
ASK = "import urllib.request as u; print(u.urlopen('http://127.0.0.1/', timeout=5).read().decode())"
PATIENCE = 600
"""Seconds that a message may take: an error budget is well again five minutes after its cure."""


def certificate(directory: Path, name: str, subject: str, days: int) -> Path:
    """Make a self-signed certificate for a name or an address, with its key beside it."""
    file = directory / f"{name}.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    where = ["-keyout", str(directory / f"{name}.key"), "-out", str(file)]
    about = ["-days", str(days), "-subj", f"/CN={name}", "-addext", f"subjectAltName={subject}"]
    subprocess.run([*command, *where, *about], check=True, capture_output=True)
    return file


@dataclass(frozen=True)
class Sink:
    """The receiver: molecule/shared/sink.py in a container beside the VPS."""

    name: str

    def arrived(self, since: float) -> list[dict[str, Any]]:
        """Return what has arrived since a time."""
        done = subprocess.run(
            ["docker", "exec", self.name, "python3", "-c", ASK], capture_output=True, text=True, check=True
        )
        return [one for one in json.loads(done.stdout) if one["at"] >= since]

    def told(self, since: float, status: str, meant: str = "") -> set[str]:
        """Return the names of the alerts that the webhook was told of with this status, of rules.KEPT only `meant`."""
        bodies = [json.loads(one["body"]) for one in self.arrived(since) if one.get("path") == "/alerts"]
        names = {one["labels"]["alertname"] for body in bodies for one in body["alerts"] if one["status"] == status}
        return names - (set(rules.KEPT) - {meant})

    def mails(self, since: float, words: str) -> list[dict[str, Any]]:
        """Return the e-mails with these words in the subject."""
        return [one for one in self.arrived(since) if one["kind"] == "email" and words in one["subject"]]


@pytest.fixture(scope="session")
def six_days(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a certificate for SIX_DAYS that ends in as many."""
    return certificate(tmp_path_factory.mktemp("six"), "six", f"DNS:{SIX_DAYS}", 6)


@pytest.fixture(scope="session")
def sink(vps: Vps, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sink]:
    """Run the receiver."""
    name, address = f"{vps.settings.name}-sink", str(vps.settings.address(SINK_HOST))
    made = certificate(tmp_path_factory.mktemp("sink"), "sink", f"IP:{address}", 2)
    subprocess.run(["docker", "rm", "--force", name], capture_output=True, check=False)
    create = ["docker", "create", "--name", name, "--network", vps.settings.name, "--ip", address]
    image = ["--entrypoint", "python3", "skerry/vps:debian13", "-u", "/sink.py", "/sink.pem", "/sink.key"]
    subprocess.run([*create, *image], check=True, capture_output=True)
    for file in (ROOT / "molecule/shared/sink.py", made, made.with_suffix(".key")):
        subprocess.run(["docker", "cp", str(file), f"{name}:/{file.name}"], check=True, capture_output=True)
    subprocess.run(["docker", "start", name], check=True, capture_output=True)
    yield Sink(name)
    subprocess.run(["docker", "rm", "--force", name], capture_output=True, check=False)


@pytest.fixture(scope="session")
def watched(vps: Vps, sink: Sink, six_days: Path) -> Iterator[Sink]:
    """Send the VPS's alerts to the receiver, by quicker rules; put all back afterwards."""
    address = vps.settings.address(SINK_HOST)
    trusted = six_days.with_name("trusted.pem")
    trusted.write_text(Path(vps.values["SKERRY_CA_FILE"]).read_text() + six_days.read_text())
    channels = {
        "prometheus_alert_email": {
            "to": "owner@example.org",
            "from": "skerry@example.org",
            "smarthost": f"{address}:25",
            "require_tls": False,
        },
        "prometheus_alert_webhooks": [{"url": f"http://{address}/alerts"}],
        "prometheus_alert_pace": {"wait": "5s", "interval": "10s"},
        "prometheus_interval": "5s",
        "prometheus_collect_seconds": 5,
        "prometheus_probe_ca_file": str(trusted),
    }
    run = playbook("--tags", "prometheus", extra=channels)
    assert run.code == 0, run.output[-3000:]
    for name, text in rules.files().items():
        put = f"cat > /etc/skerry/prometheus/rules/{name} <<'END-OF-RULES'\n{text}END-OF-RULES"
        vps.out(put)
    vps.out("skerry-reload prometheus 9090 prometheus_config")
    # A shipment that meets a stopped database fails, and rightly says so by an alert of its own; so does none at all,
    # where the platform has only just come up.
    vps.out("systemctl start skerry-backup@binlog.service && systemctl stop skerry-backup-binlog.timer")
    yield sink
    vps.out("systemctl start skerry-backup-binlog.timer")
    run = playbook("--tags", "prometheus")
    assert run.code == 0, run.output[-3000:]


@pytest.fixture(scope="session")
def until() -> Callable[[Callable[[], Any], str], Any]:
    """Return a function that waits for something true and returns it."""

    def wait(ask: Callable[[], Any], what: str) -> Any:
        end = time.monotonic() + PATIENCE
        while not (found := ask()):
            if time.monotonic() > end:
                pytest.fail(f"waited in vain for {what}")
            time.sleep(2)
        return found

    return wait


@pytest.fixture
def quiet(vps: Vps, watched: Sink, until: Callable[..., Any]) -> Sink:
    """Wait until nothing is wrong: what a test before left behind is none of this one's."""
    wrong = f'ALERTS{{alertname!~"Watchdog|{"|".join(rules.KEPT)}",alertstate="firing"}}'
    until(lambda: not query(vps, wrong), f"nothing wrong; now it is {query(vps, wrong)}")
    return watched
