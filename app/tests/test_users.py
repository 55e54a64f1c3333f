"""Users: made, changed, disabled, removed; what somebody may do changes at once."""

from __future__ import annotations

from typing import Any

import pytest
from httpx import AsyncClient, Response

from console.api import Services
from console.auth.revocations import channel_of
from support import ADMIN, OURS, PASSWORD, Connect, bearer, sign_in

pytestmark = [pytest.mark.anyio, pytest.mark.database]

THEIRS = "a password of theirs"


async def make(admin: AsyncClient, name: str = "ann", role: str = "operator") -> dict[str, Any]:
    answer = await admin.post("/api/users", json={"name": name, "role": role, "password": THEIRS})
    assert answer.status_code == 201, answer.text
    user: dict[str, Any] = answer.json()
    return user


async def own_id(admin: AsyncClient) -> int:
    users = (await admin.get("/api/users")).json()["users"]
    return next(int(user["id"]) for user in users if user["name"] == ADMIN)


async def me(client: AsyncClient, signed_in: Response) -> Response:
    return await client.get("/api/auth/me", headers=bearer(signed_in))


async def test_a_new_user_signs_in_with_their_role(admin: AsyncClient, connect: Connect) -> None:
    """If this failed, nobody but the first admin could use the console."""
    made = await make(admin)
    accepted = await sign_in(connect(), "ann", THEIRS)
    assert accepted.json()["user"]["role"] == "operator"
    listed = (await admin.get("/api/users")).json()
    assert [user["name"] for user in listed["users"]] == [ADMIN, "ann"]
    assert made.items() <= (listed["users"][1] | {"last_sign_in_at": None}).items()
    assert listed["users"][1]["last_sign_in_at"] is not None


async def test_the_list_comes_in_pages(admin: AsyncClient) -> None:
    """If this failed, a long list would come all at once, or some users would never be shown."""
    for name in ("ann", "bob", "cid"):
        await make(admin, name)
    names, after = [], "0"
    while after is not None:
        page = (await admin.get("/api/users", params={"after": after, "limit": 2})).json()
        assert len(page["users"]) <= 2
        names += [user["name"] for user in page["users"]]
        after = page["next"]
    assert names == [ADMIN, "ann", "bob", "cid"]


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"name": ADMIN}, 409),
        ({"name": ADMIN.upper()}, 409),
        ({"name": "a b"}, 422),
        ({"name": "a\n"}, 422),
        ({"role": "root"}, 422),
        ({"password": "too short"}, 422),
        ({"disabled": True}, 422),
    ],
)
async def test_what_is_wrong_with_a_new_user(admin: AsyncClient, change: dict[str, object], status: int) -> None:
    """If this failed, two users could share a name, or a role could be made up."""
    body = {"name": "ann", "role": "viewer", "password": THEIRS} | change
    answer = await admin.post("/api/users", json=body)
    assert answer.status_code == status
    assert THEIRS not in answer.text


async def test_a_change_of_role_counts_at_once(admin: AsyncClient, connect: Connect) -> None:
    """If this failed, somebody who is no admin any more would be one until their token expires."""
    user, client = await make(admin, role="admin"), connect()
    signed_in = await sign_in(client, "ann", THEIRS)
    assert (await client.get("/api/users", headers=bearer(signed_in))).status_code == 200
    changed = await admin.patch(f"/api/users/{user['id']}", json={"role": "viewer"})
    assert changed.json() == user | {"role": "viewer", "last_sign_in_at": changed.json()["last_sign_in_at"]}
    assert (await me(client, signed_in)).json()["code"] == "token-stale"
    fresh = await client.post("/api/auth/refresh", headers=OURS)
    assert (await me(client, fresh)).json()["role"] == "viewer"
    assert (await client.get("/api/users", headers=bearer(fresh))).json()["code"] == "forbidden"


