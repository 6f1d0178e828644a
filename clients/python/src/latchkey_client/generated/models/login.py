from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Self, TypeVar, cast
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

T = TypeVar("T", bound="Login")


@_attrs_define
class Login:
    """The user, with a login JWT.

    Attributes:
        id (UUID): The user's id, `sub` of the JWT.
        created (datetime.datetime): When the user was made.
        username (str): The name as the user was given it, not as it was typed now.
        token (str): The login JWT.
        email (None | str | Unset): The user's e-mail address.
        firstname (None | str | Unset): The user's first name.
        lastname (None | str | Unset): The user's last name.
        password_expiration (datetime.datetime | None | Unset): When the password expires; null or absent if it never
            does.
    """

    id: UUID
    created: datetime.datetime
    username: str
    token: str
    email: None | str | Unset = UNSET
    firstname: None | str | Unset = UNSET
    lastname: None | str | Unset = UNSET
    password_expiration: datetime.datetime | None | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = str(self.id)

        created = self.created.isoformat()

        username = self.username

        token = self.token

        email: None | str | Unset
        if isinstance(self.email, Unset):
            email = UNSET
        else:
            email = self.email

        firstname: None | str | Unset
        if isinstance(self.firstname, Unset):
            firstname = UNSET
        else:
            firstname = self.firstname

        lastname: None | str | Unset
        if isinstance(self.lastname, Unset):
            lastname = UNSET
        else:
            lastname = self.lastname

        password_expiration: None | str | Unset
        if isinstance(self.password_expiration, Unset):
            password_expiration = UNSET
        elif isinstance(self.password_expiration, datetime.datetime):
            password_expiration = self.password_expiration.isoformat()
        else:
            password_expiration = self.password_expiration

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "Id": id,
                "Created": created,
                "Username": username,
                "Token": token,
            }
        )
        if email is not UNSET:
            field_dict["Email"] = email
        if firstname is not UNSET:
            field_dict["Firstname"] = firstname
        if lastname is not UNSET:
            field_dict["Lastname"] = lastname
        if password_expiration is not UNSET:
            field_dict["PasswordExpiration"] = password_expiration

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        id = UUID(d.pop("Id"))

        created = datetime.datetime.fromisoformat(d.pop("Created"))

        username = d.pop("Username")

        token = d.pop("Token")

        def _parse_email(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        email = _parse_email(d.pop("Email", UNSET))

        def _parse_firstname(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        firstname = _parse_firstname(d.pop("Firstname", UNSET))

        def _parse_lastname(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        lastname = _parse_lastname(d.pop("Lastname", UNSET))

        def _parse_password_expiration(
            data: object,
        ) -> datetime.datetime | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                password_expiration_type_0 = datetime.datetime.fromisoformat(data)

                return password_expiration_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None | Unset, data)

        password_expiration = _parse_password_expiration(
            d.pop("PasswordExpiration", UNSET)
        )

        login = cls(
            id=id,
            created=created,
            username=username,
            token=token,
            email=email,
            firstname=firstname,
            lastname=lastname,
            password_expiration=password_expiration,
        )

        login.additional_properties = d
        return login

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
