from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.self_link import SelfLink


T = TypeVar("T", bound="AuthenticationToken")


@_attrs_define
class AuthenticationToken:
    """A one-time token.

    Attributes:
        username (str): The user's name, or the customer's id if there is none. Never null.
        customer_id (str): The customer's id.
        token (str): The token.
        otp_required (bool): Whether the exchange needs a one-time password.
        credential_id (str): Names the credential that made the token without telling its id: a hash of the id of the
            API key or the
            login session; in mode `password` the user's id. Never null.
        expired_time (datetime.datetime): When the token expires.
        field_links (list[SelfLink]): The link to the token itself.
    """

    username: str
    customer_id: str
    token: str
    otp_required: bool
    credential_id: str
    expired_time: datetime.datetime
    field_links: list[SelfLink]
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        username = self.username

        customer_id = self.customer_id

        token = self.token

        otp_required = self.otp_required

        credential_id = self.credential_id

        expired_time = self.expired_time.isoformat()

        field_links = []
        for field_links_item_data in self.field_links:
            field_links_item = field_links_item_data.to_dict()
            field_links.append(field_links_item)

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "username": username,
                "customerId": customer_id,
                "token": token,
                "otpRequired": otp_required,
                "credentialId": credential_id,
                "expiredTime": expired_time,
                "_links": field_links,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.self_link import SelfLink

        d = dict(src_dict)
        username = d.pop("username")

        customer_id = d.pop("customerId")

        token = d.pop("token")

        otp_required = d.pop("otpRequired")

        credential_id = d.pop("credentialId")

        expired_time = datetime.datetime.fromisoformat(d.pop("expiredTime"))

        field_links = []
        _field_links = d.pop("_links")
        for field_links_item_data in _field_links:
            field_links_item = SelfLink.from_dict(field_links_item_data)

            field_links.append(field_links_item)

        authentication_token = cls(
            username=username,
            customer_id=customer_id,
            token=token,
            otp_required=otp_required,
            credential_id=credential_id,
            expired_time=expired_time,
            field_links=field_links,
        )

        authentication_token.additional_properties = d
        return authentication_token

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
