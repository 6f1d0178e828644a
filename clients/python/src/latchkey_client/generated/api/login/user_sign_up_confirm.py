from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.login import Login
from ...models.login_problem import LoginProblem
from ...models.sign_up_confirm_request import SignUpConfirmRequest
from ...types import Response


def _get_kwargs(
    *,
    body: SignUpConfirmRequest,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/user/sign-up/confirm",
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Login | LoginProblem | None:
    if response.status_code == 201:
        response_201 = Login.from_dict(response.json())

        return response_201

    if response.status_code == 400:
        response_400 = LoginProblem.from_dict(response.json())

        return response_400

    if response.status_code == 404:
        response_404 = LoginProblem.from_dict(response.json())

        return response_404

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
) -> Response[Login | LoginProblem]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: SignUpConfirmRequest,
) -> Response[Login | LoginProblem]:
    """Make an account by a mailed link

     No account exists before. The password is given here, by whoever has read the mail. The user has no
    rights; an
    administrator grants them. A link that is forged, has expired or was used returns the same 404, also
    to a caller
    who lost the answer and repeats the call: log in instead. 409 means that the name is taken. A
    deployment has
    this only where `SelfService` is `sign-up`.

    Args:
        body (SignUpConfirmRequest): The mailed token, and the account that is wanted.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Login | LoginProblem]
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
    client: AuthenticatedClient | Client,
    body: SignUpConfirmRequest,
) -> Login | LoginProblem | None:
    """Make an account by a mailed link

     No account exists before. The password is given here, by whoever has read the mail. The user has no
    rights; an
    administrator grants them. A link that is forged, has expired or was used returns the same 404, also
    to a caller
    who lost the answer and repeats the call: log in instead. 409 means that the name is taken. A
    deployment has
    this only where `SelfService` is `sign-up`.

    Args:
        body (SignUpConfirmRequest): The mailed token, and the account that is wanted.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Login | LoginProblem
    """

    return sync_detailed(
        client=client,
        body=body,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: SignUpConfirmRequest,
) -> Response[Login | LoginProblem]:
    """Make an account by a mailed link

     No account exists before. The password is given here, by whoever has read the mail. The user has no
    rights; an
    administrator grants them. A link that is forged, has expired or was used returns the same 404, also
    to a caller
    who lost the answer and repeats the call: log in instead. 409 means that the name is taken. A
    deployment has
    this only where `SelfService` is `sign-up`.

    Args:
        body (SignUpConfirmRequest): The mailed token, and the account that is wanted.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Login | LoginProblem]
    """

    kwargs = _get_kwargs(
        body=body,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient | Client,
    body: SignUpConfirmRequest,
) -> Login | LoginProblem | None:
    """Make an account by a mailed link

     No account exists before. The password is given here, by whoever has read the mail. The user has no
    rights; an
    administrator grants them. A link that is forged, has expired or was used returns the same 404, also
    to a caller
    who lost the answer and repeats the call: log in instead. 409 means that the name is taken. A
    deployment has
    this only where `SelfService` is `sign-up`.

    Args:
        body (SignUpConfirmRequest): The mailed token, and the account that is wanted.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Login | LoginProblem
    """

    return (
        await asyncio_detailed(
            client=client,
            body=body,
        )
    ).parsed
