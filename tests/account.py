"""The console's first admin, as a program signs in."""

from __future__ import annotations

import ssl
import time
from typing import Any

import httpx

from tests.local import Vps

RENEW = 150  # seconds after which a token is renewed; it lives five minutes


class Account:
    """The first admin's access token, renewed before it ends, by sign-ins as those are counted by address."""

    def __init__(self, vps: Vps) -> None:
        self._vps, self._at, self._token = vps, 0.0, ""

    def token(self) -> str:
        """Return an access token that lives for some minutes."""
        if time.monotonic() - self._at > RENEW:
            body = {"name": self._vps.values["SKERRY_ADMIN_USER"], "password": self._vps.admin_password()}
            answer = self._ask("POST", "/api/auth/sign-in", {"Origin": self._vps.values["SKERRY_URL"]}, body)
            self._token, self._at = answer["access_token"], time.monotonic()
        return self._token

    def get(self, path: str) -> Any:
        """Return what the console's API answers to this account."""
        return self._ask("GET", path, {"Authorization": f"Bearer {self.token()}"})

    def _ask(self, method: str, path: str, headers: dict[str, str], body: object = None) -> Any:
        values, host = self._vps.values, httpx.URL(self._vps.values["SKERRY_URL"]).host
        with httpx.Client(verify=ssl.create_default_context(cafile=values["SKERRY_CA_FILE"]), timeout=60) as client:
            answer = client.request(
                method,
                f"https://127.0.0.1:{self._vps.settings.https_port}{path}",
                json=body,
                headers={"Host": host, **headers},
                extensions={"sni_hostname": host},
            )
        assert answer.status_code == 200, answer.text
        return answer.json()
