"""The second factor."""

from __future__ import annotations

import time

import pyotp
import pytest
from httpx import AsyncClient, Response
from nacl.exceptions import CryptoError
from sqlalchemy import text, update

from console.api import Services
from console.totp.codes import RECOVERY_CODES, STEP_SECONDS, Vault, new_secret, step_of
from console.totp.models import Totp
from support import ADMIN, PASSWORD, Connect

pytestmark = [pytest.mark.anyio, pytest.mark.database]


async def sign_in(client: AsyncClient, code: str | None = None) -> Response:
    body = {"name": ADMIN, "password": PASSWORD} | ({"code": code} if code else {})
    return await client.post("/api/auth/sign-in", json=body)


async def enrol(admin: AsyncClient, services: Services) -> tuple[pyotp.TOTP, list[str]]:
    """The admin's authenticator app and recovery codes. The time step that confirmed is forgotten again."""
    offered = (await admin.post("/api/auth/totp", json={"password": PASSWORD})).json()
    app = pyotp.TOTP(offered["secret"])
    assert pyotp.parse_uri(offered["uri"]).secret == app.secret
    confirmed = await admin.post("/api/auth/totp/confirm", json={"code": app.now()})
    assert confirmed.status_code == 200, confirmed.text
    async with services.database.transaction() as session:
        await session.execute(update(Totp).values(last_step=0))
    return app, confirmed.json()["recovery_codes"]


async def test_sign_in_takes_a_second_step(admin: AsyncClient, connect: Connect, services: Services) -> None:
    """If this failed, a stolen password alone would be enough."""
    app, _ = await enrol(admin, services)
    client = connect()
    without, wrong = await sign_in(client), await sign_in(client, "not-it")
    assert (without.status_code, without.json()["code"]) == (401, "code-required")
    assert (wrong.status_code, wrong.json()["code"]) == (401, "wrong-code")
    assert not client.cookies
    assert (await sign_in(client, app.now())).status_code == 200


async def test_the_code_is_asked_for_only_after_the_password(
    admin: AsyncClient, connect: Connect, services: Services
) -> None:
    """If this failed, anyone could find out who has a second factor."""
    app, _ = await enrol(admin, services)
    body = {"name": ADMIN, "password": "wrong", "code": app.now()}
    assert (await connect().post("/api/auth/sign-in", json=body)).json()["code"] == "wrong-credentials"


async def test_a_code_is_good_once(admin: AsyncClient, connect: Connect, services: Services) -> None:
    """If this failed, whoever looks over a shoulder could sign in with the same code."""
    app, _ = await enrol(admin, services)
    code = app.now()
    assert (await sign_in(connect(), code)).status_code == 200
    assert (await sign_in(connect(), code)).json()["code"] == "wrong-code"
    earlier = app.at(time.time() - STEP_SECONDS)
    assert (await sign_in(connect(), earlier)).json()["code"] == "wrong-code"


async def test_the_code_that_confirmed_does_not_sign_in(admin: AsyncClient, connect: Connect) -> None:
    """If this failed, the code that was shown while enrolling could be used by whoever saw it."""
    offered = (await admin.post("/api/auth/totp", json={"password": PASSWORD})).json()
    code = pyotp.TOTP(offered["secret"]).now()
    await admin.post("/api/auth/totp/confirm", json={"code": code})
    assert (await sign_in(connect(), code)).json()["code"] == "wrong-code"


async def test_each_recovery_code_is_good_once(admin: AsyncClient, connect: Connect, services: Services) -> None:
    """If this failed, a lost phone would lock its owner out, or a found note would be good for ever."""
    _, codes = await enrol(admin, services)
    assert len(set(codes)) == RECOVERY_CODES
    assert (await sign_in(connect(), codes[0])).status_code == 200
    assert (await sign_in(connect(), codes[0])).json()["code"] == "wrong-code"
    assert (await sign_in(connect(), codes[1].replace("-", " ").lower())).status_code == 200
    state = (await admin.get("/api/auth/totp")).json()
    assert state == {"enabled": True, "recovery_codes_left": RECOVERY_CODES - 2}


async def test_new_recovery_codes_replace_the_old(admin: AsyncClient, connect: Connect, services: Services) -> None:
    """If this failed, a list that was lost could not be made worthless."""
    _, old = await enrol(admin, services)
    assert (await admin.post("/api/auth/totp/recovery-codes", json={"password": "wrong"})).status_code == 403
    new = (await admin.post("/api/auth/totp/recovery-codes", json={"password": PASSWORD})).json()["recovery_codes"]
    assert (await sign_in(connect(), old[0])).json()["code"] == "wrong-code"
    assert (await sign_in(connect(), new[0])).status_code == 200


