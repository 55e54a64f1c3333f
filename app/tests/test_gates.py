"""Sites behind the console's sign-in: who gets in, by which way, for how long, and what the site is told."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from typing import Any
from urllib.parse import unquote

import pytest
from httpx import AsyncClient, Response
from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey
from sqlalchemy import update

from console.api import Services
from console.database import utc_now
from console.gates.assertions import HEADER, SECONDS
from console.gates.door import PASS
from console.gates.passes import hashed
from console.keys import derive
from console.sessions.models import Session
from console.settings import SettingsError, api_settings
from support import GATES, PUBLIC_URL, Connect, bearer, sign_in
from test_users import THEIRS, make

pytestmark = pytest.mark.anyio

GRAFANA, VAULT = GATES
ENOUGH = {
    "PUBLIC_URL": PUBLIC_URL,
    "DATABASE_URL": "mysql://x:x@x/x",
    "REDIS_URL": "redis://x",
    "SECRET_KEY": "s" * 32,
    "REPORTER_TOKEN": "r" * 32,
}
PAGE = {"accept": "text/html", "sec-fetch-mode": "navigate"}


async def knock(browser: AsyncClient, uri: str = "/", host: str = GRAFANA.host, **headers: str) -> Response:
    """Ask the door as Traefik does for a browser that opens a page."""
    forwarded = {"x-forwarded-host": host, "x-forwarded-uri": uri, "x-forwarded-method": "GET"}
    return await browser.get("/gate", headers=PAGE | forwarded | headers)


def way(answer: Response) -> tuple[str, str, str]:
    """Which gate, state and path the console is told."""
    assert answer.status_code == 302
    start, _, rest = answer.headers["location"].partition("#/gate/")
    assert start == f"{PUBLIC_URL}/"
    gate, state, to = rest.split("/")
    return gate, state, unquote(to)


async def invited(user: AsyncClient, state: str, to: str = "/", gate: str = "grafana") -> str:
    """The path and query by which to enter."""
    answer = await user.post(f"/api/gates/{gate}/codes", json={"state": state, "to": to})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["url"]).removeprefix(GRAFANA.url).removeprefix(VAULT.url)


async def entered(browser: AsyncClient, user: AsyncClient, to: str = "/") -> Response:
    """Go the whole way."""
    _, state, path = way(await knock(browser, to))
    return await knock(browser, await invited(user, state, path))


def claims(answer: Response, services: Services) -> dict[str, Any]:
    """What the site is told, by a signature that it can verify."""
    assert answer.status_code == 204
    said, _, signature = answer.headers[HEADER].rpartition(".")
    key = SigningKey(derive(services.settings.secret_key, b"console.assert")).verify_key
    key.verify(said.encode(), urlsafe_b64decode(signature + "=="))
    with pytest.raises(BadSignatureError):
        key.verify(said.encode() + b"x", urlsafe_b64decode(signature + "=="))
    document: dict[str, Any] = json.loads(urlsafe_b64decode(said.partition(".")[2] + "=="))
    return document


async def test_the_whole_way(connect: Connect, admin: AsyncClient, services: Services) -> None:
    """If this failed, nobody would get into Grafana, or Grafana would not know who it is."""
    browser = connect()
    answer = await entered(browser, admin, "/d/overview?from=now-6h&to=now")
    assert (answer.status_code, answer.headers["location"]) == (303, f"{GRAFANA.url}/d/overview?from=now-6h&to=now")
    cookie = next(one for one in answer.headers.get_list("set-cookie") if one.startswith(PASS))
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=lax"} <= set(cookie.split("; "))
    assert "Domain" not in cookie
    said = claims(await knock(browser), services)
    assert (said["aud"], said["iss"], said["preferred_username"], said["role"]) == (
        "grafana",
        PUBLIC_URL,
        "admin",
        "admin",
    )
    assert said["exp"] - said["iat"] == SECONDS
    audit = (await admin.get("/api/audit", params={"action": "gates.enter"})).json()["entries"]
    assert [(one["target"], one["outcome"]) for one in audit] == [("gate:grafana", "done")]


async def test_a_script_is_told_rather_than_sent(anonymous: AsyncClient) -> None:
    """If this failed, a page of Grafana whose session has ended would read the console's page as data."""
    for headers in ({"sec-fetch-mode": "cors"}, {"x-forwarded-method": "POST"}):
        answer = await knock(anonymous, "/api/ds/query", **headers)
        assert (answer.status_code, answer.json()["code"]) == (401, "signed-out")


@pytest.mark.parametrize("host", ["", "grafana.test", "console.test", "evil.test"])
async def test_no_other_host_is_a_gate(anonymous: AsyncClient, host: str) -> None:
    """If this failed, the door would send people to addresses that nobody named."""
    assert (await knock(anonymous, host=host)).status_code == 404


