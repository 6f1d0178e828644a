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

if TYPE_CHECKING:
    from ..models.acl_item import AclItem
    from ..models.custom_claims import CustomClaims
    from ..models.customer_link import CustomerLink


T = TypeVar("T", bound="Session")


@_attrs_define
class Session:
    """A session that has just begun, with its JWT.

    Attributes:
        id (str): The session's id, which is `jti` of the JWT.
        type_ (Literal['customer']): What began the session.
        token (str): The session JWT.
        customer_id (str): The customer: `sub` of the JWT.
        acl (list[AclItem]): Rights. The items are OR-ed. Within one item, a permission and the scope must match; the
            dimensions of a scope
            are AND-ed, the values of one dimension are OR-ed. `[]` grants nothing. Together with `customClaims`, and for an
            API key, at most 4,096 bytes of JSON.
        custom_claims (CustomClaims): The caller's own claims. They stand under `customClaims` in the JWT, so they
            override nothing. Together with
            `acl`, at most 4,096 bytes of JSON, so that the JWT fits into the headers of a request.
        created_time (datetime.datetime): When the session began.
        updated_time (datetime.datetime): The same as `createdTime`.
        expired_time (datetime.datetime): When the session expires: `exp` of the JWT, in whole seconds.
        field_links (list[CustomerLink]): The link to the customer.
    """

    id: str
    type_: Literal["customer"]
    token: str
    customer_id: str
    acl: list[AclItem]
    custom_claims: CustomClaims
    created_time: datetime.datetime
    updated_time: datetime.datetime
    expired_time: datetime.datetime
    field_links: list[CustomerLink]
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        type_ = self.type_

        token = self.token

        customer_id = self.customer_id

        acl = []
        for componentsschemas_acl_item_data in self.acl:
            componentsschemas_acl_item = componentsschemas_acl_item_data.to_dict()
            acl.append(componentsschemas_acl_item)

        custom_claims = self.custom_claims.to_dict()

        created_time = self.created_time.isoformat()

        updated_time = self.updated_time.isoformat()

        expired_time = self.expired_time.isoformat()

        field_links = []
        for field_links_item_data in self.field_links:
            field_links_item = field_links_item_data.to_dict()
            field_links.append(field_links_item)

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "type": type_,
                "token": token,
                "customerId": customer_id,
                "acl": acl,
                "customClaims": custom_claims,
                "createdTime": created_time,
                "updatedTime": updated_time,
                "expiredTime": expired_time,
                "_links": field_links,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.acl_item import AclItem
        from ..models.custom_claims import CustomClaims
        from ..models.customer_link import CustomerLink

        d = dict(src_dict)
        id = d.pop("id")

        type_ = cast(Literal["customer"], d.pop("type"))
        if type_ != "customer":
            raise ValueError(f"type must match const 'customer', got '{type_}'")

        token = d.pop("token")

        customer_id = d.pop("customerId")

        acl = []
        _acl = d.pop("acl")
        for componentsschemas_acl_item_data in _acl:
            componentsschemas_acl_item = AclItem.from_dict(
                componentsschemas_acl_item_data
            )

            acl.append(componentsschemas_acl_item)

        custom_claims = CustomClaims.from_dict(d.pop("customClaims"))

        created_time = datetime.datetime.fromisoformat(d.pop("createdTime"))

        updated_time = datetime.datetime.fromisoformat(d.pop("updatedTime"))

        expired_time = datetime.datetime.fromisoformat(d.pop("expiredTime"))

        field_links = []
        _field_links = d.pop("_links")
        for field_links_item_data in _field_links:
            field_links_item = CustomerLink.from_dict(field_links_item_data)

            field_links.append(field_links_item)

        session = cls(
            id=id,
            type_=type_,
            token=token,
            customer_id=customer_id,
            acl=acl,
            custom_claims=custom_claims,
            created_time=created_time,
            updated_time=updated_time,
            expired_time=expired_time,
            field_links=field_links,
        )

        session.additional_properties = d
        return session

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
