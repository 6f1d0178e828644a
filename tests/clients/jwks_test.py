"""JWTs that PyJWT verifies with nothing but the published key set; see jwks.test.mjs, which does the same with jose.

LATCHKEY_STACK names the stack's file, LATCHKEY_JWTS a file with JWTs: [{"algorithm", "login", "session"}].
"""

import json
import os
import unittest

import jwt

os.environ["no_proxy"] = "127.0.0.1"

with open(os.environ["LATCHKEY_STACK"]) as file:
    STACK = json.load(file)
# A deployed stack has another issuer than its API's address, at which the keys are as well.
ISSUER = STACK.get("issuer", STACK["url"])
with open(os.environ["LATCHKEY_JWTS"]) as file:
    JWTS = json.load(file)
KEY_SET = jwt.PyJWKClient(f"{STACK['url']}/.well-known/jwks.json")
REQUIRED = {"require": ["iss", "sub", "aud", "iat", "nbf", "exp", "jti"]}


def verified(token, algorithm, **wanted):
    key = KEY_SET.get_signing_key_from_jwt(token)
    wanted = {"issuer": ISSUER, "audience": ISSUER, **wanted}
    return jwt.decode(token, key, algorithms=[algorithm], options=REQUIRED, **wanted)


def tampered(token):
    at = len(token) - 10
    return token[:at] + ("B" if token[at] == "A" else "A") + token[at + 1 :]


class KeySet(unittest.TestCase):
    def test_logins_and_sessions_of_each_algorithm_verify(self):
        for each in JWTS:
            with self.subTest(each["algorithm"]):
                login = verified(each["login"], each["algorithm"], audience=f"{ISSUER}#login")
                session = verified(each["session"], each["algorithm"])
                self.assertEqual((login["token_use"], session["token_use"]), ("login", "session"))

    def test_what_is_changed_or_meant_for_somebody_else_does_not(self):
        for each in JWTS:
            with self.subTest(each["algorithm"]):
                with self.assertRaises(jwt.InvalidSignatureError):
                    verified(tampered(each["session"]), each["algorithm"])
                with self.assertRaises(jwt.InvalidAudienceError):
                    verified(each["login"], each["algorithm"])
                with self.assertRaises(jwt.InvalidIssuerError):
                    verified(each["session"], each["algorithm"], issuer="https://elsewhere.example")
                other = next(name for name in ("ES256", "RS256") if name != each["algorithm"])
                with self.assertRaises(jwt.InvalidTokenError):
                    verified(each["session"], other)


if __name__ == "__main__":
    unittest.main()
