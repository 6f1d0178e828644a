"""Sessions that are verified by the public keys alone."""

from datetime import UTC, datetime

import jwt

from .caller import Caller

REQUIRED = {"require": ["iss", "sub", "aud", "exp", "nbf", "jti"]}


class InvalidSession(Exception):
    """A JWT that is no good session: forged, expired, of another issuer or audience, or a login."""


class SessionVerifier:
    """Verifies sessions as docs/jwt.md demands. It keeps the key set of `url` for five minutes."""

    def __init__(self, url: str, issuer: str, audience: str, algorithms: list[str], clock_tolerance: float) -> None:
        self.keys = jwt.PyJWKClient(f"{url}/.well-known/jwks.json", timeout=5)
        self.wanted = {"issuer": issuer, "audience": audience, "algorithms": algorithms, "leeway": clock_tolerance}
        self.audience = audience

    def __call__(self, token: str) -> Caller:
        # Whatever fails here says nothing about the JWT.
        self.keys.get_signing_keys()
        try:
            key = self.keys.get_signing_key_from_jwt(token)
            decoded = jwt.decode_complete(token, key, options=REQUIRED, **self.wanted)
        except jwt.PyJWKClientConnectionError:
            raise
        except jwt.PyJWTError as error:
            raise InvalidSession(str(error)) from error
        claims = decoded["payload"]
        if decoded["header"].get("typ") != "JWT" or claims.get("token_use") != "session":
            raise InvalidSession("not a session")
        return Caller(
            kind="session",
            subject=claims["sub"],
            acl=claims.get("acl", []),
            claims=claims.get("customClaims", {}),
            session_id=claims["jti"],
            audience=self.audience,
            expires_at=datetime.fromtimestamp(claims["exp"], UTC),
        )
