"""A user who is logged in, with the API keys and entity tokens that a login gives access to."""

import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import httpx
import jwt

from .caller import Acl, Where, acl_of, fingerprint
from .generated.api.auth_headers import authheader_add, authheader_delete, authheader_list
from .generated.api.entity_tokens import (
    entity_token_create,
    entity_token_delete,
    entity_token_get,
    entity_token_refresh,
    entity_token_update,
)
from .generated.api.login import user_logout, user_renew
from .generated.models import (
    AuthHeader,
    AuthHeaderDeleteRequest,
    AuthHeaderRequest,
    EntityToken,
    EntityTokenRefreshRequest,
    EntityTokenSettings,
)
from .generated.models import Login as User
from .problem import Problem

if TYPE_CHECKING:
    from .latchkey import Latchkey

# A JWT is renewed so long before it ends; one that lives less than twice as long, at half of its life.
MARGIN_SECONDS = 600
LEAST_GAIN_SECONDS = 2
# What failed is tried again so much later, while the JWT is good.
PAUSE_SECONDS = 10


@dataclass(frozen=True)
class Key:
    """An API key. `acl` is what it was restricted to, as Latchkey repeats it."""

    id: str
    name: str
    token: str = field(repr=False)
    created: datetime
    acl: Acl | None
    key_id: str


class Login:
    """Every call renews the JWT when it is about to end. Threads may share a login."""

    def __init__(self, latchkey: "Latchkey", user: User, again: Callable[[], User] | None) -> None:
        """`again` logs in once more, after the session has ended."""
        self._latchkey = latchkey
        self._again = again
        # Why there is no other login.
        self._refusal: Problem | None = None
        self._lock = threading.RLock()
        # The session is at its end: no renewal goes beyond it.
        self._last = False
        self._paused_until = 0.0
        self._keep(user)
        self.keys = Keys(latchkey, self)

    def _keep(self, user: User) -> None:
        # `iat` and `exp` are of the server's clock; their difference is of any.
        claims = jwt.decode(user.token, options={"verify_signature": False})
        self._life = claims["exp"] - claims["iat"]
        self._ends = time.time() + self._life
        self.user = user

    @property
    def token(self) -> str:
        """The login JWT, for Latchkey alone: whoever has it can act as the user."""
        return self.user.token

    @property
    def ends_at(self) -> datetime:
        """When the JWT ends, by the clock of this machine."""
        return datetime.fromtimestamp(self._ends, UTC)

    @property
    def ended(self) -> bool:
        return time.time() >= self._ends

    def renew_if_needed(self) -> None:
        """Gets another JWT if this one is about to end. Concurrent calls make one request."""
        with self._lock:
            now = time.time()
            due = self._ends - now <= min(MARGIN_SECONDS, self._life / 2)
            if due and (self.ended or now >= self._paused_until):
                self._renew()

    def _renew(self) -> None:
        before = self._ends
        try:
            if not self._last or self.ended:
                self._keep(self._latchkey.call(user_renew, headers=self._bearer()))
        except (Problem, httpx.TransportError) as error:
            over = isinstance(error, Problem) and error.status == 401
            if over:
                self._ends = 0
            if not self.ended:
                self._pause()
                return
            if over and self._refusal:
                raise self._refusal from error
            if not over or not self._again:
                raise
        self._last = self._ends - before < LEAST_GAIN_SECONDS
        if self._last and self._again:
            self._enter_again(self._again)

    def _enter_again(self, again: Callable[[], User]) -> None:
        try:
            self._keep(again())
            self._last = False
        except (Problem, httpx.TransportError) as error:
            # A password that is refused is not tried again: Latchkey counts, and ends by disabling it.
            if isinstance(error, Problem) and error.status < 429:
                self._again, self._refusal = None, error
            if self.ended:
                raise
            self._pause()

    def _pause(self) -> None:
        self._paused_until = time.time() + PAUSE_SECONDS

    def _bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def headers(self) -> dict[str, str]:
        """The header of a call in this user's name."""
        self.renew_if_needed()
        return self._bearer()

    def logout(self) -> None:
        """Ends the login, every JWT of it."""
        self._latchkey.call(user_logout, headers=self._bearer())
        self._ends = 0

    def entity(self, entity_id: str, user_id: str) -> "EntityTokens":
        """The token of `user_id` in `entity_id`. Its calls need the API key of the `Latchkey` besides this login."""
        return EntityTokens(self._latchkey, self, entity_id, user_id)


