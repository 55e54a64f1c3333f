"""The console's database on the local VPS."""

from __future__ import annotations

import shlex

PASSWORD = "grep -o 'console:[^@]*@' /opt/skerry/stacks/console/current/secrets/database_url | cut -d: -f2 | tr -d @"
"""The shell command that prints the password of the console's user, for a client to read from its input."""


def sql(statement: str) -> str:
    """Return the shell command that runs a statement as root in the database of the console."""
    find = "docker ps --quiet --filter label=com.docker.swarm.service.name=mariadb_mariadb"
    return f"docker exec --user 0 $({find}) mariadb --skip-column-names console --execute {shlex.quote(statement)}"
