from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar, cast

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="AclItemScope")


@_attrs_define
class AclItemScope:
    """Where the permissions apply; `{}` is everywhere. An unknown dimension is 422.

    Attributes:
        organization_id (list[str] | Unset): The values of one dimension.
        product_id (list[str] | Unset): The values of one dimension.
        plan_id (list[str] | Unset): The values of one dimension.
        custom_field_name (list[str] | Unset): The values of one dimension.
    """

    organization_id: list[str] | Unset = UNSET
    product_id: list[str] | Unset = UNSET
    plan_id: list[str] | Unset = UNSET
    custom_field_name: list[str] | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        organization_id: list[str] | Unset = UNSET
        if not isinstance(self.organization_id, Unset):
            organization_id = self.organization_id

        product_id: list[str] | Unset = UNSET
        if not isinstance(self.product_id, Unset):
            product_id = self.product_id

        plan_id: list[str] | Unset = UNSET
        if not isinstance(self.plan_id, Unset):
            plan_id = self.plan_id

        custom_field_name: list[str] | Unset = UNSET
        if not isinstance(self.custom_field_name, Unset):
            custom_field_name = self.custom_field_name

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if organization_id is not UNSET:
            field_dict["organizationId"] = organization_id
        if product_id is not UNSET:
            field_dict["productId"] = product_id
        if plan_id is not UNSET:
            field_dict["planId"] = plan_id
        if custom_field_name is not UNSET:
            field_dict["customFieldName"] = custom_field_name

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        organization_id = cast(list[str], d.pop("organizationId", UNSET))

        product_id = cast(list[str], d.pop("productId", UNSET))

        plan_id = cast(list[str], d.pop("planId", UNSET))

        custom_field_name = cast(list[str], d.pop("customFieldName", UNSET))

        acl_item_scope = cls(
            organization_id=organization_id,
            product_id=product_id,
            plan_id=plan_id,
            custom_field_name=custom_field_name,
        )

        return acl_item_scope
