from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.authorizer_context_kind import AuthorizerContextKind
from ..types import UNSET, Unset

T = TypeVar("T", bound="AuthorizerContext")


@_attrs_define
class AuthorizerContext:
    """What the authorizer tells about the caller. Fields without a value are left out.

    Attributes:
        kind (AuthorizerContextKind): The kind of the credential.
        subject (str): A user's id, a customer's id, or the user of an entity.
        acl (str): The ACL, as JSON in a string.
        custom_claims (str): The claims, as JSON in a string.
        username (str | Unset): The subject's name, if the subject is a user of this service and, for an entity token, a
            member of the
            entity. A session has none.
        issued_by (UUID | Unset): The id of the user who vouches for the subject: for a login, the user who gave the
            password; for an API key,
            its owner; for an entity token, the user who issued it; for a one-time token and its session, the user in whose
            name the token was created. Absent only for an entity token issued by a release that did not record it.
        entity (str | Unset): Of an entity token only.
        session_id (str | Unset): Of a JWT only: the session's id.
        expires_at (int | Unset): Unix seconds. Absent for an API key.
    """

    kind: AuthorizerContextKind
    subject: str
    acl: str
    custom_claims: str
    username: str | Unset = UNSET
    issued_by: UUID | Unset = UNSET
    entity: str | Unset = UNSET
    session_id: str | Unset = UNSET
    expires_at: int | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        kind = self.kind.value

        subject = self.subject

        acl = self.acl

        custom_claims = self.custom_claims

        username = self.username

        issued_by: str | Unset = UNSET
        if not isinstance(self.issued_by, Unset):
            issued_by = str(self.issued_by)

        entity = self.entity

        session_id = self.session_id

        expires_at = self.expires_at

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "kind": kind,
                "subject": subject,
                "acl": acl,
                "customClaims": custom_claims,
            }
        )
        if username is not UNSET:
            field_dict["username"] = username
        if issued_by is not UNSET:
            field_dict["issuedBy"] = issued_by
        if entity is not UNSET:
            field_dict["entity"] = entity
        if session_id is not UNSET:
            field_dict["sessionId"] = session_id
        if expires_at is not UNSET:
            field_dict["expiresAt"] = expires_at

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        kind = AuthorizerContextKind(d.pop("kind"))

        subject = d.pop("subject")

        acl = d.pop("acl")

        custom_claims = d.pop("customClaims")

        username = d.pop("username", UNSET)

        _issued_by = d.pop("issuedBy", UNSET)
        issued_by: UUID | Unset
        if isinstance(_issued_by, Unset):
            issued_by = UNSET
        else:
            issued_by = UUID(_issued_by)

        entity = d.pop("entity", UNSET)

        session_id = d.pop("sessionId", UNSET)

        expires_at = d.pop("expiresAt", UNSET)

        authorizer_context = cls(
            kind=kind,
            subject=subject,
            acl=acl,
            custom_claims=custom_claims,
            username=username,
            issued_by=issued_by,
            entity=entity,
            session_id=session_id,
            expires_at=expires_at,
        )

        authorizer_context.additional_properties = d
        return authorizer_context

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
