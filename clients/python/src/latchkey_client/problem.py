"""The errors that Latchkey answers."""

import httpx


class Problem(Exception):
    """An answer that is an error, as RFC 9457 has it. What the gateway answers by itself has no `code`.

    `code` is the last word of `type`, for programs: docs/errors.md explains each. `retry_after` is in seconds.
    """

    def __init__(self, response: httpx.Response) -> None:
        try:
            body = response.json()
        except ValueError:
            body = None
        fields = body if isinstance(body, dict) else {}
        super().__init__(fields.get("detail") or fields.get("title") or f"Latchkey answered {response.status_code}")
        self.status = response.status_code
        self.type: str | None = fields.get("type")
        self.code = self.type.replace("#", ":").replace("/", ":").rsplit(":", 1)[-1] if self.type else None
        self.instance: str | None = fields.get("instance")
        self.invalid_fields: list[dict] = fields.get("invalidFields", [])
        self.retry_after = retry_after(response)


def retry_after(response: httpx.Response) -> float | None:
    """`Retry-After` in seconds. Latchkey and API Gateway send no dates."""
    text = response.headers.get("retry-after", "")
    return float(text) if text.isdecimal() else None