class Keys:
    """The API keys of a user who is logged in."""

    def __init__(self, latchkey: "Latchkey", login: Login) -> None:
        self._latchkey = latchkey
        self._login = login

    def create(self, name: str, *, allow: list[str], in_: Where, idempotency_key: str | None = None) -> Key:
        """Makes a key that can do `allow`, in the organizations of `in_` or everywhere, and no more.

        Raises, and revokes the key, if Latchkey does not confirm exactly that. Name the request yourself by `idempotency_key` if a
        user's double click may repeat it.
        """
        acl = acl_of(allow, in_)
        body = AuthHeaderRequest.from_dict({"name": name, "acl": acl})
        headers, name_of_request = self._login.headers(), idempotency_key or str(uuid.uuid4())
        key = _key(self._latchkey.call(authheader_add, headers=headers, body=body, idempotency_key=name_of_request))
        if key.acl != acl:
            self.delete(key.id)
            raise RuntimeError("Latchkey did not confirm the restriction of the API key, so the key is revoked")
        return key

    def list(self) -> "list[Key]":
        """All keys, with their secrets, oldest first."""
        return [_key(found) for found in self._latchkey.call(authheader_list, headers=self._login.headers())]

    def delete(self, id: str) -> None:
        """Revokes a key, by its id or the key itself."""
        self._latchkey.call(authheader_delete, headers=self._login.headers(), body=AuthHeaderDeleteRequest(text=id))


def _key(found: AuthHeader) -> Key:
    acl = [item.to_dict() for item in found.acl] if found.acl else None
    return Key(str(found.id), found.name, found.token, found.created, acl, fingerprint(found.token))


class EntityTokens:
    """The token of a user in an entity."""

    def __init__(self, latchkey: "Latchkey", login: Login, entity_id: str, user_id: str) -> None:
        self._latchkey = latchkey
        self._login = login
        self._path = (entity_id, user_id)

    def _call(self, operation, **parameters) -> EntityToken:
        self._login.renew_if_needed()
        acting = {"userid": self._login.user.id, "token": self._login.token}
        return self._latchkey.call(operation, *self._path, headers=self._latchkey.by_key(), **acting, **parameters)

    def create(self, *, expiry: datetime | None = None, flags: list[str] | None = None) -> EntityToken:
        """Issues a token; a live one is returned as it is."""
        return self._call(entity_token_create, body=_settings(expiry, flags))

    def get(self) -> EntityToken:
        return self._call(entity_token_get)

    def update(self, *, expiry: datetime | None = None, flags: list[str] | None = None) -> EntityToken:
        return self._call(entity_token_update, body=_settings(expiry, flags))

    def refresh(self, presented: str) -> EntityToken:
        """The successor of the token that the customer's program presents, which stops working."""
        if not presented:
            raise TypeError("refresh needs the presented token: without it, a stolen token is never noticed")
        return self._call(entity_token_refresh, body=EntityTokenRefreshRequest(authentication_token=presented))

    def delete(self) -> None:
        self._call(entity_token_delete)


def _settings(expiry: datetime | None, flags: list[str] | None) -> EntityTokenSettings:
    settings = {"expiry": expiry and expiry.isoformat(), "flags": flags}
    return EntityTokenSettings.from_dict({name: value for name, value in settings.items() if value is not None})
