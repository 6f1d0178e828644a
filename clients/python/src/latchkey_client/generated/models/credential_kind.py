from enum import StrEnum


class CredentialKind(StrEnum):
    API_KEY = "api-key"
    ENTITY_TOKEN = "entity-token"
    LOGIN = "login"
    ONE_TIME_TOKEN = "one-time-token"
    SESSION = "session"

    def __str__(self) -> str:
        return str(self.value)
