"""Whether everyone can use a page: by eye, by keyboard, with a screen reader, on a phone."""

from __future__ import annotations

from importlib.resources import files
from typing import Literal

import pytest
from playwright.sync_api import Page, ViewportSize

DESKTOP = ViewportSize(width=1200, height=800)
PHONE = ViewportSize(width=390, height=844)
LOOKS: dict[str, tuple[ViewportSize, Literal["light", "dark"]]] = {
    "desktop-light": (DESKTOP, "light"),
    "phone-dark": (PHONE, "dark"),
}
looks = pytest.mark.parametrize("look", LOOKS)

AXE = (files("axe_playwright_python") / "axe.min.js").read_text()
VIOLATIONS = """async () => (await axe.run()).violations.flatMap(({id, impact, nodes}) =>
    nodes.map((node) => `${impact} ${id}: ${node.html.slice(0, 200)} ${node.any[0]?.message ?? ""}`))"""


def dress(page: Page, look: str) -> None:
    """Give the browser the window and the colours of a look."""
    size, scheme = LOOKS[look]
    page.set_viewport_size(size)
    page.emulate_media(color_scheme=scheme)


def violations(page: Page) -> list[str]:
    """Return what axe finds on the page, each with its impact, rule and element, and whether it is too wide."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE)
    found: list[str] = page.evaluate(VIOLATIONS)
    wide, window = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    return [*found, f"{wide} px wide in a window of {window}"] if wide > window else found
