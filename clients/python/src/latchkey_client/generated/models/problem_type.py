from enum import StrEnum


class ProblemType(StrEnum):
    URNLATCHKEYPROBLEMAUTH_HEADER_NOT_FOUND = (
        "urn:latchkey:problem:auth-header-not-found"
    )
    URNLATCHKEYPROBLEMBODY_TOO_LARGE = "urn:latchkey:problem:body-too-large"
    URNLATCHKEYPROBLEMCLOSED_ORIGIN = "urn:latchkey:problem:closed-origin"
    URNLATCHKEYPROBLEMCONFLICT = "urn:latchkey:problem:conflict"
    URNLATCHKEYPROBLEMEMAIL_TAKEN = "urn:latchkey:problem:email-taken"
    URNLATCHKEYPROBLEMESCALATION = "urn:latchkey:problem:escalation"
    URNLATCHKEYPROBLEMFORBIDDEN = "urn:latchkey:problem:forbidden"
    URNLATCHKEYPROBLEMFRESH_LOGIN_REQUIRED = "urn:latchkey:problem:fresh-login-required"
    URNLATCHKEYPROBLEMIDEMPOTENCY_KEY_REUSED = (
        "urn:latchkey:problem:idempotency-key-reused"
    )
    URNLATCHKEYPROBLEMIDEMPOTENCY_KEY_SPENT = (
        "urn:latchkey:problem:idempotency-key-spent"
    )
    URNLATCHKEYPROBLEMINCORRECT_CREDENTIALS = (
        "urn:latchkey:problem:incorrect-credentials"
    )
    URNLATCHKEYPROBLEMINTERNAL = "urn:latchkey:problem:internal"
    URNLATCHKEYPROBLEMINVALID_CREDENTIALS = "urn:latchkey:problem:invalid-credentials"
    URNLATCHKEYPROBLEMINVALID_FIELDS = "urn:latchkey:problem:invalid-fields"
    URNLATCHKEYPROBLEMLINK_NOT_FOUND = "urn:latchkey:problem:link-not-found"
    URNLATCHKEYPROBLEMMALFORMED_BODY = "urn:latchkey:problem:malformed-body"
    URNLATCHKEYPROBLEMMISSING_CREDENTIALS = "urn:latchkey:problem:missing-credentials"
    URNLATCHKEYPROBLEMNOT_INVITABLE = "urn:latchkey:problem:not-invitable"
    URNLATCHKEYPROBLEMONE_TIME_PASSWORD_REFUSED = (
        "urn:latchkey:problem:one-time-password-refused"
    )
    URNLATCHKEYPROBLEMPASSWORD_EXPIRED = "urn:latchkey:problem:password-expired"
    URNLATCHKEYPROBLEMSESSION_NOT_FOUND = "urn:latchkey:problem:session-not-found"
    URNLATCHKEYPROBLEMTHROTTLED = "urn:latchkey:problem:throttled"
    URNLATCHKEYPROBLEMTOKEN_NOT_FOUND = "urn:latchkey:problem:token-not-found"
    URNLATCHKEYPROBLEMTOO_MANY_AUTH_HEADERS = (
        "urn:latchkey:problem:too-many-auth-headers"
    )
    URNLATCHKEYPROBLEMUNAVAILABLE = "urn:latchkey:problem:unavailable"
    URNLATCHKEYPROBLEMUSERNAME_TAKEN = "urn:latchkey:problem:username-taken"
    URNLATCHKEYPROBLEMUSER_NOT_FOUND = "urn:latchkey:problem:user-not-found"

    def __str__(self) -> str:
        return str(self.value)
