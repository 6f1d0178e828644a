from __future__ import annotations

import datetime
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

T = TypeVar("T", bound="EntityToken")


@_attrs_define
class EntityToken:
    """The live token of a user in an entity.

    Attributes:
        success (Literal[True]): This family's client tells success by it, not by the status.
        authentication_token (str): The token.
        expiry (datetime.datetime): When the token expires.
        flags (list[str]): The caller's own texts, each of at most 256 bytes.
        created_at (datetime.datetime): When the token was made.
    """

    success: Literal[True]
    authentication_token: str
    expiry: datetime.datetime
    flags: list[str]
    created_at: datetime.datetime
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        success = self.success

        authentication_token = self.authentication_token

        expiry = self.expiry.isoformat()

        flags = self.flags

        created_at = self.created_at.isoformat()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "success": success,
                "authenticationToken": authentication_token,
                "expiry": expiry,
                "flags": flags,
                "createdAt": created_at,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        success = cast(Literal[True], d.pop("success"))
        if success != True:
            raise ValueError(f"success must match const True, got '{success}'")

        authentication_token = d.pop("authenticationToken")

        expiry = datetime.datetime.fromisoformat(d.pop("expiry"))

        flags = cast(list[str], d.pop("flags"))

        created_at = datetime.datetime.fromisoformat(d.pop("createdAt"))

        entity_token = cls(
            success=success,
            authentication_token=authentication_token,
            expiry=expiry,
            flags=flags,
            created_at=created_at,
        )

        entity_token.additional_properties = d
        return entity_token

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
