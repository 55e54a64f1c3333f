"""filter_plugins/upgrades.py: what is upgraded, in which order, what is refused; and the table that says of what."""

from __future__ import annotations

import re

import pytest
import yaml

from filter_plugins.upgrades import upgrade_lines, upgrade_plan, upgrade_problems
from tools.workshop.settings import ROOT

WANTED = {
    "redis": {"redis": "redis:8.0", "exporter": "exporter:v2"},
    "mariadb": {"mariadb": "mariadb:11.8"},
    "traefik": {"traefik": "traefik:v3.8@sha256:new", "socket-proxy": "proxy:v1"},
}
RUNNING = [
    "traefik_socket-proxy proxy:v1@sha256:c",
    "traefik_traefik traefik:v3.7@sha256:a",
    "mariadb_mariadb mariadb:11.8@sha256:b",
    "redis_exporter exporter:v1",
    "shop_web shop:1",
]


def test_what_differs_is_planned_in_the_order_of_the_table() -> None:
    """An upgrade would be left out, be made where nothing differs, or the edge would go first."""
    plan = upgrade_plan(RUNNING, WANTED)
    assert [step["component"] for step in plan] == ["redis", "traefik"]
    assert plan[1]["changes"] == [
        {"service": "traefik_traefik", "from": "traefik:v3.7@sha256:a", "to": "traefik:v3.8@sha256:new"}
    ]
    assert [step["component"] for step in upgrade_plan(RUNNING, WANTED, "traefik")] == ["traefik"]
    assert upgrade_plan(RUNNING, WANTED, "mariadb") == []


def test_an_image_by_digest_runs_only_by_that_digest() -> None:
    """A tag that was pushed anew would count as running."""
    wanted = {"traefik": {"traefik": "traefik:v3.8@sha256:new"}}
    assert upgrade_plan(["traefik_traefik traefik:v3.8@sha256:old"], wanted)
    assert upgrade_plan(["traefik_traefik traefik:v3.8@sha256:new"], wanted) == []


def test_it_is_told_of_each_service() -> None:
    """The operator would not know what is going to happen, or what is left as it is."""
    assert upgrade_lines(RUNNING, WANTED, upgrade_plan(RUNNING, WANTED, "traefik")) == [
        "redis_redis: does not run",
        "redis_exporter: exporter:v1 runs and exporter:v2 is wanted, which is not asked for now",
        "mariadb_mariadb: mariadb:11.8 runs, as it should",
        "traefik_traefik: traefik:v3.7 → traefik:v3.8@sha256:new",
        "traefik_socket-proxy: proxy:v1 runs, as it should",
    ]


@pytest.mark.parametrize(
    ("running", "wanted", "refused"),
    [
        ("mariadb:12.0@sha256:a", "mariadb:11.8", True),
        ("mariadb:11.8.3", "mariadb:11.4", True),
        ("mariadb:11.8-next", "mariadb:11.8", False),
        ("mariadb:11.8", "mariadb:12", False),
        ("registry.example:5000/me/mariadb:12.1", "registry.example:5000/me/mariadb:11.8", True),
        ("mariadb:lts", "mariadb:11.8", False),
    ],
)
def test_going_back_over_newer_data_is_refused(running: str, wanted: str, refused: bool) -> None:
    """An older server would be started on data that it cannot read, and the database would stay away."""
    components = {"mariadb": {"mariadb": wanted}}
    plan = upgrade_plan([f"mariadb_mariadb {running}"], components)
    problems = upgrade_problems(plan, components)
    assert bool(problems) == refused
    assert all("Going back is a restore of a backup, not an upgrade." in one for one in problems)


def test_the_edge_may_go_back() -> None:
    """A version of Traefik that misbehaves could not be left again."""
    components = {"traefik": {"traefik": "traefik:v3.6"}}
    assert upgrade_problems(upgrade_plan(["traefik_traefik traefik:v3.7"], components), components) == []


def test_an_unknown_component_is_refused() -> None:
    """A typo would read as «nothing is to be done»."""
    assert upgrade_problems([], WANTED, "treafik") == ["upgrade_only is treafik; allowed are mariadb, redis, traefik."]


def test_the_table_is_what_the_stack_files_say() -> None:
    """An image that a role deploys would not be looked at, or one would be looked at that runs elsewhere."""
    table = yaml.safe_load((ROOT / "playbooks/vars/components.yml").read_text())["upgrade_components"]
    found = {}
    for file in ROOT.glob("roles/*/templates/stack/stack.yml.j2"):
        images = re.findall(r"^  ([a-z-]+):\n    image: (\{\{ \w+ \}\})$", file.read_text(), re.M)
        if images:  # an app's are its user's
            found[file.parents[2].name] = dict(images)
    assert found == table
