"""People who are signed in, each with a browser profile of their own."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Response, expect

GUESTS = "e2e-"
"""How the names begin of those whom the tests make, and remove again."""

# `fetch` in a document of the console's own origin that is not the console: what is refused here stands in no log of
# the page that is watched.
ASK = """async ([method, path, body, token]) => {
    const headers = {authorization: `Bearer ${token}`, "content-type": "application/json"};
    const answer = await fetch(path, {method, headers, body: body === null ? undefined : JSON.stringify(body)});
    return {status: answer.status, body: await answer.json().catch(() => null)};
}"""


def watch(page: Page) -> list[str]:
    """Return a list that fills with errors in the browser's console, exceptions, and answers of 400 and above.

    The refresh that finds no session is refused, as it must be, and not among them.
    """
    complaints: list[str] = []

    def said(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not message.location["url"].endswith("/api/auth/refresh"):
            complaints.append(message.text)

    def answered(response: Response) -> None:
        if response.status >= 400 and not response.url.endswith("/api/auth/refresh"):
            complaints.append(f"{response.status} {response.request.method} {response.url}")

    page.on("console", said)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("response", answered)
    return complaints


def sign_in(page: Page, name: str, password: str) -> None:
    """Fill the form with the keyboard, as a person without a mouse does.

    Once more where the browser gave the request up: Chromium does (ERR_NETWORK_CHANGED) when an interface of this
    machine comes or goes, as those of containers beside it do.
    """
    given_up: list[str] = []

    def failed(request: Request) -> None:
        if request.failure == "net::ERR_NETWORK_CHANGED":
            given_up.append(request.url)

    page.on("requestfailed", failed)
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(password)
    for _ in range(3):
        given_up.clear()
        page.get_by_label("Password").press("Enter")
        expect(page.get_by_role("button", name="Signing in…")).to_have_count(0)
        if not any(url.endswith("/api/auth/sign-in") for url in given_up):
            break
    page.remove_listener("requestfailed", failed)


@dataclass
class Person:
    """Somebody with an account. `complaints` is what `watch` found on their page."""

    name: str
    password: str = field(repr=False)
    context: BrowserContext
    page: Page
    complaints: list[str]
    _token: str = field(default="", repr=False)
    _asking: Page | None = field(default=None)

    @classmethod
    def arrive(cls, browser: Browser, url: str, name: str, password: str) -> Person:
        """Open the console's first page in a fresh profile that speaks English."""
        context = browser.new_context(base_url=url, locale="en-GB", ignore_https_errors=False)
        context.set_default_timeout(60_000)
        page = context.new_page()
        person = cls(name, password, context, page, watch(page))
        page.on("request", person._remember)
        page.goto("/")
        return person

    def settle(self) -> None:
        """Wait until they are in, and what is live is."""
        expect(self.page.get_by_role("button", name="Sign out")).to_be_visible()
        expect(self.page.locator("[data-connection]")).to_have_text("Live")

    def open(self, page: str) -> None:
        """Go to a page of the navigation by its link."""
        link = self.page.get_by_role("navigation").get_by_role("link", name=page)
        link.click()
        expect(link).to_have_attribute("aria-current", "page")

    def links(self) -> list[str]:
        """Return the pages that the navigation offers, by their addresses."""
        found = self.page.get_by_role("navigation").get_by_role("link").all()
        return [(link.get_attribute("href") or "").removeprefix("#/") for link in found]

    def ask(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        """Call the API by hand in this person's name; return status and body of the answer.

        Where they must prove that it is them, they do, and ask again.
        """
        status, answer = self._fetch(method, path, body)
        if status == 403 and answer["code"] == "confirm-identity":
            self.prove()
            return self._fetch(method, path, body)
        return status, answer

    def prove(self) -> None:
        """Give the password once more: what needs that is possible now, and for ten minutes."""
        status, problem = self._fetch("POST", "/api/auth/confirm", {"password": self.password})
        assert status == 204, problem

    def _fetch(self, method: str, path: str, body: object) -> tuple[int, Any]:
        if self._asking is None:
            self._asking = self.context.new_page()
            self._asking.goto("/healthz")
        answer = self._asking.evaluate(ASK, [method, path, body, self._token])
        return answer["status"], answer["body"]

    def _remember(self, request: Request) -> None:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme == "Bearer":
            self._token = token


def make_guest(admin: Person, name: str, role: str, password: str) -> str:
    """Make an account in the admin's name; return its name."""
    status, body = admin.ask("POST", "/api/users", {"name": f"{GUESTS}{name}", "role": role, "password": password})
    assert status == 201, body
    return f"{GUESTS}{name}"


def remove_guests(admin: Person, beginning: str = GUESTS) -> None:
    """Remove every account that the tests have made, now or in a run before; or those whose names so begin."""
    _, body = admin.ask("GET", "/api/users")
    for user in body["users"]:
        if user["name"].startswith(beginning):
            status, problem = admin.ask("DELETE", f"/api/users/{user['id']}")
            assert status == 204, problem
