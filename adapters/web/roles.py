"""Who may do what: one table from roles to scopes. Routes name a scope; tokens carry some of their maker's."""

from enum import Enum

__all__ = ["SCOPES", "Role", "scopes_of"]


class Role(Enum):
    """What a person is at the centre."""

    AGENT = "agent"
    SUPERVISOR = "supervisor"
    POLICY = "policy_author"
    AUDITOR = "auditor"
    ADMIN = "admin"


SCOPES: dict[str, tuple[Role, ...]] = {
    # An agent's own desk: log in, take calls, say what became of them.
    "desk": (Role.AGENT, Role.SUPERVISOR),
    "board:read": (Role.AGENT, Role.SUPERVISOR, Role.POLICY, Role.AUDITOR, Role.ADMIN),
    "floor:read": (Role.SUPERVISOR, Role.AUDITOR, Role.ADMIN),
    "floor:write": (Role.SUPERVISOR, Role.ADMIN),
    "campaigns:read": (Role.SUPERVISOR, Role.POLICY, Role.AUDITOR, Role.ADMIN),
    "campaigns:write": (Role.SUPERVISOR, Role.ADMIN),
    "accounts:read": (Role.SUPERVISOR, Role.POLICY, Role.AUDITOR, Role.ADMIN),
    "lists:write": (Role.SUPERVISOR, Role.ADMIN),
    "rules:read": (Role.AGENT, Role.SUPERVISOR, Role.POLICY, Role.AUDITOR, Role.ADMIN),
    "rules:write": (Role.POLICY, Role.ADMIN),
    "knowledge:write": (Role.SUPERVISOR, Role.POLICY, Role.ADMIN),
    "audit:read": (Role.AUDITOR, Role.ADMIN),
    "metrics:read": (Role.SUPERVISOR, Role.AUDITOR, Role.ADMIN),
    "users:write": (Role.ADMIN,),
    "tokens:write": (Role.SUPERVISOR, Role.POLICY, Role.ADMIN),
    "webhooks:write": (Role.ADMIN,),
}


def scopes_of(roles: frozenset[Role]) -> frozenset[str]:
    """Every scope that one of the roles has."""
    return frozenset(scope for scope, has in SCOPES.items() if roles & set(has))
