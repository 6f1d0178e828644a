from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.acl_item import AclItem


T = TypeVar("T", bound="AuthHeader")


@_attrs_define
class AuthHeader:
    """An API key.

    Attributes:
        id (UUID): The key's id. It opens nothing.
        name (str): What the key is for.
        token (str): The API key.
        created (datetime.datetime): When the key was made.
        acl (list[AclItem] | Unset): Rights. The items are OR-ed. Within one item, a permission and the scope must
            match; the dimensions of a scope
            are AND-ed, the values of one dimension are OR-ed. `[]` grants nothing. Together with `customClaims`, and for an
            API key, at most 4,096 bytes of JSON.
    """

    id: UUID
    name: str
    token: str
    created: datetime.datetime
    acl: list[AclItem] | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = str(self.id)

        name = self.name

        token = self.token

        created = self.created.isoformat()

        acl: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.acl, Unset):
            acl = []
            for componentsschemas_acl_item_data in self.acl:
                componentsschemas_acl_item = componentsschemas_acl_item_data.to_dict()
                acl.append(componentsschemas_acl_item)

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "name": name,
                "token": token,
                "created": created,
            }
        )
        if acl is not UNSET:
            field_dict["acl"] = acl

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.acl_item import AclItem

        d = dict(src_dict)
        id = UUID(d.pop("id"))

        name = d.pop("name")

        token = d.pop("token")

        created = datetime.datetime.fromisoformat(d.pop("created"))

        _acl = d.pop("acl", UNSET)
        acl: list[AclItem] | Unset = UNSET
        if _acl is not UNSET:
            acl = []
            for componentsschemas_acl_item_data in _acl:
                componentsschemas_acl_item = AclItem.from_dict(
                    componentsschemas_acl_item_data
                )

                acl.append(componentsschemas_acl_item)

        auth_header = cls(
            id=id,
            name=name,
            token=token,
            created=created,
            acl=acl,
        )

        auth_header.additional_properties = d
        return auth_header

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
