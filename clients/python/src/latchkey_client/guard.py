"""Whether a request may pass, for any framework."""

import re
from collections.abc import Callable
from typing import Any, Literal

from .caller import Caller
from .latchkey import Latchkey
from .session import InvalidSession

# Latchkey makes no other credential.
CREDENTIAL = re.compile(r"[!-~]{1,16384}")
INVALID = {"WWW-Authenticate": 'Bearer error="invalid_token"'}


class Refused(Exception):
    """The request does not pass: `status` 401 or 403, or 503 if nobody knows whether the caller is good."""

    def __init__(self, status: int, title: str, headers: dict[str, str]) -> None:
        super().__init__(title)
        self.status, self.title, self.headers = status, title, headers


class Guard:
    """Decides about requests. A login is never let through: whoever receives one can act as its user.

    - `permission`: what the ACL must grant, in the organization of `in_` or, without `in_`, everywhere.
    - `in_`: where the request's organization comes from. For entity tokens, which need a route of their own, it must be the token's
      entity.
    - `kinds`: the kinds that the route takes.
    - `introspect`: whether Latchkey is asked at each request, and so a revocation seen at once. Without it, a session is verified by
      the public keys. The other kinds need it.
    - `cache`: seconds for which a good answer of `introspect` is kept.
    """

    def __init__(
        self,
        latchkey: Latchkey,
        *,
        permission: str | None = None,
        in_: Callable[[Any], str | None] | None = None,
        kinds: tuple[Literal["session", "api-key", "entity-token"], ...] = ("session",),
        introspect: bool = False,
        cache: float = 0,
    ) -> None:
        self.entities = "entity-token" in kinds
        if not kinds or not set(kinds) <= {"session", "api-key", "entity-token"}:
            raise TypeError("`kinds` are some of session, api-key and entity-token")
        if not introspect and set(kinds) != {"session"}:
            raise TypeError("only sessions are verified without `introspect`")
        if introspect and not latchkey.has_api_key:
            raise TypeError("`introspect` needs an API key: Latchkey(url, api_key=...)")
        if permission == "":
            raise TypeError("a `permission` has a name")
        if not permission and in_ and not self.entities:
            raise TypeError("`in_` needs a `permission`")
        if self.entities and (permission or not in_ or set(kinds) != {"entity-token"}):
            raise TypeError("entity tokens need `in_`, no `permission` and a route of their own: they have no ACL")
        self.latchkey, self.permission, self.in_ = latchkey, permission, in_
        self.kinds, self.introspect, self.cache = kinds, introspect, cache

    def __call__(self, authorization: str | None, request: Any) -> Caller:
        """The caller of a request with this header. Raises Refused."""
        presented = re.fullmatch(r"(?:bearer +)?(\S+)", (authorization or "").strip(), re.IGNORECASE)
        if not presented:
            raise Refused(401, "Unauthorized", {"WWW-Authenticate": "Bearer"})
        if not CREDENTIAL.fullmatch(presented[1]):
            raise Refused(401, "Unauthorized", INVALID)
        try:
            caller = self._ask(presented[1])
        except Exception as error:
            raise Refused(503, "Service Unavailable", {}) from error
        meant = caller and (caller.kind != "session" or caller.audience == self.latchkey.audience)
        if not caller or not meant or caller.kind not in self.kinds:
            raise Refused(401, "Unauthorized", INVALID)
        organization = self.in_(request) if self.in_ else None
        if self.entities:
            permitted = organization is not None and caller.entity == organization
        else:
            permitted = not self.permission or caller.can(self.permission, organization)
        if not permitted:
            raise Refused(403, "Forbidden", {"WWW-Authenticate": 'Bearer error="insufficient_scope"'})
        return caller

    def _ask(self, token: str) -> Caller | None:
        if self.introspect:
            return self.latchkey.introspect(token, cache=self.cache)
        try:
            return self.latchkey.verify_session(token)
        except InvalidSession:
            return None
