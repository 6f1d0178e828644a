from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.login_problem import LoginProblem
from ...models.renewal import Renewal
from ...types import Response


def _get_kwargs() -> dict[str, Any]:

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/user/renew",
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> LoginProblem | Renewal | None:
    if response.status_code == 200:
        response_200 = Renewal.from_dict(response.json())

        return response_200

    if response.status_code == 401:
        response_401 = LoginProblem.from_dict(response.json())

        return response_401

    if response.status_code == 403:
        response_403 = LoginProblem.from_dict(response.json())

        return response_403

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
) -> Response[LoginProblem | Renewal]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
) -> Response[LoginProblem | Renewal]:
    """Get another JWT for the session of a login

     The session ends 12 hours after the login, unless configured otherwise, and none of its JWTs
    outlives it. The
    presented JWT stays valid until it expires. 403 means that the password has expired since the login.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[LoginProblem | Renewal]
    """

    kwargs = _get_kwargs()

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient,
) -> LoginProblem | Renewal | None:
    """Get another JWT for the session of a login

     The session ends 12 hours after the login, unless configured otherwise, and none of its JWTs
    outlives it. The
    presented JWT stays valid until it expires. 403 means that the password has expired since the login.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        LoginProblem | Renewal
    """

    return sync_detailed(
        client=client,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
) -> Response[LoginProblem | Renewal]:
    """Get another JWT for the session of a login

     The session ends 12 hours after the login, unless configured otherwise, and none of its JWTs
    outlives it. The
    presented JWT stays valid until it expires. 403 means that the password has expired since the login.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[LoginProblem | Renewal]
    """

    kwargs = _get_kwargs()

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
) -> LoginProblem | Renewal | None:
    """Get another JWT for the session of a login

     The session ends 12 hours after the login, unless configured otherwise, and none of its JWTs
    outlives it. The
    presented JWT stays valid until it expires. 403 means that the password has expired since the login.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        LoginProblem | Renewal
    """

    return (
        await asyncio_detailed(
            client=client,
        )
    ).parsed
