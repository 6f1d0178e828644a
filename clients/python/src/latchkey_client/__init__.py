"""A client of Latchkey for backends.

    latchkey = Latchkey("https://auth.example.org", api_key=os.environ["LATCHKEY_API_KEY"])
    caller = latchkey.introspect(token)

`latchkey_client.fastapi` and `latchkey_client.flask` protect routes.
"""

from .caller import Acl, Caller, Kind, Where
from .guard import Guard, Refused
from .latchkey import Latchkey
from .login import EntityTokens, Key, Login
from .problem import Problem
from .session import InvalidSession

__all__ = [
    "Acl",
    "Caller",
    "EntityTokens",
    "Guard",
    "InvalidSession",
    "Key",
    "Kind",
    "Latchkey",
    "Login",
    "Problem",
    "Refused",
    "Where",
]
