"""Signing in, staying signed in, signing out."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator

import jwt
import pytest
from httpx import AsyncClient

from console.api import Services
from console.auth.permissions import PERMISSIONS, Role
from console.auth.tokens import Tokens
from console.errors import UnauthorizedError
from console.sessions.cookie import COOKIE
from console.users.repository import UserRepository
from support import ADMIN, OURS, PASSWORD, PUBLIC_URL, Connect, bearer, sign_in

pytestmark = [pytest.mark.anyio, pytest.mark.database]


async def test_the_first_admin_signs_in_and_is_known(anonymous: AsyncClient) -> None:
    """If this failed, nobody could use a freshly installed console."""
    accepted = await sign_in(anonymous)
    me = await anonymous.get("/api/auth/me", headers=bearer(accepted))
    permissions = sorted(PERMISSIONS[Role.ADMIN])
    assert (accepted.status_code, me.json()) == (200, {"name": ADMIN, "role": "admin", "permissions": permissions})


async def test_the_refresh_cookie_is_out_of_reach(anonymous: AsyncClient) -> None:
    """If this failed, a script or another site could take over a session."""
    cookie = (await sign_in(anonymous)).headers["set-cookie"]
    assert {"HttpOnly", "Secure", "SameSite=strict", "Path=/api/auth"} <= set(cookie.split("; "))


@pytest.mark.parametrize(("name", "password"), [(ADMIN, "wrong"), ("nobody", PASSWORD), ("nobody", "wrong")])
async def test_a_refusal_does_not_tell_whether_the_user_exists(
    anonymous: AsyncClient, name: str, password: str
) -> None:
    """If this failed, user names could be found out, or a wrong password let in."""
    refused = await sign_in(anonymous, name, password)
    body = refused.json()
    del body["request_id"]
    assert (refused.status_code, refused.headers["content-type"], body) == (
        401,
        "application/problem+json",
        {
            "type": "about:blank",
            "title": "Unauthorized",
            "status": 401,
            "detail": "Name or password is wrong.",
            "code": "wrong-credentials",
        },
    )
    assert "set-cookie" not in refused.headers


async def test_refresh_goes_on_with_the_session(anonymous: AsyncClient) -> None:
    """If this failed, a reload of the page would sign everyone out."""
    await sign_in(anonymous)
    refreshed = await anonymous.post("/api/auth/refresh", headers=OURS)
    me = await anonymous.get("/api/auth/me", headers=bearer(refreshed))
    assert me.json()["name"] == ADMIN


@pytest.mark.parametrize("value", ["", "x", "0" * 32 + ".guess"])
async def test_refresh_refuses_a_made_up_cookie(connect: Connect, value: str) -> None:
    """If this failed, a session could be guessed, or a malformed cookie would be an error of ours."""
    client = connect()
    client.cookies.set(COOKIE, value)
    assert (await client.post("/api/auth/refresh", headers=OURS)).json()["code"] == "session-ended"


async def test_refresh_refuses_a_wrong_secret_of_a_real_session(anonymous: AsyncClient, connect: Connect) -> None:
    """If this failed, knowing the id of a session (it is in every token) would be enough."""
    accepted = await sign_in(anonymous)
    session = jwt.decode(accepted.json()["access_token"], options={"verify_signature": False})["sid"]
    client = connect()
    client.cookies.set(COOKIE, f"{session}.guess")
    assert (await client.post("/api/auth/refresh", headers=OURS)).status_code == 401


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://elsewhere.test"},
        {"origin": "null"},
        {"origin": PUBLIC_URL, "sec-fetch-site": "same-site"},
        {"sec-fetch-site": "cross-site"},
        {},
    ],
)
async def test_refresh_is_for_our_own_pages(anonymous: AsyncClient, headers: dict[str, str]) -> None:
    """If this failed, a page elsewhere, or on a neighbouring name, could use a visitor's session."""
    await sign_in(anonymous)
    refused = await anonymous.post("/api/auth/refresh", headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (403, "wrong-origin")


async def test_nobody_is_signed_in_from_another_site(anonymous: AsyncClient) -> None:
    """If this failed, a page elsewhere could sign a visitor in as somebody else, and watch what they do."""
    body, elsewhere = {"name": ADMIN, "password": PASSWORD}, {"origin": "https://elsewhere.test"}
    refused = await anonymous.post("/api/auth/sign-in", json=body, headers=elsewhere)
    assert (refused.status_code, refused.json()["code"]) == (403, "wrong-origin")


async def test_sign_out_ends_access_and_refresh_at_once(anonymous: AsyncClient) -> None:
    """If this failed, a stolen token would outlive the sign-out."""
    headers = bearer(await sign_in(anonymous))
    cookies = dict(anonymous.cookies)
    left = await anonymous.post("/api/auth/sign-out", headers=headers)
    anonymous.cookies.update(cookies)
    again = await anonymous.get("/api/auth/me", headers=headers)
    refreshed = await anonymous.post("/api/auth/refresh", headers=OURS)
    assert (left.status_code, again.json()["code"], refreshed.json()["code"]) == (204, "signed-out", "session-ended")


def forged(secret: str, **changes: object) -> str:
    """A token that is right but for the changes."""
    now = int(time.time())
    claims = {"sub": "1", "name": ADMIN, "role": "admin", "sid": "s", "aud": "console", "iat": now, "exp": now + 60}
    claims = {name: value for name, value in (claims | changes).items() if value is not None}
    return jwt.encode(claims, Tokens(secret)._key, algorithm="HS256")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"exp": 1}, "token-expired"),
        ({"aud": "another"}, "token-invalid"),
        ({"role": "root"}, "token-invalid"),
        ({"sub": "x"}, "token-invalid"),
        ({"exp": None}, "token-invalid"),
        ({"sid": None}, "token-invalid"),
    ],
)
async def test_tokens_of_our_key_must_be_whole(
    connect: Connect, services: Services, changes: dict[str, object], code: str
) -> None:
    """If this failed, a token made for something else, or for ever, would be accepted."""
    answer = await connect(forged(services.settings.secret_key, **changes)).get("/api/auth/me")
    assert (answer.status_code, answer.json()["code"]) == (401, code)


