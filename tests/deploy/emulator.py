"""Starts ministack, with what it does otherwise than AWS put right where this project depends on it.

Each correction names the AWS document that says what is right. ministack's version is pinned in requirements.txt: who raises it
looks whether a correction has become needless.
"""

import functools
import json
import threading
import time

from ministack import app
from ministack.core import iam_actions, lambda_runtime
from ministack.services import secretsmanager
from ministack.services.cloudformation import provisioners, stacks

LONGEST_INVOCATION_SECONDS = 60


def correct(resource_type, **handlers):
    """Wraps handlers of a resource type; each gets the original first."""
    of_type = provisioners._RESOURCE_HANDLERS[resource_type]
    for action, wrapper in handlers.items():
        of_type[action] = lambda *args, _wrapper=wrapper, _original=of_type[action], **named: _wrapper(_original, *args, **named)


def create_secret(original, logical_id, props, stack_name):
    """`Ref` of a secret is its ARN, and a secret made without a value has no version.

    AWS::SecretsManager::Secret, "Return values"; CreateSecret: "If you don't specify either, then the secret has no value".
    """
    name, attributes = original(logical_id, props, stack_name)
    secret = secretsmanager._secrets.pop(name)
    if "SecretString" not in props and "GenerateSecretString" not in props:
        secret["Versions"] = {}
    secretsmanager._secrets[secret["ARN"]] = secret
    return secret["ARN"], attributes


def truth(props):
    """CloudFormation takes the text of a parameter for a property that is true or false, and DescribeTable answers the latter."""
    text = props.get("DeletionProtectionEnabled")
    return {**props, "DeletionProtectionEnabled": text == "true"} if isinstance(text, str) else props


def create_table(original, logical_id, props, stack_name):
    return original(logical_id, truth(props), stack_name)


def update_table(original, physical_id, old_props, new_props, *more, **named):
    return original(physical_id, truth(old_props), truth(new_props), *more, **named)


def resource_of_mail(original, method, path, body, region, account_id):
    """Who sends a mail needs the right on the sender's identity; ministack's asks for it on everything.

    Service Authorization Reference, "Amazon Simple Email Service v2": SendEmail, resource type identity.
    """
    if path.rstrip("/").endswith("/email/outbound-emails"):
        return f"arn:aws:ses:{region}:{account_id}:identity/{json.loads(body)['FromEmailAddress']}"
    return original(method, path, body, region, account_id)


def sender_of_mail(original, method, path, headers, body, query_params, request_id):
    """The sender's address is a condition key of sending; ministack knows none of SES's keys.

    Service Authorization Reference, "Amazon Simple Email Service v2": ses:FromAddress.
    """
    enforce = app._enforce_data_plane
    if path.rstrip("/").endswith("/email/outbound-emails"):
        keys = {"ses:FromAddress": json.loads(body)["FromEmailAddress"]}
        app._enforce_data_plane = functools.partial(enforce, service_context=keys)
    try:
        return original(method, path, headers, body, query_params, request_id)
    finally:
        app._enforce_data_plane = enforce


def end_after_the_invocation(original, workers):
    """An update of a function lets invocations that have begun end where they began; ministack's kills their process.

    Lambda Developer Guide, "Lambda execution environment lifecycle": an environment gets SIGTERM when it is idle.
    """
    workers = [worker for worker in workers if worker is not None]
    busy = [worker for worker in workers if worker.in_use]
    original([worker for worker in workers if not worker.in_use])

    def end():
        deadline = time.monotonic() + LONGEST_INVOCATION_SECONDS
        while any(worker.in_use for worker in busy) and time.monotonic() < deadline:
            time.sleep(0.05)
        original(busy)

    if busy:
        threading.Thread(target=end, daemon=True).start()


def is_slow(original, resource_type):
    """A function's update unpacks its zip; on ministack's one event loop every other request waits for all of them."""
    return resource_type == "AWS::Lambda::Function" or original(resource_type)


def main():
    correct("AWS::SecretsManager::Secret", create=create_secret)
    correct("AWS::DynamoDB::Table", create=create_table, update=update_table)
    kill = lambda_runtime.kill_workers
    lambda_runtime.kill_workers = lambda workers: end_after_the_invocation(kill, workers)
    of_mail = iam_actions._ses_v2_resource_arn
    iam_actions._ses_v2_resource_arn = lambda *args: resource_of_mail(of_mail, *args)
    of_sender = app._enforce_ses_v2
    app._enforce_ses_v2 = lambda *args: sender_of_mail(of_sender, *args)
    slow = stacks._runs_on_worker_thread
    stacks._runs_on_worker_thread = lambda resource_type: is_slow(slow, resource_type)
    app.main()


if __name__ == "__main__":
    main()
