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
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.credential_kind import CredentialKind
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.acl_item import AclItem
    from ..models.custom_claims import CustomClaims


T = TypeVar("T", bound="ActiveIntrospection")


@_attrs_define
class ActiveIntrospection:
    """What the credential is.

    Attributes:
        active (Literal[True]): The credential is good.
        kind (CredentialKind): The kind of a credential.
        sub (str): A user's id, a customer's id, or the user of an entity.
        iss (str): The issuer.
        iat (int): When the credential was made; for an entity token, when it was made or last refreshed.
        acl (list[AclItem]): Rights. The items are OR-ed. Within one item, a permission and the scope must match; the
            dimensions of a scope
            are AND-ed, the values of one dimension are OR-ed. `[]` grants nothing. Together with `customClaims`, and for an
            API key, at most 4,096 bytes of JSON.
        custom_claims (CustomClaims): The caller's own claims. They stand under `customClaims` in the JWT, so they
            override nothing. Together with
            `acl`, at most 4,096 bytes of JSON, so that the JWT fits into the headers of a request.
        token_type (Literal['Bearer'] | Unset): Of a JWT only.
        username (str | Unset): The subject's name, if the subject is a user of this service and, for an entity token, a
            member of the
            entity. A session has none.
        aud (str | Unset): Of a JWT only.
        exp (int | Unset): When the credential expires. An API key does not.
        jti (str | Unset): Of a JWT only: the session's id.
        issued_by (UUID | Unset): The id of the user who vouches for the subject: for a login, the user who gave the
            password; for an API key,
            its owner; for an entity token, the user who issued it; for a one-time token and its session, the user in whose
            name the token was created. Absent only for an entity token issued by a release that did not record it.
        entity (str | Unset): Of an entity token only.
    """

    active: Literal[True]
    kind: CredentialKind
    sub: str
    iss: str
    iat: int
    acl: list[AclItem]
    custom_claims: CustomClaims
    token_type: Literal["Bearer"] | Unset = UNSET
    username: str | Unset = UNSET
    aud: str | Unset = UNSET
    exp: int | Unset = UNSET
    jti: str | Unset = UNSET
    issued_by: UUID | Unset = UNSET
    entity: str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        active = self.active

        kind = self.kind.value

        sub = self.sub

        iss = self.iss

        iat = self.iat

        acl = []
        for componentsschemas_acl_item_data in self.acl:
            componentsschemas_acl_item = componentsschemas_acl_item_data.to_dict()
            acl.append(componentsschemas_acl_item)

        custom_claims = self.custom_claims.to_dict()

        token_type = self.token_type

        username = self.username

        aud = self.aud

        exp = self.exp

        jti = self.jti

        issued_by: str | Unset = UNSET
        if not isinstance(self.issued_by, Unset):
            issued_by = str(self.issued_by)

        entity = self.entity

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "active": active,
                "kind": kind,
                "sub": sub,
                "iss": iss,
                "iat": iat,
                "acl": acl,
                "customClaims": custom_claims,
            }
        )
        if token_type is not UNSET:
            field_dict["token_type"] = token_type
        if username is not UNSET:
            field_dict["username"] = username
        if aud is not UNSET:
            field_dict["aud"] = aud
        if exp is not UNSET:
            field_dict["exp"] = exp
        if jti is not UNSET:
            field_dict["jti"] = jti
        if issued_by is not UNSET:
            field_dict["issuedBy"] = issued_by
        if entity is not UNSET:
            field_dict["entity"] = entity

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.acl_item import AclItem
        from ..models.custom_claims import CustomClaims

        d = dict(src_dict)
        active = cast(Literal[True], d.pop("active"))
        if active != True:
            raise ValueError(f"active must match const True, got '{active}'")

        kind = CredentialKind(d.pop("kind"))

        sub = d.pop("sub")

        iss = d.pop("iss")

        iat = d.pop("iat")

        acl = []
        _acl = d.pop("acl")
        for componentsschemas_acl_item_data in _acl:
            componentsschemas_acl_item = AclItem.from_dict(
                componentsschemas_acl_item_data
            )

            acl.append(componentsschemas_acl_item)

        custom_claims = CustomClaims.from_dict(d.pop("customClaims"))

        token_type = cast(Literal["Bearer"] | Unset, d.pop("token_type", UNSET))
        if token_type != "Bearer" and not isinstance(token_type, Unset):
            raise ValueError(
                f"token_type must match const 'Bearer', got '{token_type}'"
            )

        username = d.pop("username", UNSET)

        aud = d.pop("aud", UNSET)

        exp = d.pop("exp", UNSET)

        jti = d.pop("jti", UNSET)

        _issued_by = d.pop("issuedBy", UNSET)
        issued_by: UUID | Unset
        if isinstance(_issued_by, Unset):
            issued_by = UNSET
        else:
            issued_by = UUID(_issued_by)

        entity = d.pop("entity", UNSET)

        active_introspection = cls(
            active=active,
            kind=kind,
            sub=sub,
            iss=iss,
            iat=iat,
            acl=acl,
            custom_claims=custom_claims,
            token_type=token_type,
            username=username,
            aud=aud,
            exp=exp,
            jti=jti,
            issued_by=issued_by,
            entity=entity,
        )

        active_introspection.additional_properties = d
        return active_introspection

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
