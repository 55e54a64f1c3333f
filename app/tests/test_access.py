"""Access that ends at once, seen from outside: several processes, one user."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import pytest

from backends import Backends
from console.sessions.cookie import COOKIE
from processes import Browser, both, console, sign_in
from support import ADMIN, OURS, PASSWORD

pytestmark = pytest.mark.anyio


async def test_tabs_that_refresh_at_the_same_moment_get_the_same_session(
    migrated: Backends, tmp_path: Path, prefix: str
) -> None:
    """If this failed, the race of two replicas for one session would sign its user out."""
    with (
        console("api", migrated, tmp_path, REDIS_PREFIX=prefix) as one,
        console("api", migrated, tmp_path, REDIS_PREFIX=prefix) as two,
    ):
        one.wait_until_ready("/api/ready")
        two.wait_until_ready("/api/ready")
        credentials = {"name": ADMIN, "password": PASSWORD}
        signed_in = httpx.post(f"{one.url}/api/auth/sign-in", json=credentials, timeout=60)
        headers = OURS | {"cookie": f"{COOKIE}={signed_in.cookies[COOKIE]}"}
        async with httpx.AsyncClient(timeout=60) as client:
            posts = [client.post(f"{api.url}/api/auth/refresh", headers=headers) for api in (one, two) * 5]
            answers = await asyncio.gather(*posts)
        assert [answer.status_code for answer in answers] == [200] * 10
        assert len({answer.cookies[COOKIE] for answer in answers}) == 1


async def test_a_socket_ends_with_its_session(migrated: Backends, tmp_path: Path, prefix: str) -> None:
    """If this failed, a page that somebody else has open would go on showing the platform after the sign-out."""
    with both(migrated, tmp_path, prefix) as (api, realtime):
        credentials, browsers, tokens = {"name": ADMIN, "password": PASSWORD}, [Browser(), Browser()], []
        for browser in browsers:
            answer = httpx.post(f"{api.url}/api/auth/sign-in", json=credentials, timeout=60)
            tokens.append(answer.json()["access_token"])
            await browser.connect(realtime, tokens[-1], transports=["websocket"])
            await browser.next_snapshot()
        httpx.post(f"{api.url}/api/auth/sign-out", headers={"authorization": f"Bearer {tokens[0]}"}, timeout=60)
        async with asyncio.timeout(60):
            await browsers[0].gone.wait()
        assert browsers[1].client.connected
        await browsers[1].client.disconnect()


async def test_a_socket_ends_when_its_user_is_disabled(migrated: Backends, tmp_path: Path, prefix: str) -> None:
    """If this failed, somebody who has left would go on watching on a page that is still open."""
    with both(migrated, tmp_path, prefix) as (api, realtime):
        token = await sign_in(api)
        with httpx.Client(base_url=api.url, headers={"authorization": f"Bearer {token}"}, timeout=60) as admin:
            theirs = {"name": "leaver", "password": PASSWORD}
            path = f"/api/users/{admin.post('/api/users', json=theirs | {'role': 'viewer'}).json()['id']}"
            try:
                stays = Browser()
                await stays.connect(realtime, token, transports=["websocket"])
                for change in ({"role": "operator"}, {"disabled": True}):
                    changed = Browser()
                    access = admin.post("/api/auth/sign-in", json=theirs).json()["access_token"]
                    await changed.connect(realtime, access, transports=["websocket"])
                    await changed.next_snapshot()
                    assert admin.patch(path, json=change).status_code == 200
                    async with asyncio.timeout(60):
                        await changed.gone.wait()
                assert stays.client.connected
                await stays.client.disconnect()
            finally:
                admin.delete(path)
