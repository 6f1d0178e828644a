from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.active_introspection import ActiveIntrospection
from ...models.inactive_introspection import InactiveIntrospection
from ...models.introspection_request import IntrospectionRequest
from ...models.problem import Problem
from ...types import Response


def _get_kwargs(
    *,
    body: IntrospectionRequest,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/introspect",
    }

    _kwargs["data"] = body.to_dict()
    headers["Content-Type"] = "application/x-www-form-urlencoded"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> ActiveIntrospection | InactiveIntrospection | Problem | None:
    if response.status_code == 200:

        def _parse_response_200(
            data: object,
        ) -> ActiveIntrospection | InactiveIntrospection:
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                componentsschemas_introspection_type_0 = (
                    InactiveIntrospection.from_dict(data)
                )

                return componentsschemas_introspection_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            if not isinstance(data, dict):
                raise TypeError()
            componentsschemas_introspection_type_1 = ActiveIntrospection.from_dict(data)

            return componentsschemas_introspection_type_1

        response_200 = _parse_response_200(response.json())

        return response_200

    if response.status_code == 400:
        response_400 = Problem.from_dict(response.json())

        return response_400

    if response.status_code == 401:
        response_401 = Problem.from_dict(response.json())

        return response_401

    if response.status_code == 403:
        response_403 = Problem.from_dict(response.json())

        return response_403

    if response.status_code == 413:
        response_413 = Problem.from_dict(response.json())

        return response_413

    if response.status_code == 422:
        response_422 = Problem.from_dict(response.json())

        return response_422

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
) -> Response[ActiveIntrospection | InactiveIntrospection | Problem]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    body: IntrospectionRequest,
) -> Response[ActiveIntrospection | InactiveIntrospection | Problem]:
    """Tell whether a credential is good

     RFC 7662. The caller's own credential stands in a header. The credential in question is the
    parameter `token`:
    a login JWT, a session JWT, an API key, an entity token or a one-time token. It is looked up now,
    and neither
    consumed nor counted. One that is not good, for whatever reason, is `{"active": false}`.

    A restricted API key needs the permission `introspect`.

    Args:
        body (IntrospectionRequest): The credential in question.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ActiveIntrospection | InactiveIntrospection | Problem]
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
    body: IntrospectionRequest,
) -> ActiveIntrospection | InactiveIntrospection | Problem | None:
    """Tell whether a credential is good

     RFC 7662. The caller's own credential stands in a header. The credential in question is the
    parameter `token`:
    a login JWT, a session JWT, an API key, an entity token or a one-time token. It is looked up now,
    and neither
    consumed nor counted. One that is not good, for whatever reason, is `{"active": false}`.

    A restricted API key needs the permission `introspect`.

    Args:
        body (IntrospectionRequest): The credential in question.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ActiveIntrospection | InactiveIntrospection | Problem
    """

    return sync_detailed(
        client=client,
        body=body,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    body: IntrospectionRequest,
) -> Response[ActiveIntrospection | InactiveIntrospection | Problem]:
    """Tell whether a credential is good

     RFC 7662. The caller's own credential stands in a header. The credential in question is the
    parameter `token`:
    a login JWT, a session JWT, an API key, an entity token or a one-time token. It is looked up now,
    and neither
    consumed nor counted. One that is not good, for whatever reason, is `{"active": false}`.

    A restricted API key needs the permission `introspect`.

    Args:
        body (IntrospectionRequest): The credential in question.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ActiveIntrospection | InactiveIntrospection | Problem]
    """

    kwargs = _get_kwargs(
        body=body,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    body: IntrospectionRequest,
) -> ActiveIntrospection | InactiveIntrospection | Problem | None:
    """Tell whether a credential is good

     RFC 7662. The caller's own credential stands in a header. The credential in question is the
    parameter `token`:
    a login JWT, a session JWT, an API key, an entity token or a one-time token. It is looked up now,
    and neither
    consumed nor counted. One that is not good, for whatever reason, is `{"active": false}`.

    A restricted API key needs the permission `introspect`.

    Args:
        body (IntrospectionRequest): The credential in question.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ActiveIntrospection | InactiveIntrospection | Problem
    """

    return (
        await asyncio_detailed(
            client=client,
            body=body,
        )
    ).parsed
