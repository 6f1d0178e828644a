from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.login_problem import LoginProblem
from ...models.message import Message
from ...models.reset_password_request import ResetPasswordRequest
from ...types import Response


def _get_kwargs(
    *,
    body: ResetPasswordRequest,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/user/reset-password",
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> LoginProblem | Message | None:
    if response.status_code == 200:
        response_200 = Message.from_dict(response.json())

        return response_200

    if response.status_code == 400:
        response_400 = LoginProblem.from_dict(response.json())

        return response_400

    if response.status_code == 404:
        response_404 = LoginProblem.from_dict(response.json())

        return response_404

    if response.status_code == 409:
        response_409 = LoginProblem.from_dict(response.json())

        return response_409

    if response.status_code == 413:
        response_413 = LoginProblem.from_dict(response.json())

        return response_413

    if response.status_code == 422:
        response_422 = LoginProblem.from_dict(response.json())

        return response_422

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
) -> Response[LoginProblem | Message]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: ResetPasswordRequest,
) -> Response[LoginProblem | Message]:
    """Set a password by a mailed link

     The token of a link is the proof: of `user-forgot-password`, or of an invitation. A link works once.
    It ends every
    session of the user, and every one-time token made with a login or the old password. API keys stay.
    A password that
    too many wrong ones had disabled is enabled, and the address that the link was mailed to counts as
    proven. A link
    that is forged, expired or used, or whose user has changed the password or was disabled since, is
    one and the same
    404. A password that is refused leaves the link as it was. Not deployed with `SelfService=none`.

    Args:
        body (ResetPasswordRequest): The token of the link, and the new password.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[LoginProblem | Message]
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
    body: ResetPasswordRequest,
) -> LoginProblem | Message | None:
    """Set a password by a mailed link

     The token of a link is the proof: of `user-forgot-password`, or of an invitation. A link works once.
    It ends every
    session of the user, and every one-time token made with a login or the old password. API keys stay.
    A password that
    too many wrong ones had disabled is enabled, and the address that the link was mailed to counts as
    proven. A link
    that is forged, expired or used, or whose user has changed the password or was disabled since, is
    one and the same
    404. A password that is refused leaves the link as it was. Not deployed with `SelfService=none`.

    Args:
        body (ResetPasswordRequest): The token of the link, and the new password.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        LoginProblem | Message
    """

    return sync_detailed(
        client=client,
        body=body,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: ResetPasswordRequest,
) -> Response[LoginProblem | Message]:
    """Set a password by a mailed link

     The token of a link is the proof: of `user-forgot-password`, or of an invitation. A link works once.
    It ends every
    session of the user, and every one-time token made with a login or the old password. API keys stay.
    A password that
    too many wrong ones had disabled is enabled, and the address that the link was mailed to counts as
    proven. A link
    that is forged, expired or used, or whose user has changed the password or was disabled since, is
    one and the same
    404. A password that is refused leaves the link as it was. Not deployed with `SelfService=none`.

    Args:
        body (ResetPasswordRequest): The token of the link, and the new password.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[LoginProblem | Message]
    """

    kwargs = _get_kwargs(
        body=body,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient | Client,
    body: ResetPasswordRequest,
) -> LoginProblem | Message | None:
    """Set a password by a mailed link

     The token of a link is the proof: of `user-forgot-password`, or of an invitation. A link works once.
    It ends every
    session of the user, and every one-time token made with a login or the old password. API keys stay.
    A password that
    too many wrong ones had disabled is enabled, and the address that the link was mailed to counts as
    proven. A link
    that is forged, expired or used, or whose user has changed the password or was disabled since, is
    one and the same
    404. A password that is refused leaves the link as it was. Not deployed with `SelfService=none`.

    Args:
        body (ResetPasswordRequest): The token of the link, and the new password.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        LoginProblem | Message
    """

    return (
        await asyncio_detailed(
            client=client,
            body=body,
        )
    ).parsed
