from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar

from attrs import define as _attrs_define

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.acl_item import AclItem


T = TypeVar("T", bound="UserRequest")


@_attrs_define
class UserRequest:
    """A new user.

    Attributes:
        username (str): 1 to 256 bytes without control characters. White space at either end is cut off.
        email (str | Unset): The e-mail address. It counts as given by the caller, not as proven.
        password (str | Unset): The first password, under the rules for new ones. A machine account has none.
        invite (bool | Unset): Whether the user is sent an invitation, as by `users-invite`; not, if absent. It needs an
            `email`.
        first_name (str | Unset): First name.
        last_name (str | Unset): Last name.
        acl (list[AclItem] | Unset): Rights. The items are OR-ed. Within one item, a permission and the scope must
            match; the dimensions of a scope
            are AND-ed, the values of one dimension are OR-ed. `[]` grants nothing. Together with `customClaims`, and for an
            API key, at most 4,096 bytes of JSON.
    """

    username: str
    email: str | Unset = UNSET
    password: str | Unset = UNSET
    invite: bool | Unset = UNSET
    first_name: str | Unset = UNSET
    last_name: str | Unset = UNSET
    acl: list[AclItem] | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        username = self.username

        email = self.email

        password = self.password

        invite = self.invite

        first_name = self.first_name

        last_name = self.last_name

        acl: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.acl, Unset):
            acl = []
            for componentsschemas_acl_item_data in self.acl:
                componentsschemas_acl_item = componentsschemas_acl_item_data.to_dict()
                acl.append(componentsschemas_acl_item)

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "username": username,
            }
        )
        if email is not UNSET:
            field_dict["email"] = email
        if password is not UNSET:
            field_dict["password"] = password
        if invite is not UNSET:
            field_dict["invite"] = invite
        if first_name is not UNSET:
            field_dict["firstName"] = first_name
        if last_name is not UNSET:
            field_dict["lastName"] = last_name
        if acl is not UNSET:
            field_dict["acl"] = acl

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.acl_item import AclItem

        d = dict(src_dict)
        username = d.pop("username")

        email = d.pop("email", UNSET)

        password = d.pop("password", UNSET)

        invite = d.pop("invite", UNSET)

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

        user_request = cls(
            username=username,
            email=email,
            password=password,
            invite=invite,
            first_name=first_name,
            last_name=last_name,
            acl=acl,
        )

        return user_request
