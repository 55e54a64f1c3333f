"""Guessing passwords: slower with each failure, for an address and for a name; closed while Redis is away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from httpx import ASGITransport, AsyncClient
from redis.asyncio import Redis

from console.api import Services, make_asgi, make_services
from console.auth.attempts import FREE, MOST_SECONDS, Attempts
from console.errors import RateLimitedError
from console.lifecycle import Lifecycle
from console.metrics import Metrics
from support import ADMIN, LONG, OURS, PASSWORD, PUBLIC_URL, Connect, bearer, sign_in
from test_totp import enrol
from test_users import THEIRS

pytestmark = pytest.mark.anyio

HERE, THERE = "192.0.2.1", "198.51.100.1"


async def fail(attempts: Attempts, address: str, name: str, times: int) -> None:
    for _ in range(times):
        await attempts.begin(address, name)


async def wait_of(attempts: Attempts, address: str, name: str) -> int:
    """The seconds that an attempt is told to wait; 0 when it is let through."""
    try:
        await attempts.begin(address, name)
    except RateLimitedError as error:
        return int(error.headers["Retry-After"])
    return 0


async def pass_time(services: Services, attempts: Attempts, address: str, name: str) -> None:
    """Every delay is over."""
    for key in attempts._keys(address, name)[:2]:
        if await services.redis.exists(key):
            await services.redis.hset(key, "until", 0)


async def test_each_failure_doubles_the_delay(services: Services, attempts: Attempts) -> None:
    """If this failed, a password could be guessed as fast for the thousandth time as for the first."""
    await fail(attempts, HERE, "", FREE)
    waits = []
    for number in range(6):
        name = f"name-{number}"
        assert await wait_of(attempts, HERE, name) == 0
        waits.append(round(await wait_of(attempts, HERE, name) / LONG))
        await pass_time(services, attempts, HERE, name)
    assert waits == [1, 2, 4, 8, 8, 8]


async def test_a_name_is_guarded_against_many_addresses(services: Services, attempts: Attempts) -> None:
    """If this failed, a password could be guessed from a thousand addresses, or a name be locked for hours."""
    for number in range(FREE + 1):
        assert await wait_of(attempts, f"198.51.100.{number}", "Ann") == 0
    assert 0.9 < await wait_of(attempts, THERE, "ann") / LONG <= 1
    for number in range(5):
        await pass_time(services, attempts, THERE, "ann")
        await wait_of(attempts, f"203.0.113.{number}", "ann")
    assert 1.9 < await wait_of(attempts, THERE, "ann") / LONG <= 2
    assert await wait_of(attempts, THERE, "bob") == 0


async def test_where_a_user_signed_in_before_nobody_else_locks_them_out(attempts: Attempts) -> None:
    """If this failed, anyone who knows the admin's name could keep the admin out."""
    await attempts.begin(HERE, "ann")
    await attempts.undo(HERE, "ann", succeeded=True)
    for number in range(FREE + 1):
        await attempts.begin(f"198.51.100.{number}", "ann")
    assert await wait_of(attempts, THERE, "ann") > 0
    assert await wait_of(attempts, HERE, "ann") == 0


async def test_a_success_forgets_no_other_failure_of_the_address(attempts: Attempts) -> None:
    """If this failed, an attacker with an account could sign in between guesses and never wait."""
    await fail(attempts, HERE, "ann", FREE)
    await attempts.begin(HERE, "mallory")
    await attempts.undo(HERE, "mallory", succeeded=True)
    assert await wait_of(attempts, HERE, "ann") == 0
    assert await wait_of(attempts, HERE, "ann") > 0


async def test_many_at_the_same_moment_are_counted(attempts: Attempts) -> None:
    """If this failed, a hundred guesses sent at once would all be tried."""
    waits = await asyncio.gather(*(wait_of(attempts, HERE, "ann") for _ in range(40)))
    assert waits.count(0) == FREE + 1


async def test_typed_names_are_not_stored(services: Services, attempts: Attempts) -> None:
    """If this failed, a password in the wrong field would be readable in Redis."""
    await attempts.begin(HERE, "a password")
    keys = attempts._keys(HERE, "a password")
    assert await services.redis.exists(*keys) == 2
    assert not [key for key in keys if "a password" in key]
    lives = [await services.redis.ttl(key) for key in keys[:2]]
    assert all(0 < seconds <= 3600 for seconds in lives)


async def test_the_delays_are_those_of_the_console() -> None:
    """If this failed, an honest user would wait for long, or an attacker for no time."""
    assert (FREE, MOST_SECONDS) == (5, {"address": 900, "name": 60})


