from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.accepted import Accepted
from ...models.login_problem import LoginProblem
from ...models.sign_up_request import SignUpRequest
from ...types import Response


def _get_kwargs(
    *,
    body: SignUpRequest,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/user/sign-up",
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Accepted | LoginProblem | None:
    if response.status_code == 202:
        response_202 = Accepted.from_dict(response.json())

        return response_202

    if response.status_code == 400:
        response_400 = LoginProblem.from_dict(response.json())

        return response_400

    if response.status_code == 413:
        response_413 = LoginProblem.from_dict(response.json())

        return response_413

    if response.status_code == 422:
        response_422 = LoginProblem.from_dict(response.json())

        return response_422

    if response.status_code == 429:
        response_429 = LoginProblem.from_dict(response.json())

        return response_429

    if response.status_code == 500:
        response_500 = LoginProblem.from_dict(response.json())

        return response_500

    if response.status_code == 503:
        response_503 = LoginProblem.from_dict(response.json())

        return response_503

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[Accepted | LoginProblem]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: SignUpRequest,
) -> Response[Accepted | LoginProblem]:
    """Ask for a link to make an account

     The mail goes to the address, and only its reader learns more: a link that `user-sign-up-confirm`
    takes or, where
    the address has an account, that it has one. The answer is the same for every address. A client
    address may ask
    20 times an hour, unless configured otherwise. A deployment has this only where `SelfService` is
    `sign-up`.

    Args:
        body (SignUpRequest): The address that is to have an account.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Accepted | LoginProblem]
    """

    kwargs = _get_kwargs(
        body=body,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient | Client,
    body: SignUpRequest,
) -> Accepted | LoginProblem | None:
    """Ask for a link to make an account

     The mail goes to the address, and only its reader learns more: a link that `user-sign-up-confirm`
    takes or, where
    the address has an account, that it has one. The answer is the same for every address. A client
    address may ask
    20 times an hour, unless configured otherwise. A deployment has this only where `SelfService` is
    `sign-up`.

    Args:
        body (SignUpRequest): The address that is to have an account.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Accepted | LoginProblem
    """

    return sync_detailed(
        client=client,
        body=body,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: SignUpRequest,
) -> Response[Accepted | LoginProblem]:
    """Ask for a link to make an account

     The mail goes to the address, and only its reader learns more: a link that `user-sign-up-confirm`
    takes or, where
    the address has an account, that it has one. The answer is the same for every address. A client
    address may ask
    20 times an hour, unless configured otherwise. A deployment has this only where `SelfService` is
    `sign-up`.

    Args:
        body (SignUpRequest): The address that is to have an account.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Accepted | LoginProblem]
    """

    kwargs = _get_kwargs(
        body=body,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient | Client,
    body: SignUpRequest,
) -> Accepted | LoginProblem | None:
    """Ask for a link to make an account

     The mail goes to the address, and only its reader learns more: a link that `user-sign-up-confirm`
    takes or, where
    the address has an account, that it has one. The answer is the same for every address. A client
    address may ask
    20 times an hour, unless configured otherwise. A deployment has this only where `SelfService` is
    `sign-up`.

    Args:
        body (SignUpRequest): The address that is to have an account.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Accepted | LoginProblem
    """

    return (
        await asyncio_detailed(
            client=client,
            body=body,
        )
    ).parsed
