"""`python -m tools.dashboards`: write the dashboards that differ from their modules, and name them."""

from __future__ import annotations

from grafana_foundation_sdk.cog.encoder import JSONEncoder

from tools.dashboards import backups, console, containers, deploys, host, http, mariadb, overview, redis
from tools.workshop.settings import ROOT

DIRECTORY = ROOT / "roles/grafana/files/dashboards"
MODULES = (overview, host, containers, http, mariadb, redis, console, backups, deploys)


def texts() -> dict[str, str]:
    """Return the content of each file by its name."""
    encoder = JSONEncoder(sort_keys=True, indent=1)
    return {
        f"{one.__name__.rsplit('.', 1)[-1]}.json": encoder.encode(one.dashboard().build()) + "\n" for one in MODULES
    }


def write() -> list[str]:
    """Write what differs, remove what no module makes, and return the names of those files."""
    DIRECTORY.mkdir(parents=True, exist_ok=True)
    wanted = texts()
    there = {path.name: path.read_text() for path in DIRECTORY.glob("*.json")}
    differing = sorted(name for name in wanted.keys() | there.keys() if wanted.get(name) != there.get(name))
    for name in differing:
        if name in wanted:
            (DIRECTORY / name).write_text(wanted[name])
        else:
            (DIRECTORY / name).unlink()
    return differing


if __name__ == "__main__":
    for name in write():
        print(f"written: {(DIRECTORY / name).relative_to(ROOT)}")
