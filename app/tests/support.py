"""What several test modules know."""

from __future__ import annotations

from collections.abc import Callable

from httpx import AsyncClient, Response

from console.api import Services
from console.auth.caller import Caller
from console.auth.permissions import Role
from console.gates.gate import Gate
from console.users.models import User

ADMIN = "admin"
PASSWORD = "correct horse battery staple"
REPORTER_TOKEN = "reporter-" + "0123456789" * 4
ALERTS_TOKEN = "alerts-" + "0123456789" * 4
RUNNER_TOKEN = "runner-" + "0123456789" * 4
PUBLIC_URL = "https://console.test"
GATES = (Gate("grafana", "https://grafana.test:8443", Role.VIEWER), Gate("vault", "https://vault.test", Role.ADMIN))
LONG = 100_000  # seconds that do not pass in a test
OURS = {"origin": PUBLIC_URL}  # what a browser sends along with a POST of the console's own pages

# Makes a client of the api: token or None, and the address that it seems to come from.
Connect = Callable[..., AsyncClient]
# Makes a client that is signed in with a role, as a user that the database does not know.
AsRole = Callable[[Role], AsyncClient]


async def sign_in(client: AsyncClient, name: str = ADMIN, password: str = PASSWORD) -> Response:
    """Sign in; the client keeps the cookie."""
    return await client.post("/api/auth/sign-in", json={"name": name, "password": password})


async def begin(services: Services, user_id: int) -> str:
    """The access token of a session that a user has just begun, without a password."""
    async with services.database.transaction() as session:
        user = await session.get_one(User, user_id)
        return (await services.sessions.begin(session, user, Caller())).access.access_token


def bearer(response: Response) -> dict[str, str]:
    """The headers that go on with what a sign-in or a refresh answered."""
    return {"authorization": f"Bearer {response.json()['access_token']}"}
