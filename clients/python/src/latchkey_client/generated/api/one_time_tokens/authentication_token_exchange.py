from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.exchange_request import ExchangeRequest
from ...models.problem import Problem
from ...models.session import Session
from ...types import UNSET, Response, Unset


def _get_kwargs(
    token: str,
    *,
    body: ExchangeRequest | Unset = UNSET,
    idempotency_key: str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(idempotency_key, Unset):
        headers["Idempotency-Key"] = idempotency_key

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/authentication-tokens/{token}/exchange".format(
            token=quote(str(token), safe=""),
        ),
    }

    if not isinstance(body, Unset):
        _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Problem | Session | None:
    if response.status_code == 201:
        response_201 = Session.from_dict(response.json())

        return response_201

    if response.status_code == 400:
        response_400 = Problem.from_dict(response.json())

        return response_400

    if response.status_code == 401:
        response_401 = Problem.from_dict(response.json())

        return response_401

    if response.status_code == 403:
        response_403 = Problem.from_dict(response.json())

        return response_403

    if response.status_code == 404:
        response_404 = Problem.from_dict(response.json())

        return response_404

    if response.status_code == 413:
        response_413 = Problem.from_dict(response.json())

        return response_413

    if response.status_code == 422:
        response_422 = Problem.from_dict(response.json())

        return response_422

    if response.status_code == 429:
        response_429 = Problem.from_dict(response.json())

        return response_429

    if response.status_code == 500:
        response_500 = Problem.from_dict(response.json())

        return response_500

    if response.status_code == 503:
        response_503 = Problem.from_dict(response.json())

        return response_503

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[Problem | Session]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    token: str,
    *,
    client: AuthenticatedClient,
    body: ExchangeRequest | Unset = UNSET,
    idempotency_key: str | Unset = UNSET,
) -> Response[Problem | Session]:
    """Exchange a one-time token for a session

     Holding the token is the proof. Of any number of concurrent exchanges exactly one succeeds, unless
    `invalidate` is false; a failed exchange never consumes the token. Unknown, expired, deleted and
    consumed
    tokens return the same 404.

    The session grants at most the token's own ACL or, if the request also carries an API key or a login
    JWT, at
    most that credential's; more is 403. `customClaims`, `invalidate: false` and a life longer than the
    default
    need such a credential. An `expiredTime` in the past or too far ahead is 422.

    A wrong or missing one-time password is 401 and counts against the token and against its customer.
    Past the
    token's cap the answer is 404 whatever the one-time password; past the customer's cap it is 429.

    With an `Idempotency-Key`, a repeated exchange returns the session that the first one began, for ten
    minutes,
    and 404 afterwards. The key is bound to the token: a caller who lacks either gets no session. A
    required one-time password must be sent again, and once the token is consumed each repetition counts
    as an
    attempt, even with the right one.

    Args:
        token (str):
        idempotency_key (str | Unset):
        body (ExchangeRequest | Unset): What the session may do, and how long it lasts. Every
            field is optional.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Problem | Session]
    """

    kwargs = _get_kwargs(
        token=token,
        body=body,
        idempotency_key=idempotency_key,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    token: str,
    *,
    client: AuthenticatedClient,
    body: ExchangeRequest | Unset = UNSET,
    idempotency_key: str | Unset = UNSET,
) -> Problem | Session | None:
    """Exchange a one-time token for a session

     Holding the token is the proof. Of any number of concurrent exchanges exactly one succeeds, unless
    `invalidate` is false; a failed exchange never consumes the token. Unknown, expired, deleted and
    consumed
    tokens return the same 404.

    The session grants at most the token's own ACL or, if the request also carries an API key or a login
    JWT, at
    most that credential's; more is 403. `customClaims`, `invalidate: false` and a life longer than the
    default
    need such a credential. An `expiredTime` in the past or too far ahead is 422.

    A wrong or missing one-time password is 401 and counts against the token and against its customer.
    Past the
    token's cap the answer is 404 whatever the one-time password; past the customer's cap it is 429.

    With an `Idempotency-Key`, a repeated exchange returns the session that the first one began, for ten
    minutes,
    and 404 afterwards. The key is bound to the token: a caller who lacks either gets no session. A
    required one-time password must be sent again, and once the token is consumed each repetition counts
    as an
    attempt, even with the right one.

    Args:
        token (str):
        idempotency_key (str | Unset):
        body (ExchangeRequest | Unset): What the session may do, and how long it lasts. Every
            field is optional.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Problem | Session
    """

    return sync_detailed(
        token=token,
        client=client,
        body=body,
        idempotency_key=idempotency_key,
    ).parsed


async def asyncio_detailed(
    token: str,
    *,
    client: AuthenticatedClient,
    body: ExchangeRequest | Unset = UNSET,
    idempotency_key: str | Unset = UNSET,
) -> Response[Problem | Session]:
    """Exchange a one-time token for a session

     Holding the token is the proof. Of any number of concurrent exchanges exactly one succeeds, unless
    `invalidate` is false; a failed exchange never consumes the token. Unknown, expired, deleted and
    consumed
    tokens return the same 404.

    The session grants at most the token's own ACL or, if the request also carries an API key or a login
    JWT, at
    most that credential's; more is 403. `customClaims`, `invalidate: false` and a life longer than the
    default
    need such a credential. An `expiredTime` in the past or too far ahead is 422.

    A wrong or missing one-time password is 401 and counts against the token and against its customer.
    Past the
    token's cap the answer is 404 whatever the one-time password; past the customer's cap it is 429.

    With an `Idempotency-Key`, a repeated exchange returns the session that the first one began, for ten
    minutes,
    and 404 afterwards. The key is bound to the token: a caller who lacks either gets no session. A
    required one-time password must be sent again, and once the token is consumed each repetition counts
    as an
    attempt, even with the right one.

    Args:
        token (str):
        idempotency_key (str | Unset):
        body (ExchangeRequest | Unset): What the session may do, and how long it lasts. Every
            field is optional.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Problem | Session]
    """

    kwargs = _get_kwargs(
        token=token,
        body=body,
        idempotency_key=idempotency_key,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    token: str,
    *,
    client: AuthenticatedClient,
    body: ExchangeRequest | Unset = UNSET,
    idempotency_key: str | Unset = UNSET,
) -> Problem | Session | None:
    """Exchange a one-time token for a session

     Holding the token is the proof. Of any number of concurrent exchanges exactly one succeeds, unless
    `invalidate` is false; a failed exchange never consumes the token. Unknown, expired, deleted and
    consumed
    tokens return the same 404.

    The session grants at most the token's own ACL or, if the request also carries an API key or a login
    JWT, at
    most that credential's; more is 403. `customClaims`, `invalidate: false` and a life longer than the
    default
    need such a credential. An `expiredTime` in the past or too far ahead is 422.

    A wrong or missing one-time password is 401 and counts against the token and against its customer.
    Past the
    token's cap the answer is 404 whatever the one-time password; past the customer's cap it is 429.

    With an `Idempotency-Key`, a repeated exchange returns the session that the first one began, for ten
    minutes,
    and 404 afterwards. The key is bound to the token: a caller who lacks either gets no session. A
    required one-time password must be sent again, and once the token is consumed each repetition counts
    as an
    attempt, even with the right one.

    Args:
        token (str):
        idempotency_key (str | Unset):
        body (ExchangeRequest | Unset): What the session may do, and how long it lasts. Every
            field is optional.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Problem | Session
    """

    return (
        await asyncio_detailed(
            token=token,
            client=client,
            body=body,
            idempotency_key=idempotency_key,
        )
    ).parsed
