from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.acl_item import AclItem
    from ..models.custom_claims import CustomClaims


T = TypeVar("T", bound="ExchangeRequest")


@_attrs_define
class ExchangeRequest:
    """What the session may do, and how long it lasts. Every field is optional.

    Attributes:
        invalidate (bool | Unset): Whether the exchange consumes the token; true by default.
        one_time_password (str | Unset): The six digits of the e-mail. A token without `otpRequired` ignores it; for one
            with it, any other text is a wrong password.
        expired_time (datetime.datetime | Unset): When the session expires; by default one hour ahead, unless configured
            otherwise.
        acl (list[AclItem] | Unset): Rights. The items are OR-ed. Within one item, a permission and the scope must
            match; the dimensions of a scope
            are AND-ed, the values of one dimension are OR-ed. `[]` grants nothing. Together with `customClaims`, and for an
            API key, at most 4,096 bytes of JSON.
        custom_claims (CustomClaims | Unset): The caller's own claims. They stand under `customClaims` in the JWT, so
            they override nothing. Together with
            `acl`, at most 4,096 bytes of JSON, so that the JWT fits into the headers of a request.
    """

    invalidate: bool | Unset = UNSET
    one_time_password: str | Unset = UNSET
    expired_time: datetime.datetime | Unset = UNSET
    acl: list[AclItem] | Unset = UNSET
    custom_claims: CustomClaims | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        invalidate = self.invalidate

        one_time_password = self.one_time_password

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
        field_dict.update({})
        if invalidate is not UNSET:
            field_dict["invalidate"] = invalidate
        if one_time_password is not UNSET:
            field_dict["oneTimePassword"] = one_time_password
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
        invalidate = d.pop("invalidate", UNSET)

        one_time_password = d.pop("oneTimePassword", UNSET)

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

        exchange_request = cls(
            invalidate=invalidate,
            one_time_password=one_time_password,
            expired_time=expired_time,
            acl=acl,
            custom_claims=custom_claims,
        )

        exchange_request.additional_properties = d
        return exchange_request

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
