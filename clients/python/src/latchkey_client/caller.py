"""Who calls, and what the credential permits."""

import base64
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

Kind = Literal["login", "session", "api-key", "entity-token", "one-time-token"]
Acl = list[dict[str, Any]]
# A list of organizations, or everywhere.
Where = list[str] | Literal["everywhere"]


@dataclass(frozen=True)
class Caller:
    """Who calls. docs/authorizer.md says who vouches for what.

    `subject` is a user's id for a login and an API key, a customer's for a session, and any id of its issuer's choice for an
    entity token. `key_id` names an API key and opens nothing: the same text as where keys are made and listed.
    """

    kind: Kind
    subject: str
    acl: Acl
    claims: dict[str, Any] = field(default_factory=dict)
    username: str | None = None
    issued_by: str | None = None
    entity: str | None = None
    session_id: str | None = None
    key_id: str | None = None
    audience: str | None = None
    expires_at: datetime | None = None

    def can(self, permission: str, organization: str | None = None) -> bool:
        """Whether the ACL grants `permission` in `organization`; without one, whether it does so everywhere.

        A dimension of a scope that is no organization never matches: dropped, it would widen the ACL.
        """
        return any(
            ("*" in item["permissions"] or permission in item["permissions"])
            and all(name == "organizationId" and organization in values for name, values in item["scope"].items())
            for item in self.acl
        )


def acl_of(allow: Iterable[str], where: Where) -> Acl:
    """The ACL that grants `allow` in `where`."""
    if isinstance(allow, str) or (isinstance(where, str) and where != "everywhere"):
        raise TypeError('`allow` is a list, and `in_` a list or "everywhere"')
    return [{"scope": {} if where == "everywhere" else {"organizationId": list(where)}, "permissions": list(allow)}]


def fingerprint(secret: str) -> str:
    """Names a secret without telling it."""
    return base64.urlsafe_b64encode(hashlib.sha256(secret.encode()).digest())[:22].decode()
