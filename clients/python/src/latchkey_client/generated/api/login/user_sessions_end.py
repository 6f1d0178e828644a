from http import HTTPStatus
from typing import Any, cast

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.login_problem import LoginProblem
from ...types import Response


def _get_kwargs() -> dict[str, Any]:

    _kwargs: dict[str, Any] = {
        "method": "delete",
        "url": "/user/sessions",
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Any | LoginProblem | None:
    if response.status_code == 204:
        response_204 = cast(Any, None)
        return response_204

    if response.status_code == 401:
        response_401 = LoginProblem.from_dict(response.json())

        return response_401

    if response.status_code == 409:
        response_409 = LoginProblem.from_dict(response.json())

        return response_409

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
) -> Response[Any | LoginProblem]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
) -> Response[Any | LoginProblem]:
    """End every session of the user but this one

     Ends the user's other logins, the exchanged sessions whose customer is the user, and the one-time
    tokens that a
    login or the password made, as a change of the password does. The JWTs of the session that asks go
    on working.
    API keys stay.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Any | LoginProblem]
    """

    kwargs = _get_kwargs()

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient,
) -> Any | LoginProblem | None:
    """End every session of the user but this one

     Ends the user's other logins, the exchanged sessions whose customer is the user, and the one-time
    tokens that a
    login or the password made, as a change of the password does. The JWTs of the session that asks go
    on working.
    API keys stay.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Any | LoginProblem
    """

    return sync_detailed(
        client=client,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
) -> Response[Any | LoginProblem]:
    """End every session of the user but this one

     Ends the user's other logins, the exchanged sessions whose customer is the user, and the one-time
    tokens that a
    login or the password made, as a change of the password does. The JWTs of the session that asks go
    on working.
    API keys stay.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Any | LoginProblem]
    """

    kwargs = _get_kwargs()

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
) -> Any | LoginProblem | None:
    """End every session of the user but this one

     Ends the user's other logins, the exchanged sessions whose customer is the user, and the one-time
    tokens that a
    login or the password made, as a change of the password does. The JWTs of the session that asks go
    on working.
    API keys stay.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Any | LoginProblem
    """

    return (
        await asyncio_detailed(
            client=client,
        )
    ).parsed