async def test_it_counts_once_confirmed(admin: AsyncClient, connect: Connect) -> None:
    """If this failed, somebody who scans nothing would be locked out, or a typo would enable it."""
    missing = await admin.post("/api/auth/totp/confirm", json={"code": "000000"})
    await admin.post("/api/auth/totp", json={"password": PASSWORD})
    wrong = await admin.post("/api/auth/totp/confirm", json={"code": "00000" + str(time.time_ns() % 10)})
    assert (missing.json()["code"], wrong.json()["code"]) == ("totp-not-enrolled", "wrong-code")
    assert (await admin.get("/api/auth/totp")).json() == {"enabled": False, "recovery_codes_left": 0}
    assert (await admin.get("/api/users")).json()["users"][0]["second_factor"] is False
    assert (await sign_in(connect())).status_code == 200


async def test_enrolling_and_disabling_need_the_password(
    admin: AsyncClient, connect: Connect, services: Services
) -> None:
    """If this failed, a console left open for a minute could be taken over, or lose its second factor."""
    assert (await admin.post("/api/auth/totp", json={"password": "wrong"})).json()["code"] == "wrong-password"
    await enrol(admin, services)
    assert (await admin.post("/api/auth/totp", json={"password": PASSWORD})).json()["code"] == "totp-enabled"
    assert (await admin.post("/api/auth/totp/disable", json={"password": "wrong"})).json()["code"] == "wrong-password"
    assert (await sign_in(connect())).json()["code"] == "code-required"
    assert (await admin.post("/api/auth/totp/disable", json={"password": PASSWORD})).status_code == 204
    assert (await sign_in(connect())).status_code == 200


async def test_an_admin_can_remove_it(admin: AsyncClient, connect: Connect, services: Services) -> None:
    """If this failed, whoever loses phone and recovery codes could never sign in again."""
    await enrol(admin, services)
    [user] = (await admin.get("/api/users")).json()["users"]
    user_id = user["id"]
    assert user["second_factor"] is True
    assert (await admin.delete(f"/api/users/{user_id}/totp")).status_code == 204
    assert (await admin.patch(f"/api/users/{user_id}", json={})).json()["second_factor"] is False
    assert (await admin.delete(f"/api/users/{user_id}/totp")).status_code == 404
    assert (await sign_in(connect())).status_code == 200


async def test_nothing_readable_is_stored(admin: AsyncClient, services: Services) -> None:
    """If this failed, a leaked database would give the second factors away."""
    app, codes = await enrol(admin, services)
    async with services.database.transaction() as session:
        secret = await session.scalar(text("SELECT secret FROM totp"))
        hashes = (await session.scalars(text("SELECT code_hash FROM recovery_codes"))).all()
    assert app.secret.encode() not in secret
    assert not {code.replace("-", "") for code in codes} & set(hashes)
    assert all(len(one) == 64 for one in hashes)


def test_a_sealed_secret_opens_for_its_owner_and_key_only() -> None:
    """If this failed, whoever can write to the database could give an admin the second factor of their own."""
    vault, secret = Vault("one secret of the console"), new_secret()
    sealed = vault.seal(secret, 1)
    assert vault.open(sealed, 1) == secret
    with pytest.raises(ValueError, match="another user"):
        vault.open(sealed, 2)
    with pytest.raises(CryptoError):
        Vault("another secret of the console").open(sealed, 1)
    with pytest.raises(CryptoError):
        vault.open(sealed[:-1] + bytes([sealed[-1] ^ 1]), 1)


async def test_a_secret_that_cannot_be_read_lets_nobody_in(
    admin: AsyncClient, connect: Connect, services: Services
) -> None:
    """If this failed, a changed SECRET_KEY would be a fault without a word, or a way around the second factor."""
    app, _ = await enrol(admin, services)
    async with services.database.transaction() as session:
        await session.execute(update(Totp).values(secret=b"x" * 64))
    assert (await sign_in(connect(), app.now())).json()["code"] == "wrong-code"


@pytest.mark.parametrize(("steps", "counts"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_which_codes_count(steps: int, *, counts: bool) -> None:
    """If this failed, a clock that is a little off would lock out, or old codes would count for long."""
    secret, now = new_secret(), 1_700_000_000.0
    code = pyotp.TOTP(secret).at(int(now) + steps * STEP_SECONDS)
    assert step_of(secret, code, now) == (now // STEP_SECONDS + steps if counts else None)


def test_rfc_6238() -> None:
    """If this failed, authenticator apps would show other codes than ours (the RFC's own example, six digits)."""
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    assert step_of(secret, "287082", 59) == 1
    assert step_of(secret, "081804", 1111111109) == 1111111109 // 30
