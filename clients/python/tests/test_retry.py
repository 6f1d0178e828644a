"""Which requests are repeated, with a server that fails on demand; and what a login does when it ends."""

import json
import time

import httpx
import jwt
import pytest

from latchkey_client import Latchkey, Problem

PROBLEM = {"type": "urn:latchkey:problem:unavailable", "title": "Unavailable", "detail": "Try again", "instance": "r1"}
INACTIVE = {"active": False}
ONE_TIME = {
    "username": "carol",
    "customerId": "carol",
    "token": "lkone_x",
    "otpRequired": False,
    "credentialId": "c",
    "expiredTime": "2099-01-01T00:00:00Z",
    "_links": [],
}


@pytest.fixture
def failing(serve):
    """A server that fails as `failures` say, and then answers `body`; a failure is a status, or `lost`."""

    def start(failures, body, headers=None):
        seen = []

        def answer(request):
            seen.append(request)
            failure = failures[len(seen) - 1] if len(seen) <= len(failures) else None
            if failure == "lost":
                return None
            if failure:
                return failure, {"Retry-After": "0", **(headers or {})}, json.dumps(PROBLEM)
            return 201 if request.path == "/authentication-tokens" else 200, {}, json.dumps(body)

        return Latchkey(serve(answer), api_key="lkapi_x"), seen

    return start


def test_a_question_is_repeated_after_a_lost_and_after_a_temporary_answer(failing):
    latchkey, seen = failing(["lost", 503], INACTIVE)

    assert latchkey.introspect("token") is None
    assert [request.text for request in seen] == ["token=token"] * 3


def test_what_makes_something_is_repeated_under_the_same_name(failing):
    latchkey, seen = failing(["lost", 500], ONE_TIME)

    latchkey.one_time.create("carol")

    names = [request.headers["Idempotency-Key"] for request in seen]
    assert len(names) == 3 and len(set(names)) == 1 and len(names[0]) == 36


@pytest.mark.parametrize("failure", ["lost", 429, 503])
def test_a_login_is_never_repeated(failing, failure):
    latchkey, seen = failing([failure], {})

    with pytest.raises((Problem, httpx.TransportError)):
        latchkey.login("demo", "secret")

    assert len(seen) == 1


def test_a_definite_answer_is_not_repeated_and_is_a_problem(failing):
    latchkey, seen = failing([404], {})

    with pytest.raises(Problem) as raised:
        latchkey.exchange("lkone_x")

    problem = raised.value
    assert (problem.status, problem.code, str(problem), problem.instance) == (404, "unavailable", "Try again", "r1")
    assert len(seen) == 1


def test_a_long_retry_after_is_left_to_the_caller(failing):
    latchkey, seen = failing([429], INACTIVE, {"Retry-After": "600"})

    with pytest.raises(Problem) as raised:
        latchkey.introspect("token")

    assert (raised.value.status, raised.value.retry_after, len(seen)) == (429, 600, 1)


def test_what_is_no_problem_is_an_error_with_its_status(serve):
    with pytest.raises(Problem) as raised:
        Latchkey(serve(lambda _: (400, {}, "<html>")), api_key="lkapi_x").introspect("token")

    assert (raised.value.status, raised.value.code) == (400, None)


def test_a_good_answer_is_cached_for_as_long_as_asked_and_a_bad_one_never(failing):
    said = {"active": True, "kind": "api-key", "sub": "u1", "iss": "i", "iat": 1, "acl": [], "customClaims": {}}
    latchkey, seen = failing([], said)

    callers = [latchkey.introspect("a", cache=60), latchkey.introspect("a", cache=60)]
    latchkey.introspect("b", cache=60)
    latchkey.introspect("a")

    assert callers[0] is callers[1]
    assert len(callers[0].key_id) == 22
    assert len(seen) == 3


def test_a_redirection_is_not_followed_or_it_would_take_the_api_key_along(serve):
    elsewhere = []
    other = serve(lambda request: elsewhere.append(request) or (200, {}, "{}"))
    latchkey = Latchkey(serve(lambda _: (307, {"Location": f"{other}/introspect"}, "")), api_key="lkapi_x")

    with pytest.raises(Problem) as raised:
        latchkey.introspect("token")

    assert (raised.value.status, elsewhere) == (307, [])


