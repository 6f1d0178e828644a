"""The whole tour against a running stack."""

import uuid

import pytest
from conftest import unique

from latchkey_client import InvalidSession, Latchkey, Problem
from latchkey_client.generated.api.keys import openid_configuration


def refused(status, code):
    return pytest.raises(Problem, check=lambda problem: (problem.status, problem.code) == (status, code))


def test_a_login_knows_its_user_and_its_end_is_renewed_and_ends(demo):
    mine = Latchkey(**demo.place).login(demo.stack["username"], demo.stack["password"])

    mine.renew_if_needed()

    assert mine.user.username == demo.stack["username"]
    mine.logout()
    assert mine.ended
    with refused(401, "invalid-credentials"):
        mine.keys.list()


def test_a_wrong_password_is_a_problem(demo):
    with refused(401, "incorrect-credentials"):
        Latchkey(**demo.place).login(unique("nobody"), "wrong")


def test_an_api_key_is_restricted_as_asked_listed_and_revoked(demo):
    restriction = {"allow": ["introspect", "read-invoices"], "in_": ["acme", "globex"], "idempotency_key": str(uuid.uuid4())}

    made = demo.login.keys.create("invoices", **restriction)
    again = demo.login.keys.create("invoices", **restriction)
    listed = next(key for key in demo.login.keys.list() if key.id == made.id)
    caller = demo.latchkey.introspect(made.token)

    assert made.acl == [{"scope": {"organizationId": ["acme", "globex"]}, "permissions": ["introspect", "read-invoices"]}]
    assert again.token == made.token
    assert listed == made
    assert (caller.kind, caller.subject, caller.key_id) == ("api-key", str(demo.login.user.id), made.key_id)
    assert caller.can("read-invoices", "globex")
    assert not caller.can("read-invoices", "initech") and not caller.can("write-invoices", "acme")
    demo.login.keys.delete(made.id)
    assert demo.latchkey.introspect(made.token) is None
    with pytest.raises(TypeError):
        demo.login.keys.create("invoices")


def test_an_entity_token_is_issued_shown_changed_refreshed_by_what_is_presented_and_revoked(demo):
    token = demo.service.entity(unique("acme"), unique("user"))

    made = token.create(flags=["beta"])
    updated = token.update(flags=["gold"])
    refreshed = token.refresh(made.authentication_token)
    shown = token.get()

    assert updated.flags == ["gold"]
    assert made.authentication_token != refreshed.authentication_token == shown.authentication_token
    with pytest.raises(TypeError):
        token.refresh(None)
    token.delete()
    with refused(404, "token-not-found"):
        token.get()


def test_a_one_time_token_is_exchanged_once_and_the_session_is_verified_until_it_ends(demo):
    claims, name = {"documents": ["invoice-7"]}, str(uuid.uuid4())
    once = demo.latchkey.one_time.create("carol", allow=["read-invoices"], in_=["acme"], claims=claims)

    session = demo.latchkey.exchange(once.token, idempotency_key=name)
    repeated = demo.latchkey.exchange(once.token, idempotency_key=name)
    caller = demo.latchkey.verify_session(session.token)
    asked = demo.latchkey.introspect(session.token)

    assert repeated.id == session.id
    assert (caller.kind, caller.subject, caller.session_id, caller.claims) == ("session", "carol", session.id, claims)
    assert caller.can("read-invoices", "acme")
    assert (asked.kind, asked.subject, asked.acl) == ("session", "carol", caller.acl)
    with refused(404, "token-not-found"):
        demo.latchkey.exchange(once.token)
    demo.latchkey.end_session(session.id)
    assert demo.latchkey.introspect(session.token) is None


def test_a_login_is_no_session_and_neither_is_anything_else(demo):
    for token in [demo.login.token, demo.key.token, "eyJ"]:
        with pytest.raises(InvalidSession):
            demo.latchkey.verify_session(token)


def test_an_api_key_that_is_needed_and_missing_is_told_before_any_request(demo):
    with pytest.raises(TypeError):
        Latchkey(**demo.place).introspect("token")


def test_every_operation_of_the_contract_is_there(demo):
    assert demo.latchkey.call(openid_configuration).issuer == demo.latchkey.audience
