"""Running site.yml against the VPS, and proving from outside that the platform answers."""

from __future__ import annotations

import http.client
import os
import socket
import ssl
import time
from urllib.parse import urlsplit

from tools.workshop import inventory, vps
from tools.workshop.settings import Settings
from tools.workshop.shell import WorkshopError, live

ANSWER_SECONDS = 120


def apply(settings: Settings, *extra: str) -> str:
    """Run site.yml with the operator's terminal; raise WorkshopError where it fails."""
    binaries = settings.root / ".venv" / "bin"
    relative = inventory.directory(settings).relative_to(settings.root)
    argv = [str(binaries / "ansible-playbook"), "-i", str(relative), "site.yml", *extra]
    code = live(argv, cwd=settings.root, env={"PATH": f"{binaries}{os.pathsep}{os.environ['PATH']}"})
    if code:
        raise WorkshopError(
            f"ansible-playbook ended with exit code {code}; its last task above says why",
            "mend it and run `make up` again: it goes on where it stopped (`make ssh` looks inside the VPS)",
        )
    return "applied"


def issuer(settings: Settings) -> str:
    """Return who issued the certificate that the console's name is served with, over a chain that verified.

    Raises OSError (ssl.SSLError for a chain that does not verify) where nothing answers.
    """
    context = ssl.create_default_context(cafile=str(settings.local / "ca.pem"))
    parts = urlsplit(settings.url)
    # .localhost is this machine by definition (RFC 6761), also where the resolver does not know.
    with (
        socket.create_connection(("127.0.0.1", parts.port or 443), timeout=5) as raw,
        context.wrap_socket(raw, server_hostname=parts.hostname) as secured,
    ):
        certificate = secured.getpeercert() or {}
        connection = http.client.HTTPConnection(parts.netloc, timeout=5)
        connection.sock = secured
        connection.request("GET", "/api/health")
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            raise OSError(f"/api/health answers {answer.status}")
    names = {key: value for pairs in certificate.get("issuer", ()) for key, value in pairs}  # type: ignore[str-unpack]
    return names.get("commonName", "unknown")


def wait_until_it_answers(settings: Settings, seconds: float = ANSWER_SECONDS) -> str:
    """Return the issuer's name as soon as the console answers with a verified chain.

    Raises WorkshopError with the last reason after `seconds`.
    """
    end = time.monotonic() + seconds
    while True:
        try:
            return issuer(settings)
        except (OSError, http.client.HTTPException) as error:
            if time.monotonic() > end:
                raise WorkshopError(
                    f"{settings.url}/api/health did not answer over verified HTTPS within {seconds:.0f} s: {error}",
                    "`make status` shows the services; `make ssh` and `journalctl`, `docker service logs` say more",
                ) from error
        time.sleep(0.5)


def forget_certificates(settings: Settings) -> None:
    """Drop what Traefik got from an ACME server whose root is gone, so that it asks anew.

    The account is unknown to the new server too, and Traefik would use it for ever. Ending the
    container, not the service, leaves the stack as it was deployed.
    """
    vps.remote(
        settings,
        "rm -f /var/lib/skerry/traefik/*.json; command -v docker >/dev/null || exit 0; "
        "docker ps --quiet --filter label=com.docker.swarm.service.name=traefik_traefik | xargs -r docker stop",
    )
