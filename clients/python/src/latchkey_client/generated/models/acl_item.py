from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.acl_item_scope import AclItemScope


T = TypeVar("T", bound="AclItem")


@_attrs_define
class AclItem:
    """
    Attributes:
        scope (AclItemScope): Where the permissions apply; `{}` is everywhere. An unknown dimension is 422.
        permissions (list[str]): Operations by their `operationId`, names of the caller's own, or `*` for all of them.
    """

    scope: AclItemScope
    permissions: list[str]
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        scope = self.scope.to_dict()

        permissions = self.permissions

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "scope": scope,
                "permissions": permissions,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.acl_item_scope import AclItemScope

        d = dict(src_dict)
        scope = AclItemScope.from_dict(d.pop("scope"))

        permissions = cast(list[str], d.pop("permissions"))

        acl_item = cls(
            scope=scope,
            permissions=permissions,
        )

        acl_item.additional_properties = d
        return acl_item

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
