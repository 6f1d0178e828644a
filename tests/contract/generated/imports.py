"""Imports every module of the generated client in the folder that is named, and builds the tour's request bodies with it."""

import importlib
import pkgutil
import sys

sys.path.insert(0, sys.argv[1])
client = importlib.import_module("client")
modules = [importlib.import_module(module.name) for module in pkgutil.walk_packages(client.__path__, "client.")]

models = importlib.import_module("client.models")
item = {"scope": {"organizationId": ["acme"]}, "permissions": ["read-invoices"]}
bodies = {
    "LoginRequest": {"username": "demo", "password": "secret"},
    "AuthHeaderRequest": {"name": "production"},
    "EntityTokenSettings": {"flags": ["beta"], "expiry": "2099-01-01T00:00:00+00:00"},
    "PasswordlessTokenRequest": {"mode": "passwordless", "customerId": "carol", "acl": [item], "otpRequired": True},
    "ExchangeRequest": {"oneTimePassword": "123456"},
    "IntrospectionRequest": {"token": "eyJ"},
    "AuthHeaderDeleteRequest": {"text": "lkapi_"},
}
for name, body in bodies.items():
    written = getattr(models, name).from_dict(body).to_dict()
    assert written == body, f"{name}: {written}"
print(f"{len(modules)} modules imported, {len(bodies)} bodies built")
