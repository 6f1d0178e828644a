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

T = TypeVar("T", bound="PasswordLinkAsked")


@_attrs_define
class PasswordLinkAsked:
    """What is said to everybody.

    Attributes:
        message (Literal['If this is a user with an e-mail address, a link that sets a new password is on its way to
            it.']): Always this text.
    """

    message: Literal[
        "If this is a user with an e-mail address, a link that sets a new password is on its way to it."
    ]
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        message = self.message

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "message": message,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        message = cast(
            Literal[
                "If this is a user with an e-mail address, a link that sets a new password is on its way to it."
            ],
            d.pop("message"),
        )
        if (
            message
            != "If this is a user with an e-mail address, a link that sets a new password is on its way to it."
        ):
            raise ValueError(
                f"message must match const 'If this is a user with an e-mail address, a link that sets a new password is on its way to it.', got '{message}'"
            )

        password_link_asked = cls(
            message=message,
        )

        password_link_asked.additional_properties = d
        return password_link_asked

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
