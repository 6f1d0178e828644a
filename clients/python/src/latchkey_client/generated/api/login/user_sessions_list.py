from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.login_problem import LoginProblem
from ...models.session_list import SessionList
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    cursor: str | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["cursor"] = cursor

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/user/sessions",
        "params": params,
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> LoginProblem | SessionList | None:
    if response.status_code == 200:
        response_200 = SessionList.from_dict(response.json())

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
) -> Response[LoginProblem | SessionList]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    cursor: str | Unset = UNSET,
) -> Response[LoginProblem | SessionList]:
    """List where the user is logged in

     The live login sessions of the user, each of which `session-delete` can end. Within a page the
    newest stands
    first. A page can hold few sessions or none, since it is cut before ended ones are left out: the
    list goes on as
    long as the answer has a `cursor`.

    Args:
        cursor (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[LoginProblem | SessionList]
    """

    kwargs = _get_kwargs(
        cursor=cursor,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient,
    cursor: str | Unset = UNSET,
) -> LoginProblem | SessionList | None:
    """List where the user is logged in

     The live login sessions of the user, each of which `session-delete` can end. Within a page the
    newest stands
    first. A page can hold few sessions or none, since it is cut before ended ones are left out: the
    list goes on as
    long as the answer has a `cursor`.

    Args:
        cursor (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        LoginProblem | SessionList
    """

    return sync_detailed(
        client=client,
        cursor=cursor,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    cursor: str | Unset = UNSET,
) -> Response[LoginProblem | SessionList]:
    """List where the user is logged in

     The live login sessions of the user, each of which `session-delete` can end. Within a page the
    newest stands
    first. A page can hold few sessions or none, since it is cut before ended ones are left out: the
    list goes on as
    long as the answer has a `cursor`.

    Args:
        cursor (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[LoginProblem | SessionList]
    """

    kwargs = _get_kwargs(
        cursor=cursor,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    cursor: str | Unset = UNSET,
) -> LoginProblem | SessionList | None:
    """List where the user is logged in

     The live login sessions of the user, each of which `session-delete` can end. Within a page the
    newest stands
    first. A page can hold few sessions or none, since it is cut before ended ones are left out: the
    list goes on as
    long as the answer has a `cursor`.

    Args:
        cursor (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        LoginProblem | SessionList
    """

    return (
        await asyncio_detailed(
            client=client,
            cursor=cursor,
        )
    ).parsed
