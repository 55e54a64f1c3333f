"""The registry that stands in for Docker Hub, and the ACME server that stands in for Let's Encrypt."""

from __future__ import annotations

import hashlib
import json
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable
from http.client import HTTPException

from tools.workshop import containers, engine
from tools.workshop.images import Image
from tools.workshop.settings import ACME_HOST, OFFSITE_HOST, REGISTRY_HOST, VPS_HOST, Settings
from tools.workshop.shell import WorkshopError, run, write_if_changed

READY_SECONDS = 30
REGISTRY_VOLUME = "skerry-registry"  # one for all workshops of this machine: CI need not push again
MANIFEST = "application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.manifest.v1+json"


def get(url: str, *, context: ssl.SSLContext | None = None, headers: dict[str, str] | None = None) -> bytes:
    """Return the body of `url`, never through a proxy; raises OSError where it does not answer 2xx."""
    handlers: list[urllib.request.BaseHandler] = [urllib.request.ProxyHandler({})]
    if context:
        handlers.append(urllib.request.HTTPSHandler(context=context))
    request = urllib.request.Request(url, headers=headers or {})  # noqa: S310 - our own addresses, never input
    try:
        with urllib.request.build_opener(*handlers).open(request, timeout=5) as answer:
            return bytes(answer.read())
    except HTTPException as error:
        raise OSError(str(error)) from error


def wait_for(what: str, url: str, *, context: ssl.SSLContext | None = None, seconds: float = READY_SECONDS) -> bytes:
    """Return the body of `url` as soon as it answers; raise WorkshopError after `seconds`."""
    end = time.monotonic() + seconds
    while True:
        try:
            return get(url, context=context)
        except OSError as error:
            if time.monotonic() > end:
                raise WorkshopError(
                    f"{what} did not answer at {url} within {seconds:.0f} s: {error}", "see `docker ps` and its logs"
                ) from error
        time.sleep(0.2)


def ensure_registry(settings: Settings) -> bool:
    """Run the registry; tell whether it was started."""
    options = [
        "--ip", str(settings.address(REGISTRY_HOST)),
        "--volume", f"{REGISTRY_VOLUME}:/var/lib/registry",
        "--publish", "127.0.0.1::5000",
    ]  # fmt: skip
    started = containers.ensure(settings, "registry", "skerry/registry:latest", options)
    wait_for("the registry", f"http://{registry_address(settings)}/v2/")
    return started


def registry_address(settings: Settings) -> str:
    """Return the registry's address for pushes from this machine; engines trust plain http on loopback."""
    return containers.published(settings.container("registry"), "5000/tcp")


def served(registry: str, reference: str) -> set[str]:
    """Return the digests (of manifest and config) that the registry serves as `reference`; empty if none."""
    name, _, tag = reference.rpartition(":")
    try:
        body = get(f"http://{registry}/v2/{name}/manifests/{tag}", headers={"Accept": MANIFEST})
    except urllib.error.HTTPError as error:
        if error.code == 404:
            return set()
        raise WorkshopError(f"the registry answers {error.code} for {reference}") from error
    return {f"sha256:{hashlib.sha256(body).hexdigest()}", json.loads(body).get("config", {}).get("digest", "")}


def push(settings: Settings, images: Iterable[Image], report: Callable[[str], None] = lambda _: None) -> int:
    """Push each of `images` that is to be served and that the registry lacks; return how many."""
    registry, count = registry_address(settings), 0
    for image in images:
        identity = engine.inspect("image", image.reference, "{{.Id}}")
        if not image.served_as or identity in served(registry, image.served_as):
            continue
        there = f"{registry}/{image.served_as}"
        engine.docker("tag", image.reference, there)
        run(["docker", "push", "--quiet", there], timeout=300)
        engine.docker("rmi", "--no-prune", there)
        report(image.served_as)
        count += 1
    return count


def ensure_acme(settings: Settings) -> bool:
    """Run the ACME server and its DNS; tell whether it was started."""
    options = [
        "--ip", str(settings.address(ACME_HOST)),
        "--env", f"ACME_IP={settings.address(ACME_HOST)}",
        "--env", f"ACME_DEFAULT_IP={settings.address(VPS_HOST)}",
        "--volume", f"{settings.container('acme')}:/data",
    ]  # fmt: skip
    return containers.ensure(settings, "acme", "skerry/acme:latest", options)


def ensure_offsite(settings: Settings) -> bool:
    """Run the place for backups, which outlives the VPS; tell whether it was started."""
    name = settings.container("offsite")
    options = ["--ip", str(settings.address(OFFSITE_HOST)), "--volume", f"{name}:/data"]
    return containers.ensure(settings, "offsite", "skerry/offsite:latest", options)


def fetch_authorities(settings: Settings, new_root: Callable[[], object]) -> bool:
    """Write what to trust: acme-ca.pem for the ACME server's own endpoint, ca.pem for what it issues.

    The server makes a new root at each start, and what it issued before no longer verifies: then
    `new_root` is called, before ca.pem changes, so that an interrupted run calls it again. Tells
    whether it was.
    """
    root = settings.local / "ca.pem"
    end = time.monotonic() + READY_SECONDS
    while not (text := engine.docker("exec", settings.container("acme"), "cat", "/data/ca.pem", check=False)):
        if time.monotonic() > end:
            raise WorkshopError("the ACME server made no CA", f"see `docker logs {settings.container('acme')}`")
        time.sleep(0.2)
    write_if_changed(settings.local / "acme-ca.pem", text + "\n", 0o644)
    context = ssl.create_default_context(cadata=text)
    url = f"https://{settings.address(ACME_HOST)}:15000/roots/0"
    issued = wait_for("the ACME server", url, context=context).decode()
    changed = root.is_file() and root.read_text() != issued
    if changed:
        new_root()
    write_if_changed(root, issued, 0o644)
    return changed
