from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.login import Login
from ...models.login_problem import LoginProblem
from ...models.login_request import LoginRequest
from ...types import Response


def _get_kwargs(
    *,
    body: LoginRequest,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/user/login",
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Login | LoginProblem | None:
    if response.status_code == 200:
        response_200 = Login.from_dict(response.json())

        return response_200

    if response.status_code == 400:
        response_400 = LoginProblem.from_dict(response.json())

        return response_400

    if response.status_code == 401:
        response_401 = LoginProblem.from_dict(response.json())

        return response_401

    if response.status_code == 403:
        response_403 = LoginProblem.from_dict(response.json())

        return response_403

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
) -> Response[Login | LoginProblem]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: LoginRequest,
) -> Response[Login | LoginProblem]:
    """Exchange a user name or an e-mail address, and the password, for a login JWT

     An unknown user, a wrong password and a disabled user get the same 401 after the same time. 403
    means that the
    password has expired, and is reported only to a caller who knows it; `user-password` changes it.
    Attempts are
    counted per user name or e-mail address, known or not, and per client address. A hundred wrong
    passwords in a row disable the
    password, which then gets the 401 of a wrong one.

    Args:
        body (LoginRequest): A user name or an e-mail address, and a password.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Login | LoginProblem]
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
    body: LoginRequest,
) -> Login | LoginProblem | None:
    """Exchange a user name or an e-mail address, and the password, for a login JWT

     An unknown user, a wrong password and a disabled user get the same 401 after the same time. 403
    means that the
    password has expired, and is reported only to a caller who knows it; `user-password` changes it.
    Attempts are
    counted per user name or e-mail address, known or not, and per client address. A hundred wrong
    passwords in a row disable the
    password, which then gets the 401 of a wrong one.

    Args:
        body (LoginRequest): A user name or an e-mail address, and a password.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Login | LoginProblem
    """

    return sync_detailed(
        client=client,
        body=body,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: LoginRequest,
) -> Response[Login | LoginProblem]:
    """Exchange a user name or an e-mail address, and the password, for a login JWT

     An unknown user, a wrong password and a disabled user get the same 401 after the same time. 403
    means that the
    password has expired, and is reported only to a caller who knows it; `user-password` changes it.
    Attempts are
    counted per user name or e-mail address, known or not, and per client address. A hundred wrong
    passwords in a row disable the
    password, which then gets the 401 of a wrong one.

    Args:
        body (LoginRequest): A user name or an e-mail address, and a password.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Login | LoginProblem]
    """

    kwargs = _get_kwargs(
        body=body,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient | Client,
    body: LoginRequest,
) -> Login | LoginProblem | None:
    """Exchange a user name or an e-mail address, and the password, for a login JWT

     An unknown user, a wrong password and a disabled user get the same 401 after the same time. 403
    means that the
    password has expired, and is reported only to a caller who knows it; `user-password` changes it.
    Attempts are
    counted per user name or e-mail address, known or not, and per client address. A hundred wrong
    passwords in a row disable the
    password, which then gets the 401 of a wrong one.

    Args:
        body (LoginRequest): A user name or an e-mail address, and a password.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Login | LoginProblem
    """

    return (
        await asyncio_detailed(
            client=client,
            body=body,
        )
    ).parsed
