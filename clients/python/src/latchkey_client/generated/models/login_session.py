from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

T = TypeVar("T", bound="LoginSession")


@_attrs_define
class LoginSession:
    """A session in which the user is logged in.

    Attributes:
        id (str): The session's id.
        current (bool): Whether it is the session of the JWT that asks.
        created_time (datetime.datetime): When the user logged in.
        expired_time (datetime.datetime): When the session expires.
        user_agent (str | Unset): What the client said of itself at the login, without control characters and cut after
            256 bytes. Anybody
            who logs in chooses it: escape it where it is shown.
    """

    id: str
    current: bool
    created_time: datetime.datetime
    expired_time: datetime.datetime
    user_agent: str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        current = self.current

        created_time = self.created_time.isoformat()

        expired_time = self.expired_time.isoformat()

        user_agent = self.user_agent

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "current": current,
                "createdTime": created_time,
                "expiredTime": expired_time,
            }
        )
        if user_agent is not UNSET:
            field_dict["userAgent"] = user_agent

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        id = d.pop("id")

        current = d.pop("current")

        created_time = datetime.datetime.fromisoformat(d.pop("createdTime"))

        expired_time = datetime.datetime.fromisoformat(d.pop("expiredTime"))

        user_agent = d.pop("userAgent", UNSET)

        login_session = cls(
            id=id,
            current=current,
            created_time=created_time,
            expired_time=expired_time,
            user_agent=user_agent,
        )

        login_session.additional_properties = d
        return login_session

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
