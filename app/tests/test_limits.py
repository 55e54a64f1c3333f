"""Rate limits."""

from __future__ import annotations

import asyncio

import pytest
from httpx import AsyncClient
from limits import parse

from console.api import Services
from console.auth.limits import Limiter, address_key
from console.auth.permissions import Role
from console.auth.revocations import Revocations
from console.auth.tokens import Principal
from console.cache import make_redis
from console.errors import RateLimitedError, UnauthorizedError
from console.metrics import Metrics
from console.settings import ApiSettings
from support import Connect

pytestmark = pytest.mark.anyio

WRONG = {"name": "admin", "password": "wrong"}


def assert_about_ten(codes: list[int], accepted: int) -> None:
    """Ten were accepted, or two more where one sliding window has passed into the next; then none."""
    count = codes.count(accepted)
    assert 10 <= count <= 12, codes
    assert codes == [accepted] * count + [429] * (len(codes) - count)


async def test_sign_in_is_limited_by_address(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    """If this failed, passwords could be tried without end, or one attacker would lock out everyone."""
    monkeypatch.setattr("console.auth.attempts.FREE", 100)
    attacker, other = connect(address="192.0.2.1"), connect(address="192.0.2.2")
    answers = [(await attacker.post("/api/auth/sign-in", json=WRONG)) for _ in range(14)]
    assert_about_ten([answer.status_code for answer in answers], 401)
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 60
    assert answers[-1].json()["code"] == "rate-limited"
    assert (await other.post("/api/auth/sign-in", json=WRONG)).status_code == 401


async def test_an_invalid_sign_in_counts_too(connect: Connect) -> None:
    """If this failed, the limiter could be dodged with requests that fail early."""
    client = connect()
    assert_about_ten([(await client.post("/api/auth/sign-in", content=b"{")).status_code for _ in range(14)], 422)


async def test_replicas_share_one_limit(services: Services, settings: ApiSettings) -> None:
    """If this failed, each replica would allow the whole limit again."""
    item = parse("10/hour")
    redis = [make_redis(settings.redis_url) for _ in range(2)]
    replicas = [Limiter(client, settings.redis_prefix, Metrics()) for client in redis]

    async def hit(number: int) -> bool:
        try:
            await replicas[number % 2].hit(item, "user:1")
        except RateLimitedError:
            return False
        return True

    accepted = sum(await asyncio.gather(*(hit(number) for number in range(40))))
    for client in redis:
        await client.aclose()
    assert accepted == 10


async def test_without_redis_the_process_limits(closed_port: ApiSettings) -> None:
    """If this failed, an outage of Redis would lift the limits, or stop every request."""
    redis, metrics, item = make_redis(closed_port.redis_url), Metrics(), parse("3/minute")
    limiter = Limiter(redis, "console:", metrics)
    for _ in range(3):
        await limiter.hit(item, "user:1")
    with pytest.raises(RateLimitedError):
        await limiter.hit(item, "user:1")
    assert metrics.registry.get_sample_value("console_limiter_fallbacks_total") == 4
    await redis.aclose()


async def test_users_are_counted_apart(viewer: AsyncClient, services: Services) -> None:
    """If this failed, one busy user would use up the limit of others."""
    for _ in range(20):
        assert (await viewer.get("/api/auth/me")).status_code == 200


async def test_an_ended_session_uses_up_no_limit(services: Services) -> None:
    """If this failed, whoever has an old token of somebody's could keep them out by asking all the time."""
    revocations, item = Revocations(services.redis, services.settings.redis_prefix), parse("2/hour")
    ended, live = (Principal("user:7", "ann", Role.VIEWER, user_id=7, session=name) for name in ("ended", "live"))
    await services.admission.admit(ended, item)
    await revocations.end(7, ["ended"])
    for _ in range(5):
        with pytest.raises(UnauthorizedError):
            await services.admission.admit(ended, item)
    await services.admission.admit(live, item)
    with pytest.raises(RateLimitedError):
        await services.admission.admit(live, item)
    await revocations.outdate(7, 1)
    with pytest.raises(UnauthorizedError):  # who no longer counts is told that, however often they have asked
        await services.admission.admit(live, item)


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("192.0.2.1", "address:192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "address:2001:db8:1:2::"),
        ("", "address:unknown"),
    ],
)
def test_address_key(address: str, key: str) -> None:
    """If this failed, an IPv6 client could take a new address for each attempt."""
    assert address_key(address) == key
