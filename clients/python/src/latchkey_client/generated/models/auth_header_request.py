from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar

from attrs import define as _attrs_define

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.acl_item import AclItem


T = TypeVar("T", bound="AuthHeaderRequest")


@_attrs_define
class AuthHeaderRequest:
    """A name for the API key, and what it may do.

    Attributes:
        name (str): What the key is for, in at most 256 bytes without control characters.
        acl (list[AclItem] | Unset): Rights. The items are OR-ed. Within one item, a permission and the scope must
            match; the dimensions of a scope
            are AND-ed, the values of one dimension are OR-ed. `[]` grants nothing. Together with `customClaims`, and for an
            API key, at most 4,096 bytes of JSON.
    """

    name: str
    acl: list[AclItem] | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        name = self.name

        acl: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.acl, Unset):
            acl = []
            for componentsschemas_acl_item_data in self.acl:
                componentsschemas_acl_item = componentsschemas_acl_item_data.to_dict()
                acl.append(componentsschemas_acl_item)

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "name": name,
            }
        )
        if acl is not UNSET:
            field_dict["acl"] = acl

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.acl_item import AclItem

        d = dict(src_dict)
        name = d.pop("name")

        _acl = d.pop("acl", UNSET)
        acl: list[AclItem] | Unset = UNSET
        if _acl is not UNSET:
            acl = []
            for componentsschemas_acl_item_data in _acl:
                componentsschemas_acl_item = AclItem.from_dict(
                    componentsschemas_acl_item_data
                )

                acl.append(componentsschemas_acl_item)

        auth_header_request = cls(
            name=name,
            acl=acl,
        )

        return auth_header_request