def test_a_clock_that_is_set_back_keeps_no_answer_for_longer(failing, monkeypatch):
    said = {"active": True, "kind": "api-key", "sub": "u1", "iss": "i", "iat": 1, "acl": [], "customClaims": {}}
    latchkey, seen = failing([], said)
    before = time.time() - 300

    latchkey.introspect("a", cache=60)
    monkeypatch.setattr("latchkey_client.latchkey.time.time", lambda: before)
    latchkey.introspect("a", cache=60)

    assert len(seen) == 2


def test_a_cached_answer_ends_with_the_credential(failing, monkeypatch):
    said = {"active": True, "kind": "session", "sub": "c", "iss": "i", "iat": 1, "exp": int(time.time()) + 5, "acl": [], "customClaims": {}}
    latchkey, seen = failing([], said)
    later = time.time() + 6

    latchkey.introspect("a", cache=60)
    monkeypatch.setattr("latchkey_client.latchkey.time.time", lambda: later)
    latchkey.introspect("a", cache=60)

    assert len(seen) == 2


@pytest.fixture
def logins(serve, monkeypatch):
    """A server of logins whose JWTs live `lives` seconds each; None is a session that is over, "down" a server that is. `pass_by`
    moves the clock."""
    ahead, now = [0], time.time
    monkeypatch.setattr("latchkey_client.login.time.time", lambda: now() + ahead[0])

    def start(*lives):
        lives, calls = list(lives), []

        def answer(request):
            calls.append(request.path)
            life = lives.pop(0)
            if life is None:
                return 401, {}, "{}"
            if life == "down":
                return 503, {}, "{}"
            token = jwt.encode({"iat": 1000, "exp": 1000 + life, "n": len(calls)}, "a secret of thirty-two characters")
            user = {"Id": "3f0c8a52-6d1e-4b7a-9c55-0e2f4d6b8a10", "Created": "2030-01-15T10:30:42Z", "Username": "demo", "Token": token}
            renewal = {"access_token": token, "expires_in": life, "token_type": "Bearer"}
            return 200, {}, json.dumps({**user, **renewal})

        return Latchkey(serve(answer)), calls, lambda seconds: ahead.__setitem__(0, seconds)

    return start


def test_a_login_is_renewed_when_it_is_about_to_end(logins):
    latchkey, calls, pass_by = logins(3600, 3600)
    login = latchkey.login("demo", "secret")
    first = login.token

    login.renew_if_needed()
    early = len(calls)
    pass_by(3100)
    login.renew_if_needed()
    login.renew_if_needed()

    assert (early, calls) == (1, ["/user/login", "/user/renew"])
    assert login.token != first and not login.ended


def test_a_login_that_is_to_stay_begins_again_when_its_session_is_over(logins):
    latchkey, calls, pass_by = logins(3600, None, 3600)
    login = latchkey.login("demo", "secret", stay=True)

    pass_by(3700)
    assert login.ended
    login.renew_if_needed()

    assert not login.ended
    assert calls == ["/user/login", "/user/renew", "/user/login"]


def test_what_fails_while_the_jwt_is_good_is_tried_again_after_a_pause(logins):
    # The session ends with the renewed JWT, so the password is due.
    latchkey, calls, pass_by = logins(3600, 200, "down", "down", 3600)
    login = latchkey.login("demo", "secret", stay=True)

    pass_by(3400)
    login.renew_if_needed()
    pass_by(3510)
    login.renew_if_needed()
    login.renew_if_needed()
    assert (login.ended, len(calls)) == (False, 4)
    pass_by(3521)
    login.renew_if_needed()

    assert calls == ["/user/login", "/user/renew", "/user/login", "/user/login", "/user/login"]
    assert login.ends_at.timestamp() - time.time() > 3590


def test_a_login_that_is_not_to_stay_ends_with_its_session(logins):
    latchkey, _, pass_by = logins(3600, None)
    login = latchkey.login("demo", "secret")

    pass_by(3700)

    with pytest.raises(Problem):
        login.renew_if_needed()


def test_a_password_that_is_refused_is_not_tried_again(logins):
    latchkey, calls, pass_by = logins(3600, None, None, None)
    login = latchkey.login("demo", "secret", stay=True)

    pass_by(3700)
    for _ in range(2):
        with pytest.raises(Problem):
            login.renew_if_needed()

    assert calls.count("/user/login") == 2
