"""What `verify_session` takes and refuses, with keys of the test."""

import base64
import time

import pytest
from conftest import StandIn, tampered

from latchkey_client import InvalidSession, Latchkey


def test_a_session_is_verified_and_says_what_its_caller_may_do(issuer):
    caller = Latchkey(issuer.url).verify_session(issuer.session())

    assert (caller.kind, caller.subject, caller.session_id, caller.claims) == ("session", "carol", "id", {"plan": "gold"})
    assert caller.can("read-invoices", "acme")
    assert not caller.can("read-invoices", "globex")
    assert not caller.can("read-invoices")
    assert not caller.can("write-invoices", "acme")


def test_a_permission_holds_everywhere_in_an_empty_scope_and_nowhere_in_one_of_an_unknown_dimension(issuer):
    def caller(scope):
        return Latchkey(issuer.url).verify_session(issuer.session(acl=[{"scope": scope, "permissions": ["*"]}]))

    everywhere, product = caller({}), caller({"organizationId": ["acme"], "productId": ["acme"]})

    assert everywhere.can("anything") and everywhere.can("anything", "acme")
    assert not product.can("anything", "acme")


def test_whatever_is_no_good_session_of_this_issuer_for_this_audience_is_refused(issuer, serve):
    other, now = StandIn(serve), int(time.time())
    issuer.add_key("rsa", "RS256")
    latchkey = Latchkey(issuer.url)
    head, body, _ = issuer.session().split(".")
    none = base64.urlsafe_b64encode(b'{"alg":"none","typ":"JWT","kid":"k1"}').decode().rstrip("=")
    refused = {
        "a forged signature": tampered(issuer.session()),
        "the same kid of another issuer": other.session(iss=issuer.url, aud=issuer.url),
        "no algorithm": f"{none}.{body}.",
        "no signature": f"{head}.{body}.",
        "another algorithm": issuer.session("rsa", algorithm="RS256"),
        "an algorithm of secrets": issuer.session(algorithm="HS256", key=issuer.published[0]["x"]),
        "an unknown key": issuer.session(header={"kid": "k2"}),
        "no key": issuer.session(header={"kid": None}),
        "the header of a login": issuer.session(header={"typ": "at+jwt"}),
        "the use of a login": issuer.session(token_use="login"),
        "no use": issuer.session(token_use=None),
        "the audience of a login": issuer.session(aud=f"{issuer.url}#login"),
        "another audience": issuer.session(aud="https://elsewhere.example"),
        "another issuer": issuer.session(iss="https://elsewhere.example"),
        "an end in the past": issuer.session(exp=now - 1),
        "a beginning in the future": issuer.session(nbf=now + 20),
        "no end": issuer.session(exp=None),
        "no beginning": issuer.session(nbf=None),
        "no subject": issuer.session(sub=None),
        "no id": issuer.session(jti=None),
        "an API key": "lkapi_KPcNdUyogq7U4T4mCHxXURGvdcaRY3VQ9JdBq1duvEEnHVJWrZbuRFGQtwUUjjPZmn",
        "nothing": "",
        "no ASCII": "\u00ff.\u00e9.\u00ff",
    }

    for what, token in refused.items():
        with pytest.raises(InvalidSession):
            latchkey.verify_session(token)
            pytest.fail(what)


def test_a_tolerance_of_the_clock_is_granted_up_to_30_seconds(issuer):
    latchkey, now = Latchkey(issuer.url, clock_tolerance=30), int(time.time())

    latchkey.verify_session(issuer.session(exp=now - 15))
    with pytest.raises(InvalidSession):
        latchkey.verify_session(issuer.session(exp=now - 45))
    with pytest.raises(ValueError):
        Latchkey(issuer.url, clock_tolerance=31)


def test_after_a_rotation_a_key_that_was_published_before_is_good_without_a_delay_and_so_is_the_old_one(issuer):
    issuer.add_key("k2")
    latchkey = Latchkey(issuer.url)

    for kid in ["k1", "k2", "k1"]:
        latchkey.verify_session(issuer.session(kid))

    assert issuer.fetches == 1


def test_an_unknown_key_is_looked_for_at_most_twice_a_minute(issuer, monkeypatch):
    latchkey, ahead = Latchkey(issuer.url), 0
    monotonic = time.monotonic
    monkeypatch.setattr("jwt.jwks_client.time.monotonic", lambda: monotonic() + ahead)
    latchkey.verify_session(issuer.session())
    issuer.add_key("k2")

    for _ in range(5):
        with pytest.raises(InvalidSession):
            latchkey.verify_session(issuer.session("k2"))
    fetches_at_once = issuer.fetches
    ahead = 31
    latchkey.verify_session(issuer.session("k2"))

    assert (fetches_at_once, issuer.fetches) == (1, 2)


def test_keys_that_cannot_be_had_are_no_verdict_about_a_session(issuer, serve):
    broken, garbled = serve(lambda _: (500, {}, "")), serve(lambda _: (200, {}, "<html>"))
    empty = serve(lambda _: (200, {}, '{"keys": []}'))

    for url in [broken, garbled, empty, "http://127.0.0.1:1"]:
        with pytest.raises(Exception) as raised:
            Latchkey(url, issuer=issuer.url).verify_session(issuer.session())
        assert not isinstance(raised.value, InvalidSession)
