from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.auth_header import AuthHeader
from ...models.auth_header_request import AuthHeaderRequest
from ...models.login_problem import LoginProblem
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    body: AuthHeaderRequest,
    idempotency_key: str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(idempotency_key, Unset):
        headers["Idempotency-Key"] = idempotency_key

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/authheader/add",
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> AuthHeader | LoginProblem | None:
    if response.status_code == 200:
        response_200 = AuthHeader.from_dict(response.json())

        return response_200

    if response.status_code == 400:
        response_400 = LoginProblem.from_dict(response.json())

        return response_400

    if response.status_code == 401:
        response_401 = LoginProblem.from_dict(response.json())

        return response_401

    if response.status_code == 403:
        response_403 = LoginProblem.from_dict(response.json())

        return response_403

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
) -> Response[AuthHeader | LoginProblem]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    body: AuthHeaderRequest,
    idempotency_key: str | Unset = UNSET,
) -> Response[AuthHeader | LoginProblem]:
    """Make an API key

     Names may repeat. The key has its owner's ACL or, if given, `acl`; more than the owner has is 403.
    Unknown
    body fields are 422, so that a misspelt restriction does not make an unrestricted key. A user has at
    most 1,000
    keys; another one is 409.

    Args:
        idempotency_key (str | Unset):
        body (AuthHeaderRequest): A name for the API key, and what it may do.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[AuthHeader | LoginProblem]
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
    body: AuthHeaderRequest,
    idempotency_key: str | Unset = UNSET,
) -> AuthHeader | LoginProblem | None:
    """Make an API key

     Names may repeat. The key has its owner's ACL or, if given, `acl`; more than the owner has is 403.
    Unknown
    body fields are 422, so that a misspelt restriction does not make an unrestricted key. A user has at
    most 1,000
    keys; another one is 409.

    Args:
        idempotency_key (str | Unset):
        body (AuthHeaderRequest): A name for the API key, and what it may do.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        AuthHeader | LoginProblem
    """

    return sync_detailed(
        client=client,
        body=body,
        idempotency_key=idempotency_key,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    body: AuthHeaderRequest,
    idempotency_key: str | Unset = UNSET,
) -> Response[AuthHeader | LoginProblem]:
    """Make an API key

     Names may repeat. The key has its owner's ACL or, if given, `acl`; more than the owner has is 403.
    Unknown
    body fields are 422, so that a misspelt restriction does not make an unrestricted key. A user has at
    most 1,000
    keys; another one is 409.

    Args:
        idempotency_key (str | Unset):
        body (AuthHeaderRequest): A name for the API key, and what it may do.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[AuthHeader | LoginProblem]
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
    body: AuthHeaderRequest,
    idempotency_key: str | Unset = UNSET,
) -> AuthHeader | LoginProblem | None:
    """Make an API key

     Names may repeat. The key has its owner's ACL or, if given, `acl`; more than the owner has is 403.
    Unknown
    body fields are 422, so that a misspelt restriction does not make an unrestricted key. A user has at
    most 1,000
    keys; another one is 409.

    Args:
        idempotency_key (str | Unset):
        body (AuthHeaderRequest): A name for the API key, and what it may do.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        AuthHeader | LoginProblem
    """

    return (
        await asyncio_detailed(
            client=client,
            body=body,
            idempotency_key=idempotency_key,
        )
    ).parsed
