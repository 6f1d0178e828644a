from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.authentication_token import AuthenticationToken
from ...models.password_token_request import PasswordTokenRequest
from ...models.passwordless_token_request import PasswordlessTokenRequest
from ...models.problem import Problem
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    body: PasswordlessTokenRequest | PasswordTokenRequest,
    idempotency_key: str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(idempotency_key, Unset):
        headers["Idempotency-Key"] = idempotency_key

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/authentication-tokens",
    }

    if isinstance(body, PasswordTokenRequest):
        _kwargs["json"] = body.to_dict()
    else:
        _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> AuthenticationToken | Problem | None:
    if response.status_code == 201:
        response_201 = AuthenticationToken.from_dict(response.json())

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

    if response.status_code == 409:
        response_409 = Problem.from_dict(response.json())

        return response_409

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
) -> Response[AuthenticationToken | Problem]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    body: PasswordlessTokenRequest | PasswordTokenRequest,
    idempotency_key: str | Unset = UNSET,
) -> Response[AuthenticationToken | Problem]:
    """Create a one-time token for a customer

     In mode `password` the customer proves the password and needs no other credential. Attempts are
    counted as at
    a login; 403 means that the password has expired. In mode `passwordless` a backend or a person
    vouches for the
    customer with an API key or a login JWT whose ACL grants `authentication-token-create`.

    More in `acl` than its creator has is 403. A token made without an `acl` grants nothing by itself.
    `customClaims` need the permission `authentication-token-create` in mode `password` too, and are 403
    without
    it. With `otpRequired`, a one-time password of six digits goes to the customer by e-mail, a moment
    after the
    answer; past the cap of mails to one customer it is 429. A repeated request with the same
    `Idempotency-Key`
    sends no second mail.

    The token ends when its issuer is disabled or when the API key that made it is deleted; one made
    with a
    password or a login also when its issuer changes the password. If the customer is a user of this
    service, it
    also ends when that user is disabled or changes the password.

    Args:
        idempotency_key (str | Unset):
        body (PasswordlessTokenRequest | PasswordTokenRequest): For whom the token is, and who
            vouches for that; `mode` says which.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[AuthenticationToken | Problem]
    """

    kwargs = _get_kwargs(
        body=body,
        idempotency_key=idempotency_key,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient,
    body: PasswordlessTokenRequest | PasswordTokenRequest,
    idempotency_key: str | Unset = UNSET,
) -> AuthenticationToken | Problem | None:
    """Create a one-time token for a customer

     In mode `password` the customer proves the password and needs no other credential. Attempts are
    counted as at
    a login; 403 means that the password has expired. In mode `passwordless` a backend or a person
    vouches for the
    customer with an API key or a login JWT whose ACL grants `authentication-token-create`.

    More in `acl` than its creator has is 403. A token made without an `acl` grants nothing by itself.
    `customClaims` need the permission `authentication-token-create` in mode `password` too, and are 403
    without
    it. With `otpRequired`, a one-time password of six digits goes to the customer by e-mail, a moment
    after the
    answer; past the cap of mails to one customer it is 429. A repeated request with the same
    `Idempotency-Key`
    sends no second mail.

    The token ends when its issuer is disabled or when the API key that made it is deleted; one made
    with a
    password or a login also when its issuer changes the password. If the customer is a user of this
    service, it
    also ends when that user is disabled or changes the password.

    Args:
        idempotency_key (str | Unset):
        body (PasswordlessTokenRequest | PasswordTokenRequest): For whom the token is, and who
            vouches for that; `mode` says which.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        AuthenticationToken | Problem
    """

    return sync_detailed(
        client=client,
        body=body,
        idempotency_key=idempotency_key,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    body: PasswordlessTokenRequest | PasswordTokenRequest,
    idempotency_key: str | Unset = UNSET,
) -> Response[AuthenticationToken | Problem]:
    """Create a one-time token for a customer

     In mode `password` the customer proves the password and needs no other credential. Attempts are
    counted as at
    a login; 403 means that the password has expired. In mode `passwordless` a backend or a person
    vouches for the
    customer with an API key or a login JWT whose ACL grants `authentication-token-create`.

    More in `acl` than its creator has is 403. A token made without an `acl` grants nothing by itself.
    `customClaims` need the permission `authentication-token-create` in mode `password` too, and are 403
    without
    it. With `otpRequired`, a one-time password of six digits goes to the customer by e-mail, a moment
    after the
    answer; past the cap of mails to one customer it is 429. A repeated request with the same
    `Idempotency-Key`
    sends no second mail.

    The token ends when its issuer is disabled or when the API key that made it is deleted; one made
    with a
    password or a login also when its issuer changes the password. If the customer is a user of this
    service, it
    also ends when that user is disabled or changes the password.

    Args:
        idempotency_key (str | Unset):
        body (PasswordlessTokenRequest | PasswordTokenRequest): For whom the token is, and who
            vouches for that; `mode` says which.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[AuthenticationToken | Problem]
    """

    kwargs = _get_kwargs(
        body=body,
        idempotency_key=idempotency_key,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    body: PasswordlessTokenRequest | PasswordTokenRequest,
    idempotency_key: str | Unset = UNSET,
) -> AuthenticationToken | Problem | None:
    """Create a one-time token for a customer

     In mode `password` the customer proves the password and needs no other credential. Attempts are
    counted as at
    a login; 403 means that the password has expired. In mode `passwordless` a backend or a person
    vouches for the
    customer with an API key or a login JWT whose ACL grants `authentication-token-create`.

    More in `acl` than its creator has is 403. A token made without an `acl` grants nothing by itself.
    `customClaims` need the permission `authentication-token-create` in mode `password` too, and are 403
    without
    it. With `otpRequired`, a one-time password of six digits goes to the customer by e-mail, a moment
    after the
    answer; past the cap of mails to one customer it is 429. A repeated request with the same
    `Idempotency-Key`
    sends no second mail.

    The token ends when its issuer is disabled or when the API key that made it is deleted; one made
    with a
    password or a login also when its issuer changes the password. If the customer is a user of this
    service, it
    also ends when that user is disabled or changes the password.

    Args:
        idempotency_key (str | Unset):
        body (PasswordlessTokenRequest | PasswordTokenRequest): For whom the token is, and who
            vouches for that; `mode` says which.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        AuthenticationToken | Problem
    """

    return (
        await asyncio_detailed(
            client=client,
            body=body,
            idempotency_key=idempotency_key,
        )
    ).parsed
