"""What the operator is shown: the table at the end of `make up`, and `make status`."""

from __future__ import annotations

import http.client

from tools.workshop import containers, engine, inventory, site, vps
from tools.workshop.settings import VPS_HOST, Settings
from tools.workshop.shell import WorkshopError
from tools.workshop.stages import Stages

SERVICES = "docker service ls --format 'table {{.Name}}\\t{{.Replicas}}\\t{{.Image}}'"


def table(rows: list[tuple[str, str]]) -> str:
    """Return two aligned columns."""
    width = max(len(left) for left, _ in rows)
    return "\n".join(f"  {left:<{width}}  {right}" for left, right in rows)


def farewell(settings: Settings, stages: Stages) -> None:
    """Print where everything is; of secrets only where they stand."""
    local = settings.local.relative_to(settings.root)
    print(f"\nSkerry is up ({stages.elapsed:.0f} s).\n")
    print(
        table(
            [
                ("Console", settings.url),
                ("Sign in", f"{inventory.ADMIN_USER}, with the password in {local}/admin-password"),
                ("Authority to trust", f"{local}/ca.pem, as in curl --cacert {local}/ca.pem {settings.url}/api/health"),
                ("Shell on the VPS", f"make ssh ({settings.address(VPS_HOST)}, {settings.distro})"),
                ("For scripts", f". {local}/env"),
                ("Other secrets", "ansible-vault view inventories/local/group_vars/all/vault.yml"),
            ]
        )
    )


def show(settings: Settings) -> int:
    """Print containers, services and certificate; return 1 where the console does not answer."""
    if not engine.answers():
        raise WorkshopError("no Docker engine answers", "`make up` starts one")
    print(f"Containers of the workshop {settings.name}")
    rows = []
    for name in containers.of_workshop(settings):
        rows.append((name, engine.inspect("container", name, "{{.State.Status}} since {{.State.StartedAt}}") or ""))
    print(table(rows) if rows else "  none: `make up` starts them")
    vps.require(settings)
    print("\nServices on the VPS")
    try:
        listed = vps.remote(settings, SERVICES, timeout=20)
    except WorkshopError as error:
        listed = f"not to be had: {error}"
    print("\n".join(f"  {line}" for line in listed.splitlines()))
    print("\nConsole")
    try:
        print(f"  {settings.url} answers; certificate by {site.issuer(settings)}")
    except (OSError, http.client.HTTPException) as error:
        print(f"  {settings.url} does not answer over verified HTTPS: {error}")
        return 1
    return 0
