from enum import StrEnum


class AuthorizerContextKind(StrEnum):
    API_KEY = "api-key"
    ENTITY_TOKEN = "entity-token"
    LOGIN = "login"
    SESSION = "session"

    def __str__(self) -> str:
        return str(self.value)