@pytest.mark.usefixtures("attempts")
async def test_sign_in_waits_and_says_how_long(connect: Connect) -> None:
    """If this failed, the sign-in itself would not use any of this."""
    for number in range(FREE + 1):
        assert (await sign_in(connect(address=f"198.51.100.{number}"), ADMIN, "wrong")).status_code == 401
    refused = await sign_in(connect(), ADMIN, PASSWORD)
    assert (refused.status_code, refused.json()["code"]) == (429, "rate-limited")
    assert 0.9 < int(refused.headers["retry-after"]) / LONG <= 1


@pytest.mark.parametrize("variant", [f"{ADMIN} ", "ádmin", "admin\u0000"])
async def test_a_variant_of_a_name_is_another_name(connect: Connect, variant: str) -> None:
    """If this failed, the delay of a name could be dodged by what the database takes for the same."""
    assert (await sign_in(connect(), variant)).json()["code"] == "wrong-credentials"


@pytest.mark.usefixtures("attempts")
async def test_guessing_the_second_factor_is_slow_too(admin: AsyncClient, connect: Connect, services: Services) -> None:
    """If this failed, six digits could be guessed by whoever has the password."""
    app, _ = await enrol(admin, services)
    client = connect(address=THERE)
    body = {"name": ADMIN, "password": PASSWORD}
    for number in range(FREE + 1):  # the first step in between costs nothing, and forgives nothing
        where = connect(address=f"203.0.113.{number}")
        assert (await where.post("/api/auth/sign-in", json=body)).json()["code"] == "code-required"
        assert (await where.post("/api/auth/sign-in", json=body | {"code": "x"})).json()["code"] == "wrong-code"
    refused = await client.post("/api/auth/sign-in", json=body | {"code": app.now()})
    assert refused.status_code == 429


@pytest.mark.usefixtures("attempts")
async def test_guessing_ones_own_password_is_slow_too(admin: AsyncClient) -> None:
    """If this failed, an open console would do for guessing its user's password."""
    body = {"current": "wrong", "new": THEIRS}
    codes = [(await admin.put("/api/auth/password", json=body)).status_code for _ in range(FREE + 2)]
    assert codes == [403] * (FREE + 1) + [429]


@pytest.fixture
async def without_redis(services: Services) -> AsyncIterator[AsyncClient]:
    """A replica on the same database whose Redis is away."""
    settings = replace(services.settings, redis_url="redis://console:console@127.0.0.1:9/0")
    alone = make_services(settings, Lifecycle(), services.database)
    transport = ASGITransport(make_asgi(alone, Lifecycle()))
    async with AsyncClient(transport=transport, base_url=PUBLIC_URL) as client:
        yield client
    await alone.redis.aclose()


async def test_without_redis_nobody_signs_in(without_redis: AsyncClient) -> None:
    """If this failed, taking Redis down would be the way to guess passwords without limits."""
    refused = await sign_in(without_redis)
    assert (refused.status_code, refused.json()["code"]) == (503, "unavailable")
    unread = await without_redis.post("/api/auth/sign-in", content=b"{")
    assert unread.status_code == 503  # by the limit of the address, before the body
    assert "console_limiter_closed_total 2.0" in (await without_redis.get("/metrics")).text


async def test_without_redis_attempts_fail_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """If this failed, a Redis that goes between the two checks of a sign-in would open it."""
    redis, metrics = Redis(port=9), Metrics()
    with pytest.raises(Exception, match="not possible for a moment"):
        await Attempts(redis, "console:", metrics).begin(HERE, "ann")
    assert metrics.registry.get_sample_value("console_limiter_closed_total") == 1
    await redis.aclose()


async def test_without_redis_who_is_signed_in_goes_on(anonymous: AsyncClient, without_redis: AsyncClient) -> None:
    """If this failed, an outage of Redis would stop people who only look, or let in who has signed out."""
    headers = bearer(await sign_in(anonymous))
    assert (await without_redis.get("/api/auth/me", headers=headers)).status_code == 200
    assert "console_limiter_fallbacks_total 1.0" in (await without_redis.get("/metrics")).text
    without_redis.cookies.update(anonymous.cookies)
    assert (await without_redis.post("/api/auth/refresh", headers=OURS)).status_code == 200
    await anonymous.post("/api/auth/sign-out", headers=headers)
    assert (await without_redis.get("/api/auth/me", headers=headers)).json()["code"] == "signed-out"
