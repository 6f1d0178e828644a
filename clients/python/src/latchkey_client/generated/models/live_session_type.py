from enum import StrEnum


class LiveSessionType(StrEnum):
    CUSTOMER = "customer"
    LOGIN = "login"

    def __str__(self) -> str:
        return str(self.value)
