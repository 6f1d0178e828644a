from __future__ import annotations

from collections.abc import Mapping
from typing import (
    Any,
    Literal,
    Self,
    TypeVar,
    cast,
)

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.algorithm import Algorithm

T = TypeVar("T", bound="Discovery")


@_attrs_define
class Discovery:
    """The metadata of the issuer.

    Attributes:
        issuer (str): The issuer: `iss` of every JWT.
        jwks_uri (str): Where the public keys are, under the issuer.
        response_types_supported (list[str]): None: there is no authorization endpoint.
        subject_types_supported (list[Literal['public']]): Required by the specification.
        id_token_signing_alg_values_supported (list[Algorithm]): The algorithms of the public keys.
    """

    issuer: str
    jwks_uri: str
    response_types_supported: list[str]
    subject_types_supported: list[Literal["public"]]
    id_token_signing_alg_values_supported: list[Algorithm]
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        issuer = self.issuer

        jwks_uri = self.jwks_uri

        response_types_supported = self.response_types_supported

        subject_types_supported = self.subject_types_supported

        id_token_signing_alg_values_supported = []
        for (
            id_token_signing_alg_values_supported_item_data
        ) in self.id_token_signing_alg_values_supported:
            id_token_signing_alg_values_supported_item = (
                id_token_signing_alg_values_supported_item_data.value
            )
            id_token_signing_alg_values_supported.append(
                id_token_signing_alg_values_supported_item
            )

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "issuer": issuer,
                "jwks_uri": jwks_uri,
                "response_types_supported": response_types_supported,
                "subject_types_supported": subject_types_supported,
                "id_token_signing_alg_values_supported": id_token_signing_alg_values_supported,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        issuer = d.pop("issuer")

        jwks_uri = d.pop("jwks_uri")

        response_types_supported = cast(list[str], d.pop("response_types_supported"))

        subject_types_supported = []
        _subject_types_supported = d.pop("subject_types_supported")
        for subject_types_supported_item_data in _subject_types_supported:
            subject_types_supported_item = cast(
                Literal["public"], subject_types_supported_item_data
            )
            if subject_types_supported_item != "public":
                raise ValueError(
                    f"subject_types_supported_item must match const 'public', got '{subject_types_supported_item}'"
                )
            subject_types_supported.append(subject_types_supported_item)

        id_token_signing_alg_values_supported = []
        _id_token_signing_alg_values_supported = d.pop(
            "id_token_signing_alg_values_supported"
        )
        for (
            id_token_signing_alg_values_supported_item_data
        ) in _id_token_signing_alg_values_supported:
            id_token_signing_alg_values_supported_item = Algorithm(
                id_token_signing_alg_values_supported_item_data
            )

            id_token_signing_alg_values_supported.append(
                id_token_signing_alg_values_supported_item
            )

        discovery = cls(
            issuer=issuer,
            jwks_uri=jwks_uri,
            response_types_supported=response_types_supported,
            subject_types_supported=subject_types_supported,
            id_token_signing_alg_values_supported=id_token_signing_alg_values_supported,
        )

        discovery.additional_properties = d
        return discovery

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties
