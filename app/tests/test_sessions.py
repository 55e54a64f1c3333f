"""Sessions: refresh tokens that are used once, the list of sign-ins, and their end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from httpx import AsyncClient, Response
from sqlalchemy import update

from console.api import Services
from console.sessions.cookie import COOKIE
from console.sessions.models import Session
from console.sessions.refresh import GRACE_SECONDS, RefreshTokens, Verdict, digest, judge
from support import ADMIN, OURS, Connect, bearer, sign_in

pytestmark = [pytest.mark.anyio, pytest.mark.database]

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
LATER = timedelta(seconds=GRACE_SECONDS + 1)


async def refresh(connect: Connect, token: str, **options: str) -> Response:
    """As a browser that has nothing but this cookie."""
    client = connect(**options)
    client.cookies.set(COOKIE, token)
    answer: Response = await client.post("/api/auth/refresh", headers=OURS)
    return answer


async def time_passes(services: Services) -> None:
    """The last change of tokens was longer ago than the grace."""
    async with services.database.transaction() as session:
        await session.execute(update(Session).values(rotated_at=datetime.now(UTC) - LATER))


async def test_a_refresh_token_is_followed_by_another(
    connect: Connect, anonymous: AsyncClient, services: Services
) -> None:
    """If this failed, a stolen cookie would be good for the whole session without anybody noticing."""
    first = (await sign_in(anonymous)).cookies[COOKIE]
    second = (await refresh(connect, first)).cookies[COOKIE]
    await time_passes(services)
    third = (await refresh(connect, second)).cookies[COOKIE]
    assert len({first, second, third}) == 3


async def test_a_used_token_ends_the_session_for_both(
    connect: Connect, anonymous: AsyncClient, services: Services
) -> None:
    """If this failed, a thief who is one step ahead of the user would stay."""
    signed_in = await sign_in(anonymous)
    stolen = signed_in.cookies[COOKIE]
    current = (await refresh(connect, stolen)).cookies[COOKIE]
    await time_passes(services)
    replayed = await refresh(connect, stolen)
    assert (replayed.status_code, replayed.json()["code"]) == (401, "session-reused")
    assert (await refresh(connect, current)).json()["code"] == "session-ended"
    assert (await anonymous.get("/api/auth/me", headers=bearer(signed_in))).json()["code"] == "signed-out"


async def test_two_tabs_that_refresh_at_once_stay_signed_in(connect: Connect, anonymous: AsyncClient) -> None:
    """If this failed, opening a browser with several tabs would sign its user out."""
    first = (await sign_in(anonymous)).cookies[COOKIE]
    answers = [await refresh(connect, first) for _ in range(3)]
    successor = {answer.cookies[COOKIE] for answer in answers}
    assert len(successor) == 1
    again = await refresh(connect, successor.pop())
    late = await refresh(connect, first)
    assert (again.status_code, "set-cookie" in again.headers) == (200, False)
    assert late.cookies[COOKIE] == answers[0].cookies[COOKIE]


async def test_a_guess_ends_nothing(connect: Connect, anonymous: AsyncClient, services: Services) -> None:
    """If this failed, whoever knows the id of a session could end it."""
    real = (await sign_in(anonymous)).cookies[COOKIE]
    session = real.split(".")[0]
    stranger = RefreshTokens("another secret of the same length")
    for guess in (f"{session}.0.guess", f"{session}.-1.x", session, stranger.make(session, 0)):
        assert (await refresh(connect, guess)).json()["code"] == "session-ended"
    assert (await refresh(connect, real)).status_code == 200


async def test_tokens_of_the_release_before_go_on(connect: Connect, anonymous: AsyncClient, services: Services) -> None:
    """If this failed, the update to this release would sign everyone out."""
    session = (await sign_in(anonymous)).cookies[COOKIE].split(".")[0]
    async with services.database.transaction() as transaction:
        await transaction.execute(update(Session).values(token_hash=digest(f"{session}.as-it-was-made-then")))
    accepted = await refresh(connect, f"{session}.as-it-was-made-then")
    assert accepted.status_code == 200
    await time_passes(services)
    assert (await refresh(connect, accepted.cookies[COOKIE])).status_code == 200


async def test_an_expired_session_is_over(connect: Connect, anonymous: AsyncClient, services: Services) -> None:
    """If this failed, a session would last for ever as long as it is used."""
    token = (await sign_in(anonymous)).cookies[COOKIE]
    async with services.database.transaction() as session:
        await session.execute(update(Session).values(expires_at=datetime.now(UTC) - LATER))
    assert (await refresh(connect, token)).json()["code"] == "session-ended"


TOKENS = RefreshTokens("secret-" * 6)


def entry(generation: int, rotated: timedelta | None) -> Session:
    return Session(
        generation=generation,
        token_hash=digest(TOKENS.make("s", generation)),
        rotated_at=None if rotated is None else NOW - rotated,
    )


@pytest.mark.parametrize("rotated", [None, timedelta(0), timedelta(seconds=GRACE_SECONDS), LATER])
@pytest.mark.parametrize("presented", range(6))
def test_verdict(presented: int, rotated: timedelta | None) -> None:
    """If this failed, one of the rules that the module states would not hold."""
    current, fresh = 3, rotated is not None and rotated < LATER
    expected = (
        Verdict.UNKNOWN
        if presented > current
        else {(True, 3): Verdict.KEEP, (True, 2): Verdict.REPEAT, (False, 3): Verdict.ROTATE}.get(
            (fresh, presented), Verdict.REUSED
        )
    )
    assert judge(entry(current, rotated), TOKENS.read(TOKENS.make("s", presented)), NOW) is expected


async def test_the_list_says_where_one_is_signed_in(connect: Connect) -> None:
    """If this failed, nobody could see that somebody else is signed in as them."""
    desk, phone = connect(address="192.0.2.10"), connect(address="192.0.2.11")
    phone.headers["user-agent"] = "a phone" * 100
    await sign_in(desk)
    here = await sign_in(phone)
    listed = (await phone.get("/api/sessions", headers=bearer(here))).json()["sessions"]
    assert {entry["address"]: entry["current"] for entry in listed} == {"192.0.2.10": False, "192.0.2.11": True}
    mine = next(entry for entry in listed if entry["current"])
    assert mine["user_agent"] == ("a phone" * 100)[:256]
    assert mine["created_at"] == mine["last_used_at"] < mine["expires_at"]


async def test_a_refresh_says_where_it_came_from(connect: Connect) -> None:
    """If this failed, a stolen cookie would be used from elsewhere without a trace in the list."""
    client = connect(address="192.0.2.10")
    token = (await sign_in(client)).cookies[COOKIE]
    moved = await refresh(connect, token, address="198.51.100.7")
    listed = (await client.get("/api/sessions", headers=bearer(moved))).json()["sessions"]
    assert [entry["address"] for entry in listed] == ["198.51.100.7"]


async def test_ending_another_session_leaves_this_one(connect: Connect) -> None:
    """If this failed, a forgotten sign-in elsewhere could not be ended, or only by signing out here."""
    here, there = connect(), connect()
    mine, other = await sign_in(here), await sign_in(there)
    session = other.cookies[COOKIE].split(".")[0]
    ended = await here.delete(f"/api/sessions/{session}", headers=bearer(mine))
    assert (ended.status_code, "set-cookie" in ended.headers) == (204, False)
    assert (await there.get("/api/auth/me", headers=bearer(other))).json()["code"] == "signed-out"
    assert (await here.get("/api/auth/me", headers=bearer(mine))).status_code == 200
    assert (await there.post("/api/auth/refresh", headers=OURS)).json()["code"] == "session-ended"


async def test_a_session_has_one_name(connect: Connect) -> None:
    """If this failed, a session ended by what the database takes for its name would go on where Redis is asked."""
    client = connect()
    signed_in = await sign_in(client)
    session = signed_in.cookies[COOKIE].split(".")[0].upper()
    assert session != session.lower()
    assert (await client.delete(f"/api/sessions/{session}", headers=bearer(signed_in))).status_code == 422


async def test_nobody_ends_the_session_of_somebody_else(viewer: AsyncClient, connect: Connect) -> None:
    """If this failed, one user could sign out another by the id of their session."""
    victim = await sign_in(connect())
    session = victim.cookies[COOKIE].split(".")[0]
    refused = await viewer.delete(f"/api/sessions/{session}")
    assert (refused.status_code, refused.json()["code"]) == (404, "not-found")
    assert (await connect().get("/api/auth/me", headers=bearer(victim))).json()["name"] == ADMIN


async def test_sign_out_everywhere(connect: Connect) -> None:
    """If this failed, someone who lost a phone could not be sure that it is signed out."""
    here, there = connect(), connect()
    mine, other = await sign_in(here), await sign_in(there)
    assert (await here.delete("/api/sessions", headers=bearer(mine))).status_code == 204
    assert COOKIE not in here.cookies
    for answer in (mine, other):
        assert (await connect().get("/api/auth/me", headers=bearer(answer))).json()["code"] == "signed-out"
