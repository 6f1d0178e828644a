from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.authorizer_context import AuthorizerContext
from ...models.gateway_message import GatewayMessage
from ...types import Response


def _get_kwargs() -> dict[str, Any]:

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/authorizer-sample",
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> AuthorizerContext | GatewayMessage | None:
    if response.status_code == 200:
        response_200 = AuthorizerContext.from_dict(response.json())

        return response_200

    if response.status_code == 401:
        response_401 = GatewayMessage.from_dict(response.json())

        return response_401

    if response.status_code == 403:
        response_403 = GatewayMessage.from_dict(response.json())

        return response_403

    if response.status_code == 500:
        response_500 = GatewayMessage.from_dict(response.json())

        return response_500

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[AuthorizerContext | GatewayMessage]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
) -> Response[AuthorizerContext | GatewayMessage]:
    """Show what the authorizer said of the caller

     The context is what a function behind the authorizer finds in `requestContext.authorizer.lambda`;
    docs/authorizer.md explains it.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[AuthorizerContext | GatewayMessage]
    """

    kwargs = _get_kwargs()

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient,
) -> AuthorizerContext | GatewayMessage | None:
    """Show what the authorizer said of the caller

     The context is what a function behind the authorizer finds in `requestContext.authorizer.lambda`;
    docs/authorizer.md explains it.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        AuthorizerContext | GatewayMessage
    """

    return sync_detailed(
        client=client,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
) -> Response[AuthorizerContext | GatewayMessage]:
    """Show what the authorizer said of the caller

     The context is what a function behind the authorizer finds in `requestContext.authorizer.lambda`;
    docs/authorizer.md explains it.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[AuthorizerContext | GatewayMessage]
    """

    kwargs = _get_kwargs()

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
) -> AuthorizerContext | GatewayMessage | None:
    """Show what the authorizer said of the caller

     The context is what a function behind the authorizer finds in `requestContext.authorizer.lambda`;
    docs/authorizer.md explains it.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        AuthorizerContext | GatewayMessage
    """

    return (
        await asyncio_detailed(
            client=client,
        )
    ).parsed
