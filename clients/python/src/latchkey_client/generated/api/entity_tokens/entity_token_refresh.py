from http import HTTPStatus
from typing import Any
from urllib.parse import quote
from uuid import UUID

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.entity_problem import EntityProblem
from ...models.entity_token import EntityToken
from ...models.entity_token_refresh_request import EntityTokenRefreshRequest
from ...types import UNSET, Response, Unset


def _get_kwargs(
    entity_id: str,
    user_id: str,
    *,
    body: EntityTokenRefreshRequest | Unset = UNSET,
    userid: UUID,
    token: str,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    headers["userid"] = userid

    headers["token"] = token

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/entities/{entity_id}/users/{user_id}/authentication-token/refresh".format(
            entity_id=quote(str(entity_id), safe=""),
            user_id=quote(str(user_id), safe=""),
        ),
    }

    if not isinstance(body, Unset):
        _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> EntityProblem | EntityToken | None:
    if response.status_code == 200:
        response_200 = EntityToken.from_dict(response.json())

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

    if response.status_code == 409:
        response_409 = EntityProblem.from_dict(response.json())

        return response_409

    if response.status_code == 413:
        response_413 = EntityProblem.from_dict(response.json())

        return response_413

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
) -> Response[EntityProblem | EntityToken]:
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
    body: EntityTokenRefreshRequest | Unset = UNSET,
    userid: UUID,
    token: str,
) -> Response[EntityProblem | EntityToken]:
    """Replace the token by its successor

     The presented token stops working. The flags stay, and the successor lives as long as the token was
    given:
    from now on until the default, or the span that was last set. Within the grace period (30 seconds
    unless
    configured otherwise) the token that was just replaced gets the same successor again. After that its
    use is
    taken for theft, and the live token is revoked.

    Args:
        entity_id (str): An id in the caller's own system: 1 to 128 bytes of UTF-8 without `/`,
            `#`, `?` and control characters, and
            neither `.` nor `..`.
        user_id (str): An id in the caller's own system: 1 to 128 bytes of UTF-8 without `/`, `#`,
            `?` and control characters, and
            neither `.` nor `..`.
        userid (UUID):
        token (str):
        body (EntityTokenRefreshRequest | Unset): The token to replace.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[EntityProblem | EntityToken]
    """

    kwargs = _get_kwargs(
        entity_id=entity_id,
        user_id=user_id,
        body=body,
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
    body: EntityTokenRefreshRequest | Unset = UNSET,
    userid: UUID,
    token: str,
) -> EntityProblem | EntityToken | None:
    """Replace the token by its successor

     The presented token stops working. The flags stay, and the successor lives as long as the token was
    given:
    from now on until the default, or the span that was last set. Within the grace period (30 seconds
    unless
    configured otherwise) the token that was just replaced gets the same successor again. After that its
    use is
    taken for theft, and the live token is revoked.

    Args:
        entity_id (str): An id in the caller's own system: 1 to 128 bytes of UTF-8 without `/`,
            `#`, `?` and control characters, and
            neither `.` nor `..`.
        user_id (str): An id in the caller's own system: 1 to 128 bytes of UTF-8 without `/`, `#`,
            `?` and control characters, and
            neither `.` nor `..`.
        userid (UUID):
        token (str):
        body (EntityTokenRefreshRequest | Unset): The token to replace.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        EntityProblem | EntityToken
    """

    return sync_detailed(
        entity_id=entity_id,
        user_id=user_id,
        client=client,
        body=body,
        userid=userid,
        token=token,
    ).parsed


async def asyncio_detailed(
    entity_id: str,
    user_id: str,
    *,
    client: AuthenticatedClient,
    body: EntityTokenRefreshRequest | Unset = UNSET,
    userid: UUID,
    token: str,
) -> Response[EntityProblem | EntityToken]:
    """Replace the token by its successor

     The presented token stops working. The flags stay, and the successor lives as long as the token was
    given:
    from now on until the default, or the span that was last set. Within the grace period (30 seconds
    unless
    configured otherwise) the token that was just replaced gets the same successor again. After that its
    use is
    taken for theft, and the live token is revoked.

    Args:
        entity_id (str): An id in the caller's own system: 1 to 128 bytes of UTF-8 without `/`,
            `#`, `?` and control characters, and
            neither `.` nor `..`.
        user_id (str): An id in the caller's own system: 1 to 128 bytes of UTF-8 without `/`, `#`,
            `?` and control characters, and
            neither `.` nor `..`.
        userid (UUID):
        token (str):
        body (EntityTokenRefreshRequest | Unset): The token to replace.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[EntityProblem | EntityToken]
    """

    kwargs = _get_kwargs(
        entity_id=entity_id,
        user_id=user_id,
        body=body,
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
    body: EntityTokenRefreshRequest | Unset = UNSET,
    userid: UUID,
    token: str,
) -> EntityProblem | EntityToken | None:
    """Replace the token by its successor

     The presented token stops working. The flags stay, and the successor lives as long as the token was
    given:
    from now on until the default, or the span that was last set. Within the grace period (30 seconds
    unless
    configured otherwise) the token that was just replaced gets the same successor again. After that its
    use is
    taken for theft, and the live token is revoked.

    Args:
        entity_id (str): An id in the caller's own system: 1 to 128 bytes of UTF-8 without `/`,
            `#`, `?` and control characters, and
            neither `.` nor `..`.
        user_id (str): An id in the caller's own system: 1 to 128 bytes of UTF-8 without `/`, `#`,
            `?` and control characters, and
            neither `.` nor `..`.
        userid (UUID):
        token (str):
        body (EntityTokenRefreshRequest | Unset): The token to replace.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        EntityProblem | EntityToken
    """

    return (
        await asyncio_detailed(
            entity_id=entity_id,
            user_id=user_id,
            client=client,
            body=body,
            userid=userid,
            token=token,
        )
    ).parsed