async def test_whoever_is_disabled_is_out_at_once(admin: AsyncClient, connect: Connect) -> None:
    """If this failed, somebody who has left would go on reading, or could sign in again."""
    user, client = await make(admin), connect()
    signed_in = await sign_in(client, "ann", THEIRS)
    path = f"/api/users/{user['id']}"
    assert (await admin.patch(path, json={"disabled": True})).json()["disabled"] is True
    assert (await me(client, signed_in)).status_code == 401
    assert (await client.post("/api/auth/refresh", headers=OURS)).json()["code"] == "session-ended"
    assert (await sign_in(client, "ann", THEIRS)).json()["code"] == "wrong-credentials"
    assert (await admin.patch(path, json={"disabled": False})).json()["disabled"] is False
    assert (await sign_in(client, "ann", THEIRS)).status_code == 200


async def test_whoever_is_removed_is_out_at_once(admin: AsyncClient, connect: Connect) -> None:
    """If this failed, a removed user would stay signed in."""
    user, client = await make(admin), connect()
    signed_in = await sign_in(client, "ann", THEIRS)
    assert (await admin.delete(f"/api/users/{user['id']}")).status_code == 204
    assert (await me(client, signed_in)).status_code == 401
    assert (await sign_in(client, "ann", THEIRS)).status_code == 401
    assert (await admin.delete(f"/api/users/{user['id']}")).json()["code"] == "not-found"


async def test_realtime_is_told(admin: AsyncClient, services: Services) -> None:
    """If this failed, an open page would go on showing what its user may not see any more."""
    user = await make(admin)
    pubsub = services.redis.pubsub(ignore_subscribe_messages=True)
    await pubsub.subscribe(channel_of(services.settings.redis_prefix))
    await admin.patch(f"/api/users/{user['id']}", json={"role": "viewer"})
    message = None
    while message is None:
        message = await pubsub.get_message(timeout=1)
    await pubsub.aclose()  # type: ignore[no-untyped-call]
    assert f'"user": {user["id"]}'.encode() in message["data"]


@pytest.mark.parametrize("change", [{"role": "operator"}, {"disabled": True}, None])
async def test_the_last_admin_stays(admin: AsyncClient, change: dict[str, object] | None) -> None:
    """If this failed, a console could lock everybody out, for good."""
    path = f"/api/users/{await own_id(admin)}"
    other = await make(admin, role="admin")
    await admin.patch(f"/api/users/{other['id']}", json={"disabled": True})  # is an admin, but cannot sign in
    refused = await (admin.patch(path, json=change) if change else admin.delete(path))
    assert (refused.status_code, refused.json()["code"]) == (409, "last-admin")
    assert (await admin.patch(path, json={"role": "admin"})).status_code == 200


async def test_one_of_two_admins_may_go(admin: AsyncClient) -> None:
    """If this failed, an admin could never hand over."""
    await make(admin, role="admin")
    assert (await admin.delete(f"/api/users/{await own_id(admin)}")).status_code == 204


async def test_a_reset_password_signs_out_everywhere(admin: AsyncClient, connect: Connect) -> None:
    """If this failed, whoever knew the old password would stay signed in."""
    user, client = await make(admin), connect()
    signed_in = await sign_in(client, "ann", THEIRS)
    body = {"password": "another password of theirs"}
    assert (await admin.put(f"/api/users/{user['id']}/password", json=body)).status_code == 204
    assert (await me(client, signed_in)).json()["code"] == "signed-out"
    assert (await sign_in(client, "ann", THEIRS)).status_code == 401
    assert (await sign_in(client, "ann", body["password"])).status_code == 200


async def test_ones_own_password_needs_the_current_one(admin: AsyncClient, connect: Connect) -> None:
    """If this failed, a console left open for a minute could be taken over for good."""
    elsewhere = connect()
    other = await sign_in(elsewhere)
    wrong = await admin.put("/api/auth/password", json={"current": "wrong", "new": THEIRS})
    assert (wrong.status_code, wrong.json()["code"]) == (403, "wrong-password")
    assert (await me(elsewhere, other)).status_code == 200
    assert (await admin.put("/api/auth/password", json={"current": PASSWORD, "new": THEIRS})).status_code == 204
    assert (await me(elsewhere, other)).json()["code"] == "signed-out"
    assert (await admin.get("/api/auth/me")).status_code == 200
    assert (await sign_in(connect(), ADMIN, PASSWORD)).status_code == 401
    assert (await sign_in(connect(), ADMIN, THEIRS)).status_code == 200
