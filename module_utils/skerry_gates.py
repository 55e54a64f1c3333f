"""Sites that are entered by the console's sign-in: what the proxy, the console and the sites have to know.

The console's half is in ``app/src/console/gates``.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

Instance = Mapping[str, Any]

ASSERTION = "X-Skerry-Assertion"
"""The header by which a site is told who asks."""

_PURPOSE = b"console.assert"
_ASKED = "Accept,Cookie,Sec-Fetch-Mode,User-Agent,X-Request-Id"


def public_url(domain: str, port: int = 443) -> str:
    """Return the address of a site as browsers know it."""
    return f"https://{domain}" + ("" if port == 443 else f":{port}")


def middleware(instance: Instance) -> str:
    """Return the name of the middleware that asks this instance's door."""
    return f"{instance['name']}-sign-in"


def keeper(instances: Sequence[Instance]) -> Instance | None:
    """Return the instance that keeps the gates: the first with a service whose ``gates`` is true."""
    return next((one for one in instances if any(service.get("gates") for service in one["services"].values())), None)


def door_labels(instance: Instance, name: str, service: Mapping[str, Any]) -> dict[str, str]:
    """Return the labels of the service that is the door: Traefik asks it before each request to a site (forwardAuth).

    It is shown no more of a request than it needs: a site's own passwords and tokens are not its business.
    """
    door = f"traefik.http.middlewares.{middleware(instance)}.forwardauth"
    return {
        f"{door}.address": f"http://{instance['name']}_{name}:{service['port']}/gate",
        f"{door}.authresponseheaders": ASSERTION,
        f"{door}.authrequestheaders": _ASKED,
    }


def access(instances: Sequence[Instance], further: Mapping[str, Mapping[str, str]], port: int) -> dict[str, Any]:
    """Return ``{"middleware": "console-sign-in@swarm", "gates": {name: {url, role}}}``; nothing without a keeper.

    further: ``{name: {domain, role}}`` of sites that are no instances.
    """
    found = keeper(instances)
    if found is None:
        return {}
    own = {one["name"]: {"domain": one["domain"], "role": one["sign_in"]} for one in instances if one.get("sign_in")}
    gates = {
        name: {"url": public_url(site["domain"], port), "role": site["role"]}
        for name, site in (own | dict(further)).items()
    }
    return {"middleware": f"{middleware(found)}@swarm", "gates": gates}


def key_set(secret: str) -> dict[str, Any]:
    """Return the public key of the assertions, as a JSON Web Key Set (RFC 7517, 8037).

    secret: the console's ``secret_key``, of which the console derives the private half in the same way.
    """
    seed = hashlib.blake2b(secret.encode(), digest_size=32, person=_PURPOSE).digest()
    public = Ed25519PrivateKey.from_private_bytes(seed).public_key()
    raw = public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    x = base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
    return {"keys": [{"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": "skerry", "x": x}]}
