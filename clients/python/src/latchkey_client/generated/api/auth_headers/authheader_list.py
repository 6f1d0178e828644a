from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.auth_header import AuthHeader
from ...models.login_problem import LoginProblem
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    limit: int | Unset = UNSET,
    cursor: str | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["limit"] = limit

    params["cursor"] = cursor

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/authheader/list",
        "params": params,
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> LoginProblem | list[AuthHeader] | None:
    if response.status_code == 200:
        response_200 = []
        _response_200 = response.json()
        for response_200_item_data in _response_200:
            response_200_item = AuthHeader.from_dict(response_200_item_data)

            response_200.append(response_200_item)

        return response_200

    if response.status_code == 401:
        response_401 = LoginProblem.from_dict(response.json())

        return response_401

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
) -> Response[LoginProblem | list[AuthHeader]]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    limit: int | Unset = UNSET,
    cursor: str | Unset = UNSET,
) -> Response[LoginProblem | list[AuthHeader]]:
    """List the user's API keys

     The list shows the keys themselves: they are derived again and stored nowhere. Without `limit` it
    holds all of a
    user's keys, up to 1,000, oldest first. With `limit` it comes in pages, and the header `Link` leads
    to the next
    one. Each page is sorted by age, but the pages are not, and a page can have fewer keys than `limit`.
    A user who
    has more than 1,000 keys, from before there was a limit, gets pages in any case.

    Args:
        limit (int | Unset):
        cursor (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[LoginProblem | list[AuthHeader]]
    """

    kwargs = _get_kwargs(
        limit=limit,
        cursor=cursor,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient,
    limit: int | Unset = UNSET,
    cursor: str | Unset = UNSET,
) -> LoginProblem | list[AuthHeader] | None:
    """List the user's API keys

     The list shows the keys themselves: they are derived again and stored nowhere. Without `limit` it
    holds all of a
    user's keys, up to 1,000, oldest first. With `limit` it comes in pages, and the header `Link` leads
    to the next
    one. Each page is sorted by age, but the pages are not, and a page can have fewer keys than `limit`.
    A user who
    has more than 1,000 keys, from before there was a limit, gets pages in any case.

    Args:
        limit (int | Unset):
        cursor (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        LoginProblem | list[AuthHeader]
    """

    return sync_detailed(
        client=client,
        limit=limit,
        cursor=cursor,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    limit: int | Unset = UNSET,
    cursor: str | Unset = UNSET,
) -> Response[LoginProblem | list[AuthHeader]]:
    """List the user's API keys

     The list shows the keys themselves: they are derived again and stored nowhere. Without `limit` it
    holds all of a
    user's keys, up to 1,000, oldest first. With `limit` it comes in pages, and the header `Link` leads
    to the next
    one. Each page is sorted by age, but the pages are not, and a page can have fewer keys than `limit`.
    A user who
    has more than 1,000 keys, from before there was a limit, gets pages in any case.

    Args:
        limit (int | Unset):
        cursor (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[LoginProblem | list[AuthHeader]]
    """

    kwargs = _get_kwargs(
        limit=limit,
        cursor=cursor,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    limit: int | Unset = UNSET,
    cursor: str | Unset = UNSET,
) -> LoginProblem | list[AuthHeader] | None:
    """List the user's API keys

     The list shows the keys themselves: they are derived again and stored nowhere. Without `limit` it
    holds all of a
    user's keys, up to 1,000, oldest first. With `limit` it comes in pages, and the header `Link` leads
    to the next
    one. Each page is sorted by age, but the pages are not, and a page can have fewer keys than `limit`.
    A user who
    has more than 1,000 keys, from before there was a limit, gets pages in any case.

    Args:
        limit (int | Unset):
        cursor (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        LoginProblem | list[AuthHeader]
    """

    return (
        await asyncio_detailed(
            client=client,
            limit=limit,
            cursor=cursor,
        )
    ).parsed