@pytest.mark.parametrize("uri", ["//evil.test/", "/\\evil.test", "evil.test", "/ä", "/" + "x" * 3000])
async def test_nobody_is_sent_elsewhere(anonymous: AsyncClient, admin: AsyncClient, uri: str) -> None:
    """If this failed, a link to Grafana could lead to somebody else's site."""
    _, state, to = way(await knock(anonymous, uri.encode("latin-1", "ignore").decode("ascii", "ignore")))
    assert to.startswith("/")
    assert not to.startswith(("//", "/\\"))
    answer = await admin.post("/api/gates/grafana/codes", json={"state": state, "to": uri})
    assert answer.status_code == 422


async def test_a_code_counts_once_and_in_one_browser_at_one_gate(connect: Connect, admin: AsyncClient) -> None:
    """If this failed, whoever reads a log, or sends a link, would enter as somebody else, or have them enter as him."""
    browser, other = connect(), connect()
    _, state, _ = way(await knock(browser))
    await knock(other)  # has a state of its own
    stolen = await invited(admin, state)
    assert (await knock(other, stolen)).status_code == 403
    assert (await knock(browser, stolen)).status_code == 403, "it was used"
    elsewhere = await invited(admin, state, gate="vault")
    assert (await knock(browser, elsewhere)).status_code == 403
    code = await invited(admin, state)
    assert (await knock(browser, code)).status_code == 303
    assert (await knock(browser, code)).status_code == 403
    assert (await knock(connect(), "/.skerry/enter?code=x")).status_code == 403


async def test_a_code_is_soon_too_old(connect: Connect, admin: AsyncClient, services: Services) -> None:
    """If this failed, an address that was left in a history would still let in."""
    _, state, _ = way(await knock(connect()))
    code = (await invited(admin, state)).rpartition("=")[2]
    assert 0 < await services.redis.ttl(f"{services.settings.redis_prefix}gate:{hashed(code)}") <= 30


async def test_a_pass_counts_at_its_own_gate(connect: Connect, admin: AsyncClient) -> None:
    """If this failed, one site could enter another as its visitors."""
    browser = connect()
    await entered(browser, admin)
    token = browser.cookies[PASS]
    assert (await knock(browser)).status_code == 204
    assert (await knock(connect(), host=VAULT.host, cookie=f"{PASS}={token}")).status_code == 302
    access = admin.headers["authorization"].removeprefix("Bearer ")
    for forged in (access, token[:-3] + "abc", "x.y.z", ""):
        assert (await knock(connect(), cookie=f"{PASS}={forged}")).status_code == 302


async def test_with_the_session_the_pass_ends(connect: Connect, admin: AsyncClient) -> None:
    """If this failed, whoever signs out would still be in Grafana."""
    browser = connect()
    await entered(browser, admin)
    assert (await knock(browser)).status_code == 204
    await admin.post("/api/auth/sign-out")
    assert (await knock(browser)).status_code == 302


async def test_a_pass_is_no_longer_good_than_its_session(
    connect: Connect, admin: AsyncClient, services: Services
) -> None:
    """If this failed, a session that is over by its time would go on in Grafana."""
    browser = connect()
    await entered(browser, admin)
    async with services.database.transaction() as session:
        await session.execute(update(Session).values(expires_at=utc_now()))
    assert (await knock(browser)).status_code == 302


async def test_roles(connect: Connect, admin: AsyncClient, services: Services) -> None:
    """If this failed, a viewer would enter where only admins may, or keep what was taken away."""
    user = connect()
    made = await make(admin, "vera", "admin")
    user.headers.update(bearer(await sign_in(user, "vera", THEIRS)))
    browser = connect()
    _, state, _ = way(await knock(browser, host=VAULT.host))
    assert (await knock(browser, await invited(user, state, gate="vault"), VAULT.host)).status_code == 303
    assert claims(await knock(browser, host=VAULT.host), services)["role"] == "admin"
    assert [one["name"] for one in (await user.get("/api/gates")).json()["gates"]] == ["grafana", "vault"]
    await admin.patch(f"/api/users/{made['id']}", json={"role": "viewer"})
    assert (await knock(browser, host=VAULT.host)).status_code == 403
    user.headers.update(bearer(await sign_in(user, "vera", THEIRS)))
    assert [one["name"] for one in (await user.get("/api/gates")).json()["gates"]] == ["grafana"]
    refused = await user.post("/api/gates/vault/codes", json={"state": state})
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    assert (await user.post("/api/gates/nothing/codes", json={"state": state})).status_code == 404


async def test_no_session_no_code(viewer: AsyncClient) -> None:
    """If this failed, a token whose session has ended in the database would still open doors."""
    answer = await viewer.post("/api/gates/grafana/codes", json={"state": "s" * 43})
    assert (answer.status_code, answer.json()["code"]) == (401, "signed-out")


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        "{",
        '{"x": 1}',
        '{"x": {"url": "https://x.test"}}',
        '{"x": {"url": "https://x.test/", "role": "viewer"}}',
        '{"x": {"url": "ftp://x.test", "role": "viewer"}}',
        '{"x": {"url": "https://x.test", "role": "king"}}',
    ],
)
def test_bad_settings(text: str) -> None:
    """If this failed, a slip in the inventory would show as a site that nobody can enter."""
    with pytest.raises(SettingsError, match="GATES cannot be read"):
        api_settings({**ENOUGH, "GATES": text})
