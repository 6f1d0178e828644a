from http import HTTPStatus
from typing import Any
from urllib.parse import quote
from uuid import UUID

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.entity_problem import EntityProblem
from ...models.success import Success
from ...types import Response


def _get_kwargs(
    entity_id: str,
    user_id: str,
    *,
    userid: UUID,
    token: str,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    headers["userid"] = userid

    headers["token"] = token

    _kwargs: dict[str, Any] = {
        "method": "delete",
        "url": "/entities/{entity_id}/users/{user_id}/authentication-token".format(
            entity_id=quote(str(entity_id), safe=""),
            user_id=quote(str(user_id), safe=""),
        ),
    }

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> EntityProblem | Success | None:
    if response.status_code == 200:
        response_200 = Success.from_dict(response.json())

        return response_200

    if response.status_code == 400:
        response_400 = EntityProblem.from_dict(response.json())

        return response_400

    if response.status_code == 401:
        response_401 = EntityProblem.from_dict(response.json())

        return response_401

    if response.status_code == 403:
        response_403 = EntityProblem.from_dict(response.json())

        return response_403

    if response.status_code == 404:
        response_404 = EntityProblem.from_dict(response.json())

        return response_404

    if response.status_code == 500:
        response_500 = EntityProblem.from_dict(response.json())

        return response_500

    if response.status_code == 503:
        response_503 = EntityProblem.from_dict(response.json())

        return response_503

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[EntityProblem | Success]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    entity_id: str,
    user_id: str,
    *,
    client: AuthenticatedClient,
    userid: UUID,
    token: str,
) -> Response[EntityProblem | Success]:
    """Revoke the token

     The answer has a body, because this family's client reads one: it is never 204.

    Args:
        entity_id (str): An id in the caller's own system: 1 to 128 bytes of UTF-8 without `/`,
            `#`, `?` and control characters, and
            neither `.` nor `..`.
        user_id (str): An id in the caller's own system: 1 to 128 bytes of UTF-8 without `/`, `#`,
            `?` and control characters, and
            neither `.` nor `..`.
        userid (UUID):
        token (str):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[EntityProblem | Success]
    """

    kwargs = _get_kwargs(
        entity_id=entity_id,
        user_id=user_id,
        userid=userid,
        token=token,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    entity_id: str,
    user_id: str,
    *,
    client: AuthenticatedClient,
    userid: UUID,
    token: str,
) -> EntityProblem | Success | None:
    """Revoke the token

     The answer has a body, because this family's client reads one: it is never 204.

    Args:
        entity_id (str): An id in the caller's own system: 1 to 128 bytes of UTF-8 without `/`,
            `#`, `?` and control characters, and
            neither `.` nor `..`.
        user_id (str): An id in the caller's own system: 1 to 128 bytes of UTF-8 without `/`, `#`,
            `?` and control characters, and
            neither `.` nor `..`.
        userid (UUID):
        token (str):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        EntityProblem | Success
    """

    return sync_detailed(
        entity_id=entity_id,
        user_id=user_id,
        client=client,
        userid=userid,
        token=token,
    ).parsed


async def asyncio_detailed(
    entity_id: str,
    user_id: str,
    *,
    client: AuthenticatedClient,
    userid: UUID,
    token: str,
) -> Response[EntityProblem | Success]:
    """Revoke the token

     The answer has a body, because this family's client reads one: it is never 204.

    Args:
        entity_id (str): An id in the caller's own system: 1 to 128 bytes of UTF-8 without `/`,
            `#`, `?` and control characters, and
            neither `.` nor `..`.
        user_id (str): An id in the caller's own system: 1 to 128 bytes of UTF-8 without `/`, `#`,
            `?` and control characters, and
            neither `.` nor `..`.
        userid (UUID):
        token (str):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[EntityProblem | Success]
    """

    kwargs = _get_kwargs(
        entity_id=entity_id,
        user_id=user_id,
        userid=userid,
        token=token,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    entity_id: str,
    user_id: str,
    *,
    client: AuthenticatedClient,
    userid: UUID,
    token: str,
) -> EntityProblem | Success | None:
    """Revoke the token

     The answer has a body, because this family's client reads one: it is never 204.

    Args:
        entity_id (str): An id in the caller's own system: 1 to 128 bytes of UTF-8 without `/`,
            `#`, `?` and control characters, and
            neither `.` nor `..`.
        user_id (str): An id in the caller's own system: 1 to 128 bytes of UTF-8 without `/`, `#`,
            `?` and control characters, and
            neither `.` nor `..`.
        userid (UUID):
        token (str):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        EntityProblem | Success
    """

    return (
        await asyncio_detailed(
            entity_id=entity_id,
            user_id=user_id,
            client=client,
            userid=userid,
            token=token,
        )
    ).parsed
