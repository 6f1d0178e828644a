from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.acl_item import AclItem


T = TypeVar("T", bound="User")


@_attrs_define
class User:
    """A user.

    Attributes:
        id (UUID): The user's id.
        username (str): The name as it was given.
        email (None | str): The e-mail address.
        email_verified (bool): Whether the user has proven that the address is theirs.
        first_name (None | str): First name.
        last_name (None | str): Last name.
        created_time (datetime.datetime): When the user was made.
        disabled (bool): Whether the user is disabled.
        password_expiration (datetime.datetime | None): When the password expires; `null` if it does not.
        acl (list[AclItem]): Rights. The items are OR-ed. Within one item, a permission and the scope must match; the
            dimensions of a scope
            are AND-ed, the values of one dimension are OR-ed. `[]` grants nothing. Together with `customClaims`, and for an
            API key, at most 4,096 bytes of JSON.
    """

    id: UUID
    username: str
    email: None | str
    email_verified: bool
    first_name: None | str
    last_name: None | str
    created_time: datetime.datetime
    disabled: bool
    password_expiration: datetime.datetime | None
    acl: list[AclItem]
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = str(self.id)

        username = self.username

        email: None | str
        email = self.email

        email_verified = self.email_verified

        first_name: None | str
        first_name = self.first_name

        last_name: None | str
        last_name = self.last_name

        created_time = self.created_time.isoformat()

        disabled = self.disabled

        password_expiration: None | str
        if isinstance(self.password_expiration, datetime.datetime):
            password_expiration = self.password_expiration.isoformat()
        else:
            password_expiration = self.password_expiration

        acl = []
        for componentsschemas_acl_item_data in self.acl:
            componentsschemas_acl_item = componentsschemas_acl_item_data.to_dict()
            acl.append(componentsschemas_acl_item)

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "username": username,
                "email": email,
                "emailVerified": email_verified,
                "firstName": first_name,
                "lastName": last_name,
                "createdTime": created_time,
                "disabled": disabled,
                "passwordExpiration": password_expiration,
                "acl": acl,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.acl_item import AclItem

        d = dict(src_dict)
        id = UUID(d.pop("id"))

        username = d.pop("username")

        def _parse_email(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        email = _parse_email(d.pop("email"))

        email_verified = d.pop("emailVerified")

        def _parse_first_name(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        first_name = _parse_first_name(d.pop("firstName"))

        def _parse_last_name(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        last_name = _parse_last_name(d.pop("lastName"))

        created_time = datetime.datetime.fromisoformat(d.pop("createdTime"))

        disabled = d.pop("disabled")

        def _parse_password_expiration(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                password_expiration_type_0 = datetime.datetime.fromisoformat(data)

                return password_expiration_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        password_expiration = _parse_password_expiration(d.pop("passwordExpiration"))

        acl = []
        _acl = d.pop("acl")
        for componentsschemas_acl_item_data in _acl:
            componentsschemas_acl_item = AclItem.from_dict(
                componentsschemas_acl_item_data
            )

            acl.append(componentsschemas_acl_item)

        user = cls(
            id=id,
            username=username,
            email=email,
            email_verified=email_verified,
            first_name=first_name,
            last_name=last_name,
            created_time=created_time,
            disabled=disabled,
            password_expiration=password_expiration,
            acl=acl,
        )

        user.additional_properties = d
        return user

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
