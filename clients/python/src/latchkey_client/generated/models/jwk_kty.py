from enum import StrEnum


class JwkKty(StrEnum):
    EC = "EC"
    OKP = "OKP"
    RSA = "RSA"

    def __str__(self) -> str:
        return str(self.value)
