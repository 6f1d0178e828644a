"""A running Latchkey, and your backend's credential for it."""

import threading
import time
import uuid
from collections import OrderedDict
from datetime import UTC, datetime
from types import ModuleType
from typing import Any

import httpx

from . import retry
from .caller import Caller, Where, acl_of, fingerprint
from .generated.api.login import user_login
from .generated.api.one_time_tokens import authentication_token_create, authentication_token_exchange
from .generated.api.sessions import introspect, session_delete
from .generated.client import Client
from .generated.models import (
    AuthenticationToken,
    ExchangeRequest,
    IntrospectionRequest,
    LoginRequest,
    PasswordlessTokenRequest,
    Session,
)
from .generated.models import Login as User
from .login import Login
from .problem import Problem
from .session import SessionVerifier

CACHE_ENTRIES = 10_000


class Latchkey:
    """Create one for each process: it holds the connections, the public keys and the cache of `introspect`. Threads may share it."""

    def __init__(
        self,
        url: str,
        *,
        api_key: str | None = None,
        issuer: str | None = None,
        audience: str | None = None,
        algorithms: tuple[str, ...] = ("ES256",),
        clock_tolerance: float = 0,
        retries: int = 2,
        timeout: float = 10,
    ) -> None:
        """`issuer` is `iss` of the JWTs, `url` by default; `audience` is `aud` of the sessions, the issuer by default. `algorithms`
        are those that your deployment signs with. `clock_tolerance` is for verifying sessions, in seconds, 30 at most. `retries` is
        how often a request that is safe to repeat is repeated, `timeout` when one counts as lost, in seconds.
        """
        if not 0 <= clock_tolerance <= 30:
            raise ValueError("clock_tolerance must be 0 to 30 seconds")
        url = url.rstrip("/")
        issuer = issuer or url
        self.audience = audience or issuer
        self.one_time = OneTime(self)
        # Verifies a session's JWT by the public keys alone: no request, and no knowledge of a revocation. Raises InvalidSession.
        self.verify_session = SessionVerifier(url, issuer, self.audience, list(algorithms), clock_tolerance)
        self._api_key = api_key
        self._retries = retries
        self._client = Client(url, headers={"Accept": "application/json"}, timeout=httpx.Timeout(timeout))
        self._known: OrderedDict[str, tuple[Caller, float]] = OrderedDict()
        self._known_lock = threading.Lock()

    def call(self, operation: ModuleType, *path: str, headers: dict[str, str] | None = None, **parameters: Any) -> Any:
        """Calls any operation of the contract, a module under `latchkey_client.generated.api`, with the same retries. Raises Problem."""
        request = operation._get_kwargs(*path, **parameters)
        # The generated code leaves a header that is a UUID as it is, which httpx refuses.
        request["headers"] = {name: str(value) for name, value in {**request.get("headers", {}), **(headers or {})}.items()}
        response = retry.request(self._client.get_httpx_client(), self._retries, **request)
        if not response.is_success:
            raise Problem(response)
        return operation._parse_response(client=self._client, response=response)

    @property
    def has_api_key(self) -> bool:
        """Whether this backend has a credential of its own, as `introspect` and `one_time` need."""
        return bool(self._api_key)

    def by_key(self) -> dict[str, str]:
        """The header of a call in the name of this backend."""
        if not self._api_key:
            raise TypeError("this call needs an API key: Latchkey(url, api_key=...)")
        return {"apikey": self._api_key}

    def login(self, username: str, password: str, *, stay: bool = False) -> Login:
        """Logs in. With `stay`, for a backend's own user, the password is kept in memory and the login begins again when its session
        has ended.
        """

        def enter() -> User:
            return self.call(user_login, body=LoginRequest(username=username, password=password))

        return Login(self, enter(), enter if stay else None)

    def introspect(self, token: str, *, cache: float = 0) -> Caller | None:
        """What Latchkey says of a credential now; None if it is not good. With `cache`, a good answer is kept for so many seconds,
        under a hash of the credential, and a revocation takes as much longer.
        """
        id, now = fingerprint(token), time.time()
        with self._known_lock:
            known = self._known.get(id)
        # A clock that was set back makes an answer no younger.
        if known and 0 <= now - known[1] < cache and not (known[0].expires_at and known[0].expires_at.timestamp() <= now):
            return known[0]
        body = IntrospectionRequest(token=token)
        said = self.call(introspect, headers=self.by_key(), body=body).to_dict()
        found = _caller(said, id) if said["active"] else None
        with self._known_lock:
            self._known.pop(id, None)
            if found and cache > 0:
                self._known[id] = (found, now)
            if len(self._known) > CACHE_ENTRIES:
                self._known.popitem(last=False)
        return found

    def exchange(
        self, token: str, *, idempotency_key: str | None = None, one_time_password: str | None = None
    ) -> Session:
        """Exchanges a one-time token for a session. Of any number of concurrent exchanges, one succeeds.

        `idempotency_key` is a name for this exchange that nobody guesses; with the same one, a repetition returns the same session.
        """
        body = ExchangeRequest.from_dict({"oneTimePassword": one_time_password} if one_time_password else {})
        name_of_request = idempotency_key or str(uuid.uuid4())
        return self.call(authentication_token_exchange, token, body=body, idempotency_key=name_of_request)

    def end_session(self, id: str) -> None:
        """Ends a session that your API key began. Who verifies by the public keys alone accepts its JWT until it expires."""
        self.call(session_delete, id, headers=self.by_key())


class OneTime:
    """One-time tokens: you give one to a customer, and whoever holds it exchanges it, once, for a session."""

    def __init__(self, latchkey: Latchkey) -> None:
        self._latchkey = latchkey

    def create(
        self,
        customer_id: str,
        *,
        allow: list[str] | None = None,
        in_: Where | None = None,
        claims: dict[str, Any] | None = None,
        expires_at: datetime | None = None,
        otp_required: bool = False,
        idempotency_key: str | None = None,
    ) -> AuthenticationToken:
        """A token for a customer, whose session may do `allow` in `in_`; nothing without them.

        `otp_required`: Latchkey mails six digits to the customer, which the exchange then needs.
        """
        if (allow is None) != (in_ is None):
            raise TypeError("`allow` and `in_` go together")
        fields = {
            "mode": "passwordless",
            "customerId": customer_id,
            "otpRequired": otp_required,
            "acl": acl_of(allow, in_) if allow is not None and in_ is not None else None,
            "customClaims": claims,
            "expiredTime": expires_at and expires_at.isoformat(),
        }
        body = PasswordlessTokenRequest.from_dict({name: value for name, value in fields.items() if value is not None})
        name_of_request = idempotency_key or str(uuid.uuid4())
        headers = self._latchkey.by_key()
        return self._latchkey.call(authentication_token_create, headers=headers, body=body, idempotency_key=name_of_request)


def _caller(said: dict[str, Any], id: str) -> Caller:
    return Caller(
        kind=said["kind"],
        subject=said["sub"],
        acl=said["acl"],
        claims=said["customClaims"],
        username=said.get("username"),
        issued_by=said.get("issuedBy"),
        entity=said.get("entity"),
        session_id=said.get("jti"),
        key_id=id if said["kind"] == "api-key" else None,
        audience=said.get("aud"),
        expires_at=datetime.fromtimestamp(said["exp"], UTC) if "exp" in said else None,
    )
