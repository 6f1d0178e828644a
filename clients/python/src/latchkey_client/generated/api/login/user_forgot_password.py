from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.forgot_password_request import ForgotPasswordRequest
from ...models.login_problem import LoginProblem
from ...models.password_link_asked import PasswordLinkAsked
from ...types import Response


def _get_kwargs(
    *,
    body: ForgotPasswordRequest,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/user/forgot-password",
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> LoginProblem | PasswordLinkAsked | None:
    if response.status_code == 202:
        response_202 = PasswordLinkAsked.from_dict(response.json())

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
) -> Response[LoginProblem | PasswordLinkAsked]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: ForgotPasswordRequest,
) -> Response[LoginProblem | PasswordLinkAsked]:
    """Ask for a link that sets a new password

     The link is mailed to the user's address, with the token behind the `#`. The answer is the same
    whether there is
    such a user or not, whether the user is disabled, has no address, or has been sent as many links as
    an address
    gets. Requests are counted by the client's address. Not deployed with `SelfService=none`.

    Args:
        body (ForgotPasswordRequest): Who forgot the password.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[LoginProblem | PasswordLinkAsked]
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
    body: ForgotPasswordRequest,
) -> LoginProblem | PasswordLinkAsked | None:
    """Ask for a link that sets a new password

     The link is mailed to the user's address, with the token behind the `#`. The answer is the same
    whether there is
    such a user or not, whether the user is disabled, has no address, or has been sent as many links as
    an address
    gets. Requests are counted by the client's address. Not deployed with `SelfService=none`.

    Args:
        body (ForgotPasswordRequest): Who forgot the password.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        LoginProblem | PasswordLinkAsked
    """

    return sync_detailed(
        client=client,
        body=body,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: ForgotPasswordRequest,
) -> Response[LoginProblem | PasswordLinkAsked]:
    """Ask for a link that sets a new password

     The link is mailed to the user's address, with the token behind the `#`. The answer is the same
    whether there is
    such a user or not, whether the user is disabled, has no address, or has been sent as many links as
    an address
    gets. Requests are counted by the client's address. Not deployed with `SelfService=none`.

    Args:
        body (ForgotPasswordRequest): Who forgot the password.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[LoginProblem | PasswordLinkAsked]
    """

    kwargs = _get_kwargs(
        body=body,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient | Client,
    body: ForgotPasswordRequest,
) -> LoginProblem | PasswordLinkAsked | None:
    """Ask for a link that sets a new password

     The link is mailed to the user's address, with the token behind the `#`. The answer is the same
    whether there is
    such a user or not, whether the user is disabled, has no address, or has been sent as many links as
    an address
    gets. Requests are counted by the client's address. Not deployed with `SelfService=none`.

    Args:
        body (ForgotPasswordRequest): Who forgot the password.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        LoginProblem | PasswordLinkAsked
    """

    return (
        await asyncio_detailed(
            client=client,
            body=body,
        )
    ).parsed
