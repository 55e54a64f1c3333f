"""Faults that a visitor meets: errors, and a certificate that ends."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

from tests.alerts.conftest import SIX_DAYS, Sink
from tests.alerts.story import Until, story
from tests.faults.load import Load
from tests.local import Vps

# Three of a hundred requests are an error.
NGINX = """
split_clients $request_id $broken { 3% 1; * 0; }
server { listen 8080; location / { if ($broken) { return 500; } return 200 "well\\n"; } }
"""
FAULTY = "faulty.skerry.localhost"


def serve(vps: Vps, name: str, domain: str) -> None:
    """Run nginx behind the edge, by the labels that the app role gives."""
    router = f"traefik.http.routers.{name}--web"
    labels = {
        "traefik.enable": "true",
        f"{router}.rule": f"Host(`{domain}`)",
        f"{router}.entrypoints": "websecure",
        f"{router}.service": f"{name}--web",
        f"traefik.http.services.{name}--web.loadbalancer.server.port": "8080",
    }
    words = [f"--label={key}={value}" for key, value in labels.items()]
    vps.out(f"printf %s {shlex.quote(NGINX)} | docker config create {name} -")
    vps.out(
        f"docker service create --detach --quiet --name {name}_web --network edge --endpoint-mode dnsrr"
        f" {shlex.join(words)} --config source={name},target=/etc/nginx/conf.d/default.conf"
        " nginxinc/nginx-unprivileged:1.26"
    )


def remove(vps: Vps, name: str) -> None:
    """Take it away again."""
    vps.ssh(f"docker service rm {name}_web; for n in 1 2 3 4 5; do docker config rm {name} && break; sleep 1; done")


def test_three_errors_in_a_hundred(vps: Vps, quiet: Sink, until: Until) -> None:
    """Users would lose orders for days before the owner learns of it."""
    serve(vps, "faulty", FAULTY)
    url = vps.values["SKERRY_URL"].replace("console.skerry.localhost", FAULTY)
    load = Load(url, "", paths=("/",), address="127.0.0.1")
    words = ("CRITICAL: faulty_web answers many requests with an error",)

    def cure() -> None:
        load.__exit__(None, None, None)
        remove(vps, "faulty")

    story(quiet, until, "ErrorBudgetBurn", words, load.__enter__, cure)
    errors = load.answers["500"] / sum(load.answers.values())
    assert 0.01 < errors < 0.06


def test_a_certificate_with_six_days_left(vps: Vps, quiet: Sink, until: Until, six_days: Path) -> None:
    """Browsers would refuse the site on the day that nobody expects it."""
    pair = {"certFile": six_days.read_text(), "keyFile": six_days.with_suffix(".key").read_text()}
    content = json.dumps({"tls": {"certificates": [pair]}})
    file = "/etc/skerry/traefik/dynamic/six.yml"

    def inject() -> None:
        vps.out(f"printf %s {shlex.quote(content)} > {file}")
        serve(vps, "six", SIX_DAYS)

    def cure() -> None:
        remove(vps, "six")
        vps.out(f"rm -f {file}")

    words = (f"CRITICAL: The certificate of https://{SIX_DAYS}/ is about to end", "ends in 5d 23h")
    story(quiet, until, "CertExpiresVerySoon", words, inject, cure)