async def test_tokens_of_another_key_or_none_are_refused(connect: Connect) -> None:
    """If this failed, anyone could make tokens."""
    claims = {"sub": "1", "name": ADMIN, "role": "admin", "sid": "s", "aud": "console", "iat": 1, "exp": 9999999999}
    for token in (forged("another secret"), jwt.encode(claims, "", algorithm="none"), "x.y.z", "x"):
        assert (await connect(token).get("/api/auth/me")).json()["code"] == "token-invalid"


async def test_an_invalid_request_does_not_echo_the_password(anonymous: AsyncClient) -> None:
    """If this failed, passwords would end up in error messages and their logs."""
    answer = await anonymous.post("/api/auth/sign-in", json={"name": "", "password": PASSWORD, "extra": PASSWORD})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert PASSWORD not in answer.text


async def test_a_huge_body_is_refused(anonymous: AsyncClient) -> None:
    """If this failed, anyone could fill the memory."""
    answer = await anonymous.post("/api/auth/sign-in", json={"name": "a", "password": "x" * 1_000_000})
    assert (answer.status_code, answer.json()["code"]) == (413, "too-large")
    assert answer.headers["content-type"] == "application/problem+json"

    async def piece_by_piece() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b" " * 50_000

    assert (await anonymous.post("/api/auth/sign-in", content=piece_by_piece())).json()["code"] == "too-large"
    assert (await anonymous.post("/api/users", content=b" " * 1_000_000)).json()["code"] == "token-missing"


async def test_the_password_is_stored_as_argon2id(services: Services) -> None:
    """If this failed, a leaked database would give away passwords."""
    async with services.database.transaction() as session:
        user = await UserRepository(session).by_name(ADMIN)
    assert user is not None
    assert user.password_hash.startswith("$argon2id$")
    assert user.role == Role.ADMIN.label


async def test_a_token_that_was_checked_expires_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """If this failed, a token would count for as long as the process lives, once it was shown in time."""
    monkeypatch.setattr("console.auth.tokens.ACCESS_SECONDS", -10)
    tokens = Tokens("secret-" + "0123456789" * 4)
    token = tokens.issue(7, "ann", Role.VIEWER, "a session")
    assert tokens.verify(token) == tokens.verify(token)
    monkeypatch.setattr("console.auth.tokens.LEEWAY_SECONDS", 5)
    with pytest.raises(UnauthorizedError, match="expired"):
        tokens.verify(token)


async def test_no_more_tokens_are_remembered_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """If this failed, the memory of a process would grow with every access token that was ever shown."""
    monkeypatch.setattr("console.auth.tokens.REMEMBERED", 3)
    tokens = Tokens("secret-" + "0123456789" * 4)
    for number in range(10):
        tokens.verify(tokens.issue(number, "ann", Role.VIEWER, "a session"))
    assert len(tokens._verified) <= 3
