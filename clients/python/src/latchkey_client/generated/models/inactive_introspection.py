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

T = TypeVar("T", bound="InactiveIntrospection")


@_attrs_define
class InactiveIntrospection:
    """Forged, expired, revoked, consumed, or no credential at all. Nobody is told which.

    Attributes:
        active (Literal[False]): The credential is not good.
    """

    active: Literal[False]

    def to_dict(self) -> dict[str, Any]:
        active = self.active

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "active": active,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        active = cast(Literal[False], d.pop("active"))
        if active != False:
            raise ValueError(f"active must match const False, got '{active}'")

        inactive_introspection = cls(
            active=active,
        )

        return inactive_introspection
