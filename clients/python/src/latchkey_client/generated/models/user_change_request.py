from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar

from attrs import define as _attrs_define

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.acl_item import AclItem


T = TypeVar("T", bound="UserChangeRequest")


@_attrs_define
class UserChangeRequest:
    """What changes in a user.

    Attributes:
        email (str | Unset): The new e-mail address, which is then not proven; the empty text removes it.
        first_name (str | Unset): The new first name; the empty text removes it.
        last_name (str | Unset): The new last name; the empty text removes it.
        acl (list[AclItem] | Unset): Rights. The items are OR-ed. Within one item, a permission and the scope must
            match; the dimensions of a scope
            are AND-ed, the values of one dimension are OR-ed. `[]` grants nothing. Together with `customClaims`, and for an
            API key, at most 4,096 bytes of JSON.
        disabled (bool | Unset): Whether the user is disabled.
    """

    email: str | Unset = UNSET
    first_name: str | Unset = UNSET
    last_name: str | Unset = UNSET
    acl: list[AclItem] | Unset = UNSET
    disabled: bool | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        email = self.email

        first_name = self.first_name

        last_name = self.last_name

        acl: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.acl, Unset):
            acl = []
            for componentsschemas_acl_item_data in self.acl:
                componentsschemas_acl_item = componentsschemas_acl_item_data.to_dict()
                acl.append(componentsschemas_acl_item)

        disabled = self.disabled

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if email is not UNSET:
            field_dict["email"] = email
        if first_name is not UNSET:
            field_dict["firstName"] = first_name
        if last_name is not UNSET:
            field_dict["lastName"] = last_name
        if acl is not UNSET:
            field_dict["acl"] = acl
        if disabled is not UNSET:
            field_dict["disabled"] = disabled

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.acl_item import AclItem

        d = dict(src_dict)
        email = d.pop("email", UNSET)

        first_name = d.pop("firstName", UNSET)

        last_name = d.pop("lastName", UNSET)

        _acl = d.pop("acl", UNSET)
        acl: list[AclItem] | Unset = UNSET
        if _acl is not UNSET:
            acl = []
            for componentsschemas_acl_item_data in _acl:
                componentsschemas_acl_item = AclItem.from_dict(
                    componentsschemas_acl_item_data
                )

                acl.append(componentsschemas_acl_item)

        disabled = d.pop("disabled", UNSET)

        user_change_request = cls(
            email=email,
            first_name=first_name,
            last_name=last_name,
            acl=acl,
            disabled=disabled,
        )

        return user_change_request
