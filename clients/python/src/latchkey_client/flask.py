"""A decorator for Flask: `@requires(latchkey, permission="read-invoices", in_=lambda request: request.view_args["organization"])`."""

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Response, current_app, g, request

from .guard import Guard, Refused
from .latchkey import Latchkey


def requires(latchkey: Latchkey, **rule: Any) -> Callable[[Callable], Callable]:
    """Calls the view if the request's credential meets the rule, as `Guard` describes it; the caller is `flask.g.caller`."""
    guard = Guard(latchkey, **rule)

    def decorator(view: Callable) -> Callable:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            try:
                g.caller = guard(request.headers.get("authorization"), request)
            except Refused as refused:
                if refused.status == 503:
                    logging.getLogger(__name__).error("Latchkey did not answer", exc_info=refused)
                body = {"title": refused.title, "status": refused.status}
                return Response(current_app.json.dumps(body), refused.status, refused.headers, mimetype="application/problem+json")
            return current_app.ensure_sync(view)(*args, **kwargs)

        return guarded

    return decorator
