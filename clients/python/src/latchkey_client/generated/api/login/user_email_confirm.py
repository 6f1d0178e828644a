from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.link_request import LinkRequest
from ...models.login_problem import LoginProblem
from ...models.message import Message
from ...types import Response


def _get_kwargs(
    *,
    body: LinkRequest,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/user/email/confirm",
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
    body: LinkRequest,
) -> Response[LoginProblem | Message]:
    """Let a new e-mail address take effect

     The address of the link becomes the user's, who has proven it, and the former one gets a notice.
    Every session of
    the user ends, and every one-time token that a login or the password made. A link works once: one
    that is forged,
    has expired or was used returns the same 404, and so does one from before a change of the password,
    one of a
    disabled user, and one to an address that another user has by now. A deployment has this unless
    `SelfService` is
    `none`.

    Args:
        body (LinkRequest): The mailed token.

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
    body: LinkRequest,
) -> LoginProblem | Message | None:
    """Let a new e-mail address take effect

     The address of the link becomes the user's, who has proven it, and the former one gets a notice.
    Every session of
    the user ends, and every one-time token that a login or the password made. A link works once: one
    that is forged,
    has expired or was used returns the same 404, and so does one from before a change of the password,
    one of a
    disabled user, and one to an address that another user has by now. A deployment has this unless
    `SelfService` is
    `none`.

    Args:
        body (LinkRequest): The mailed token.

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
    body: LinkRequest,
) -> Response[LoginProblem | Message]:
    """Let a new e-mail address take effect

     The address of the link becomes the user's, who has proven it, and the former one gets a notice.
    Every session of
    the user ends, and every one-time token that a login or the password made. A link works once: one
    that is forged,
    has expired or was used returns the same 404, and so does one from before a change of the password,
    one of a
    disabled user, and one to an address that another user has by now. A deployment has this unless
    `SelfService` is
    `none`.

    Args:
        body (LinkRequest): The mailed token.

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
    body: LinkRequest,
) -> LoginProblem | Message | None:
    """Let a new e-mail address take effect

     The address of the link becomes the user's, who has proven it, and the former one gets a notice.
    Every session of
    the user ends, and every one-time token that a login or the password made. A link works once: one
    that is forged,
    has expired or was used returns the same 404, and so does one from before a change of the password,
    one of a
    disabled user, and one to an address that another user has by now. A deployment has this unless
    `SelfService` is
    `none`.

    Args:
        body (LinkRequest): The mailed token.

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
