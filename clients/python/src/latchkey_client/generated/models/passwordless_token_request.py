from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import (
    TYPE_CHECKING,
    Any,
    Literal,
    Self,
    TypeVar,
    cast,
)

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.acl_item import AclItem
    from ..models.custom_claims import CustomClaims


T = TypeVar("T", bound="PasswordlessTokenRequest")


@_attrs_define
class PasswordlessTokenRequest:
    """An API key or a login JWT vouches for the customer.

    Attributes:
        mode (Literal['passwordless']): How the customer is proven.
        customer_id (str): An id in the caller's own system: 1 to 128 bytes of UTF-8 without `/`, `#`, `?` and control
            characters, and
            neither `.` nor `..`.
        otp_required (bool | Unset): Whether the exchange needs a one-time password, which goes to the customer by
            e-mail; false by default.
        expired_time (datetime.datetime | Unset): When the token expires. By default 30 minutes ahead, with
            `otpRequired` 10, unless configured otherwise.
        acl (list[AclItem] | Unset): Rights. The items are OR-ed. Within one item, a permission and the scope must
            match; the dimensions of a scope
            are AND-ed, the values of one dimension are OR-ed. `[]` grants nothing. Together with `customClaims`, and for an
            API key, at most 4,096 bytes of JSON.
        custom_claims (CustomClaims | Unset): The caller's own claims. They stand under `customClaims` in the JWT, so
            they override nothing. Together with
            `acl`, at most 4,096 bytes of JSON, so that the JWT fits into the headers of a request.
    """

    mode: Literal["passwordless"]
    customer_id: str
    otp_required: bool | Unset = UNSET
    expired_time: datetime.datetime | Unset = UNSET
    acl: list[AclItem] | Unset = UNSET
    custom_claims: CustomClaims | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        mode = self.mode

        customer_id = self.customer_id

        otp_required = self.otp_required

        expired_time: str | Unset = UNSET
        if not isinstance(self.expired_time, Unset):
            expired_time = self.expired_time.isoformat()

        acl: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.acl, Unset):
            acl = []
            for componentsschemas_acl_item_data in self.acl:
                componentsschemas_acl_item = componentsschemas_acl_item_data.to_dict()
                acl.append(componentsschemas_acl_item)

        custom_claims: dict[str, Any] | Unset = UNSET
        if not isinstance(self.custom_claims, Unset):
            custom_claims = self.custom_claims.to_dict()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "mode": mode,
                "customerId": customer_id,
            }
        )
        if otp_required is not UNSET:
            field_dict["otpRequired"] = otp_required
        if expired_time is not UNSET:
            field_dict["expiredTime"] = expired_time
        if acl is not UNSET:
            field_dict["acl"] = acl
        if custom_claims is not UNSET:
            field_dict["customClaims"] = custom_claims

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.acl_item import AclItem
        from ..models.custom_claims import CustomClaims

        d = dict(src_dict)
        mode = cast(Literal["passwordless"], d.pop("mode"))
        if mode != "passwordless":
            raise ValueError(f"mode must match const 'passwordless', got '{mode}'")

        customer_id = d.pop("customerId")

        otp_required = d.pop("otpRequired", UNSET)

        _expired_time = d.pop("expiredTime", UNSET)
        expired_time: datetime.datetime | Unset
        if isinstance(_expired_time, Unset):
            expired_time = UNSET
        else:
            expired_time = datetime.datetime.fromisoformat(_expired_time)

        _acl = d.pop("acl", UNSET)
        acl: list[AclItem] | Unset = UNSET
        if _acl is not UNSET:
            acl = []
            for componentsschemas_acl_item_data in _acl:
                componentsschemas_acl_item = AclItem.from_dict(
                    componentsschemas_acl_item_data
                )

                acl.append(componentsschemas_acl_item)

        _custom_claims = d.pop("customClaims", UNSET)
        custom_claims: CustomClaims | Unset
        if isinstance(_custom_claims, Unset):
            custom_claims = UNSET
        else:
            custom_claims = CustomClaims.from_dict(_custom_claims)

        passwordless_token_request = cls(
            mode=mode,
            customer_id=customer_id,
            otp_required=otp_required,
            expired_time=expired_time,
            acl=acl,
            custom_claims=custom_claims,
        )

        passwordless_token_request.additional_properties = d
        return passwordless_token_request

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
