"""A dependency for FastAPI: `caller: Caller = Depends(requires(latchkey, permission="read-invoices", in_=...))`."""

import logging
from collections.abc import Callable
from typing import Any

from fastapi import HTTPException, Request

from .caller import Caller
from .guard import Guard, Refused
from .latchkey import Latchkey


def requires(latchkey: Latchkey, **rule: Any) -> Callable[[Request], Caller]:
    """The caller of a request whose credential meets the rule, as `Guard` describes it. `in_` gets the request."""
    guard = Guard(latchkey, **rule)

    # Not `async`: FastAPI runs it in a thread, since it may wait for Latchkey.
    def dependency(request: Request) -> Caller:
        try:
            return guard(request.headers.get("authorization"), request)
        except Refused as refused:
            if refused.status == 503:
                logging.getLogger(__name__).error("Latchkey did not answer", exc_info=refused)
            raise HTTPException(refused.status, refused.title, refused.headers) from refused

    return dependency
