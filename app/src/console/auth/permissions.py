"""Who may do what: roles, permissions, and the one table that ties them together."""

from __future__ import annotations

from enum import IntEnum, StrEnum


class Role(IntEnum):
    """What a user is; each includes the ones below it."""

    VIEWER = 1
    OPERATOR = 2
    ADMIN = 3

    @property
    def label(self) -> str:
        """As it is stored and shown."""
        return self.name.lower()

    @classmethod
    def of(cls, label: str) -> Role:
        """The role with this label. Raises KeyError."""
        return cls[label.upper()]


class Permission(StrEnum):
    """What a route may ask for."""

    OWN = "own"  # one's own profile, password and sessions
    SERVICES_READ = "services:read"
    METRICS_READ = "metrics:read"
    ALERTS_READ = "alerts:read"
    ALERTS_ACKNOWLEDGE = "alerts:acknowledge"
    DEPLOYS_READ = "deploys:read"
    BACKUPS_READ = "backups:read"
    JOBS_READ = "jobs:read"
    JOBS_RUN = "jobs:run"  # those whose definition names the role
    USERS_READ = "users:read"
    USERS_WRITE = "users:write"
    AUDIT_READ = "audit:read"
    TOKENS_WRITE = "tokens:write"


_VIEWER = frozenset(
    {
        Permission.OWN,
        Permission.SERVICES_READ,
        Permission.METRICS_READ,
        Permission.ALERTS_READ,
        Permission.DEPLOYS_READ,
        Permission.BACKUPS_READ,
        Permission.JOBS_READ,
    }
)
_OPERATOR = _VIEWER | {Permission.ALERTS_ACKNOWLEDGE, Permission.JOBS_RUN}

PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.VIEWER: _VIEWER,
    Role.OPERATOR: _OPERATOR,
    Role.ADMIN: frozenset(Permission),
}

# What a machine token may have at most, whatever its role: nothing by which it could make itself more.
MACHINE_SCOPES = PERMISSIONS[Role.OPERATOR] - {Permission.OWN}
