from __future__ import annotations

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

from ..models.problem_type import ProblemType
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.problem_invalid_fields_item import ProblemInvalidFieldsItem


T = TypeVar("T", bound="EntityProblem")


@_attrs_define
class EntityProblem:
    """A problem under `/entities`.

    Attributes:
        type_ (ProblemType | str): What went wrong, for programs: compare the word behind the last `:` or `#`, or the
            status. Where a deployment names a page that
            explains its errors (`PROBLEM_TYPES_URL`), as the local stack does, it is a place on that page.
        title (str): What went wrong, for people. Every problem of one type has the same title.
        status (int): The status of the answer.
        detail (str): What the caller can do about it.
        instance (str): The id of the request, which the logs have too.
        success (Literal[False]): This family's client tells errors by it, not by the status.
        error (str): The text of `detail`, where this family's client looks for it.
        invalid_fields (list[ProblemInvalidFieldsItem] | Unset): What is wrong with the request; with 400 and 422 only.
    """

    type_: ProblemType | str
    title: str
    status: int
    detail: str
    instance: str
    success: Literal[False]
    error: str
    invalid_fields: list[ProblemInvalidFieldsItem] | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        type_: str
        if isinstance(self.type_, ProblemType):
            type_ = self.type_.value
        else:
            type_ = self.type_

        title = self.title

        status = self.status

        detail = self.detail

        instance = self.instance

        success = self.success

        error = self.error

        invalid_fields: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.invalid_fields, Unset):
            invalid_fields = []
            for invalid_fields_item_data in self.invalid_fields:
                invalid_fields_item = invalid_fields_item_data.to_dict()
                invalid_fields.append(invalid_fields_item)

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "type": type_,
                "title": title,
                "status": status,
                "detail": detail,
                "instance": instance,
                "success": success,
                "error": error,
            }
        )
        if invalid_fields is not UNSET:
            field_dict["invalidFields"] = invalid_fields

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.problem_invalid_fields_item import ProblemInvalidFieldsItem

        d = dict(src_dict)

        def _parse_type_(data: object) -> ProblemType | str:
            try:
                if not isinstance(data, str):
                    raise TypeError()
                type_type_0 = ProblemType(data)

                return type_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(ProblemType | str, data)

        type_ = _parse_type_(d.pop("type"))

        title = d.pop("title")

        status = d.pop("status")

        detail = d.pop("detail")

        instance = d.pop("instance")

        success = cast(Literal[False], d.pop("success"))
        if success != False:
            raise ValueError(f"success must match const False, got '{success}'")

        error = d.pop("error")

        _invalid_fields = d.pop("invalidFields", UNSET)
        invalid_fields: list[ProblemInvalidFieldsItem] | Unset = UNSET
        if _invalid_fields is not UNSET:
            invalid_fields = []
            for invalid_fields_item_data in _invalid_fields:
                invalid_fields_item = ProblemInvalidFieldsItem.from_dict(
                    invalid_fields_item_data
                )

                invalid_fields.append(invalid_fields_item)

        entity_problem = cls(
            type_=type_,
            title=title,
            status=status,
            detail=detail,
            instance=instance,
            success=success,
            error=error,
            invalid_fields=invalid_fields,
        )

        entity_problem.additional_properties = d
        return entity_problem

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
