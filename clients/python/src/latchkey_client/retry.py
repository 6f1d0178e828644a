"""Requests that are repeated after a lost or a temporary answer, where repeating them is safe."""

import random
import time

import httpx

from .problem import retry_after

# A longer wait is the caller's to decide about: the answer is returned, and `Problem.retry_after` has the seconds.
LONGEST_WAIT_SECONDS = 10
TEMPORARY = (429, 500, 502, 503, 504)


def request(http: httpx.Client, retries: int, **parameters) -> httpx.Response:
    """Safe to repeat are a GET, a request with an `Idempotency-Key`, and `introspect`, which only reads. A login is never repeated."""
    repeatable = (
        parameters["method"] == "get" or "Idempotency-Key" in parameters["headers"] or parameters["url"] == "/introspect"
    )
    for attempt in range(retries + 1):
        last = not repeatable or attempt == retries
        wait = 0.1 * 2**attempt * (1 + random.random())
        try:
            response = http.request(**parameters)
        except httpx.TransportError:
            if last:
                raise
        else:
            wait = retry_after(response) or wait
            if last or response.status_code not in TEMPORARY or wait > LONGEST_WAIT_SECONDS:
                return response
        time.sleep(wait)
    raise AssertionError("the last attempt returns or raises")
