from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.accepted import Accepted
from ...models.email_request import EmailRequest
from ...models.login_problem import LoginProblem
from ...types import Response


def _get_kwargs(
    *,
    body: EmailRequest,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/user/email",
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Accepted | LoginProblem | None:
    if response.status_code == 202:
        response_202 = Accepted.from_dict(response.json())

        return response_202

    if response.status_code == 400:
        response_400 = LoginProblem.from_dict(response.json())

        return response_400

    if response.status_code == 401:
        response_401 = LoginProblem.from_dict(response.json())

        return response_401

    if response.status_code == 403:
        response_403 = LoginProblem.from_dict(response.json())

        return response_403

    if response.status_code == 413:
        response_413 = LoginProblem.from_dict(response.json())

        return response_413

    if response.status_code == 422:
        response_422 = LoginProblem.from_dict(response.json())

        return response_422

    if response.status_code == 429:
        response_429 = LoginProblem.from_dict(response.json())

        return response_429

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
) -> Response[Accepted | LoginProblem]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    body: EmailRequest,
) -> Response[Accepted | LoginProblem]:
    """Ask for a link to change the e-mail address

     The new address gets a link that `user-email-confirm` takes. Until then nothing changes, and nobody
    learns whether
    another user has the address. Attempts at the password are counted together with those of `user-
    login`; a user
    may ask ten times an hour. A deployment has this unless `SelfService` is `none`.

    Args:
        body (EmailRequest): The new address, and the password.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Accepted | LoginProblem]
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
    client: AuthenticatedClient,
    body: EmailRequest,
) -> Accepted | LoginProblem | None:
    """Ask for a link to change the e-mail address

     The new address gets a link that `user-email-confirm` takes. Until then nothing changes, and nobody
    learns whether
    another user has the address. Attempts at the password are counted together with those of `user-
    login`; a user
    may ask ten times an hour. A deployment has this unless `SelfService` is `none`.

    Args:
        body (EmailRequest): The new address, and the password.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Accepted | LoginProblem
    """

    return sync_detailed(
        client=client,
        body=body,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    body: EmailRequest,
) -> Response[Accepted | LoginProblem]:
    """Ask for a link to change the e-mail address

     The new address gets a link that `user-email-confirm` takes. Until then nothing changes, and nobody
    learns whether
    another user has the address. Attempts at the password are counted together with those of `user-
    login`; a user
    may ask ten times an hour. A deployment has this unless `SelfService` is `none`.

    Args:
        body (EmailRequest): The new address, and the password.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Accepted | LoginProblem]
    """

    kwargs = _get_kwargs(
        body=body,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    body: EmailRequest,
) -> Accepted | LoginProblem | None:
    """Ask for a link to change the e-mail address

     The new address gets a link that `user-email-confirm` takes. Until then nothing changes, and nobody
    learns whether
    another user has the address. Attempts at the password are counted together with those of `user-
    login`; a user
    may ask ten times an hour. A deployment has this unless `SelfService` is `none`.

    Args:
        body (EmailRequest): The new address, and the password.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Accepted | LoginProblem
    """

    return (
        await asyncio_detailed(
            client=client,
            body=body,
        )
    ).parsed
