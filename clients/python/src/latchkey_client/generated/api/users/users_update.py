from http import HTTPStatus
from typing import Any
from urllib.parse import quote
from uuid import UUID

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.problem import Problem
from ...models.user import User
from ...models.user_change_request import UserChangeRequest
from ...types import Response


def _get_kwargs(
    user_id: UUID,
    *,
    body: UserChangeRequest,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": "patch",
        "url": "/users/{user_id}".format(
            user_id=quote(str(user_id), safe=""),
        ),
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Problem | User | None:
    if response.status_code == 200:
        response_200 = User.from_dict(response.json())

        return response_200

    if response.status_code == 400:
        response_400 = Problem.from_dict(response.json())

        return response_400

    if response.status_code == 401:
        response_401 = Problem.from_dict(response.json())

        return response_401

    if response.status_code == 403:
        response_403 = Problem.from_dict(response.json())

        return response_403

    if response.status_code == 404:
        response_404 = Problem.from_dict(response.json())

        return response_404

    if response.status_code == 409:
        response_409 = Problem.from_dict(response.json())

        return response_409

    if response.status_code == 413:
        response_413 = Problem.from_dict(response.json())

        return response_413

    if response.status_code == 422:
        response_422 = Problem.from_dict(response.json())

        return response_422

    if response.status_code == 500:
        response_500 = Problem.from_dict(response.json())

        return response_500

    if response.status_code == 503:
        response_503 = Problem.from_dict(response.json())

        return response_503

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[Problem | User]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    user_id: UUID,
    *,
    client: AuthenticatedClient,
    body: UserChangeRequest,
) -> Response[Problem | User]:
    """Change a user

     What is absent stays as it is. Unknown fields are refused. Nobody changes a user who may more than
    they do, and
    nobody gives more than they have. A disabled user is refused from the next call on, and must log in
    again once
    enabled. A new e-mail address ends the user's logins, and every link that was mailed to them before.

    Args:
        user_id (UUID):
        body (UserChangeRequest): What changes in a user.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Problem | User]
    """

    kwargs = _get_kwargs(
        user_id=user_id,
        body=body,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    user_id: UUID,
    *,
    client: AuthenticatedClient,
    body: UserChangeRequest,
) -> Problem | User | None:
    """Change a user

     What is absent stays as it is. Unknown fields are refused. Nobody changes a user who may more than
    they do, and
    nobody gives more than they have. A disabled user is refused from the next call on, and must log in
    again once
    enabled. A new e-mail address ends the user's logins, and every link that was mailed to them before.

    Args:
        user_id (UUID):
        body (UserChangeRequest): What changes in a user.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Problem | User
    """

    return sync_detailed(
        user_id=user_id,
        client=client,
        body=body,
    ).parsed


async def asyncio_detailed(
    user_id: UUID,
    *,
    client: AuthenticatedClient,
    body: UserChangeRequest,
) -> Response[Problem | User]:
    """Change a user

     What is absent stays as it is. Unknown fields are refused. Nobody changes a user who may more than
    they do, and
    nobody gives more than they have. A disabled user is refused from the next call on, and must log in
    again once
    enabled. A new e-mail address ends the user's logins, and every link that was mailed to them before.

    Args:
        user_id (UUID):
        body (UserChangeRequest): What changes in a user.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Problem | User]
    """

    kwargs = _get_kwargs(
        user_id=user_id,
        body=body,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    user_id: UUID,
    *,
    client: AuthenticatedClient,
    body: UserChangeRequest,
) -> Problem | User | None:
    """Change a user

     What is absent stays as it is. Unknown fields are refused. Nobody changes a user who may more than
    they do, and
    nobody gives more than they have. A disabled user is refused from the next call on, and must log in
    again once
    enabled. A new e-mail address ends the user's logins, and every link that was mailed to them before.

    Args:
        user_id (UUID):
        body (UserChangeRequest): What changes in a user.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Problem | User
    """

    return (
        await asyncio_detailed(
            user_id=user_id,
            client=client,
            body=body,
        )
    ).parsed
