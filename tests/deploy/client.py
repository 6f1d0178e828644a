"""Calls AWS for the tests: one request a line in, one answer a line out, both JSON.

{"service": "logs", "operation": "describe_log_groups", "parameters": {}} gets {"answer": {...}} or {"error": "..."}. An operation
that has pages is answered with all of them.
"""

import json
import sys

import boto3
from botocore.exceptions import BotoCoreError, ClientError

clients = {}


def call(service, operation, parameters):
    if service not in clients:
        clients[service] = boto3.client(service)
    client = clients[service]
    if client.can_paginate(operation):
        return client.get_paginator(operation).paginate(**parameters).build_full_result()
    answer = getattr(client, operation)(**parameters)
    answer.pop("ResponseMetadata", None)
    return answer


def text(value):
    return value.read().decode() if hasattr(value, "read") else str(value)


for line in sys.stdin:
    try:
        print(json.dumps({"answer": call(**json.loads(line))}, default=text), flush=True)
    except (BotoCoreError, ClientError) as error:
        print(json.dumps({"error": str(error)}), flush=True)
