"""What a route behind each middleware lets through, against a running stack and, where it cannot make the token, a stand-in of its keys."""

import time

import pytest
from conftest import tampered, unique
from fastapi import Depends, FastAPI
from fastapi.testclient import TestClient
from flask import Flask, g

from latchkey_client import Caller, Latchkey
from latchkey_client import fastapi as for_fastapi
from latchkey_client import flask as for_flask

PERMISSION = "read-invoices"


def rules(param):
    """What the routes ask; `param` reads the path's organization."""
    return {
        "keys": {"permission": PERMISSION, "in_": param},
        "asked": {"permission": PERMISSION, "in_": param, "kinds": ("session", "api-key"), "introspect": True},
        "entity": {"in_": param, "kinds": ("entity-token",), "introspect": True},
        "anyone": {},
    }


def with_fastapi(latchkey):
    app = FastAPI()
    for name, rule in rules(lambda request: request.path_params["organization"]).items():

        @app.get(f"/{name}/{{organization}}")
        def route(organization: str, caller: Caller = Depends(for_fastapi.requires(latchkey, **rule))) -> str:
            return caller.subject

    client = TestClient(app)
    return lambda path, headers: client.get(path, headers=headers)


def with_flask(latchkey):
    app = Flask(__name__)
    for name, rule in rules(lambda request: request.view_args["organization"]).items():

        @app.get(f"/{name}/<organization>", endpoint=name)
        @for_flask.requires(latchkey, **rule)
        def route(organization):
            return g.caller.subject

    client = app.test_client()
    return lambda path, headers: client.get(path, headers=headers)


@pytest.fixture(params=[with_fastapi, with_flask])
def routes(request):
    """Starts the routes `/<rule>/<organization>`, which answer with the subject; asks them for status, challenge and text."""

    def start(latchkey):
        get = request.param(latchkey)

        def ask(route, token=None, organization="acme"):
            headers = {} if token is None else {"Authorization": token.encode("latin-1").decode("latin-1")}
            answer = get(f"/{route}/{organization}", headers)
            text = answer.text if isinstance(answer.text, str) else answer.get_data(as_text=True)
            return answer.status_code, answer.headers.get("WWW-Authenticate"), text.strip('"')

        return ask

    return start


def session(demo, *allow):
    once = demo.latchkey.one_time.create("carol", allow=list(allow or [PERMISSION]), in_=["acme"])
    return demo.latchkey.exchange(once.token)


def test_a_good_credential_passes_with_and_without_bearer_and_its_caller_is_there(demo, routes):
    ask, token, user = routes(demo.latchkey), session(demo).token, str(demo.login.user.id)

    assert ask("keys", f"Bearer {token}")[::2] == (200, "carol")
    assert ask("keys", token)[::2] == (200, "carol")
    assert ask("asked", f"bearer {token}")[::2] == (200, "carol")
    assert ask("asked", f"Bearer {demo.key.token}")[::2] == (200, user)
    assert ask("anyone", f"Bearer {token}")[::2] == (200, "carol")


def test_no_token_a_forged_one_a_login_and_a_kind_that_the_route_does_not_take_are_401(demo, routes):
    ask, token = routes(demo.latchkey), session(demo).token
    once = demo.latchkey.one_time.create("carol").token

    for route in ["keys", "asked", "anyone"]:
        for none in [None, "", "Bearer ", "Basic Y2Fyb2w6eA=="]:
            assert ask(route, none)[0] == 401, none
        for refused in [tampered(token), demo.login.token, once, "eyJ", "%" * 22_000, f"{token}."]:
            assert ask(route, f"Bearer {refused}")[:2] == (401, 'Bearer error="invalid_token"'), refused
    assert ask("keys")[1] == "Bearer"
    assert ask("keys", demo.key.token)[0] == 401
    assert ask("asked", tampered(demo.key.token))[0] == 401


def test_another_organization_and_another_permission_are_403(demo, routes):
    ask, reader, writer = routes(demo.latchkey), session(demo), session(demo, "write-invoices")

    for route in ["keys", "asked"]:
        assert ask(route, reader.token, "globex")[0] == 403
        assert ask(route, writer.token)[0] == 403


def test_a_revoked_session_is_refused_at_once_with_introspection_and_passes_without_until_it_expires(demo, routes):
    ask, ended = routes(demo.latchkey), session(demo)

    demo.latchkey.end_session(ended.id)

    assert ask("asked", ended.token)[0] == 401
    assert ask("keys", ended.token)[0] == 200


def test_an_entity_token_passes_for_its_own_entity_alone(demo, routes):
    ask, entity = routes(demo.latchkey), unique("acme")
    token = demo.service.entity(entity, "u1").create().authentication_token

    assert ask("entity", token, entity)[::2] == (200, "u1")
    assert ask("entity", token, "globex")[0] == 403
    assert ask("entity", session(demo).token, entity)[0] == 401
    assert ask("asked", token, entity)[0] == 401


def test_an_expired_session_one_for_another_audience_and_an_unknown_key_are_401_and_a_rotated_key_passes(issuer, routes):
    issuer.add_key("next")
    ask = routes(Latchkey(issuer.url, api_key="lkapi_x"))

    assert ask("keys", issuer.session())[0] == 200
    assert ask("keys", issuer.session("next"))[0] == 200
    assert ask("keys", issuer.session(exp=int(time.time()) - 1))[0] == 401
    assert ask("keys", issuer.session(aud="https://elsewhere.example"))[0] == 401
    assert ask("keys", issuer.session(header={"kid": "other"}))[0] == 401


def test_a_session_for_another_audience_is_refused_with_introspection_too(demo, routes):
    ask = routes(Latchkey(demo.stack["url"], audience="https://elsewhere.example", api_key=demo.key.token))

    assert ask("asked", session(demo).token)[0] == 401
    assert ask("asked", demo.key.token)[0] == 200


def test_503_where_latchkey_does_not_answer_or_refuses_the_key_of_this_service(demo, routes):
    token = session(demo).token
    silent = routes(Latchkey("http://127.0.0.1:1", api_key=demo.key.token, retries=0))
    keyless = routes(Latchkey(demo.stack["url"], api_key=tampered(demo.key.token)))

    assert silent("keys", token)[0] == 503
    assert silent("asked", token)[0] == 503
    assert keyless("asked", token)[0] == 503


@pytest.mark.parametrize(
    "rule",
    [
        {"kinds": ("api-key",), "permission": PERMISSION},
        {"kinds": ()},
        {"in_": lambda _: "acme"},
        {"kinds": ("entity-token",), "introspect": True},
        {"kinds": ("entity-token",), "introspect": True, "permission": PERMISSION, "in_": lambda _: "acme"},
        {"kinds": ("session", "entity-token"), "introspect": True, "in_": lambda _: "acme"},
        {"kinds": ("session", "entity-token"), "introspect": True},
        {"permission": ""},
        {"kinds": ("login",), "introspect": True},
        {"kinds": ("one-time-token",), "introspect": True},
    ],
)
def test_a_rule_that_would_let_through_more_than_it_says_is_refused(issuer, rule):
    with pytest.raises(TypeError):
        for_fastapi.requires(Latchkey(issuer.url, api_key="lkapi_x"), **rule)


def test_introspection_without_an_api_key_is_refused(issuer):
    with pytest.raises(TypeError, match="an API key"):
        for_fastapi.requires(Latchkey(issuer.url), introspect=True)
