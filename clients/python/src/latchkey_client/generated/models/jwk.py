from __future__ import annotations

from collections.abc import Mapping
from typing import (
    Any,
    Literal,
    Self,
    TypeVar,
    cast,
)

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.algorithm import Algorithm
from ..models.jwk_crv import JwkCrv
from ..models.jwk_kty import JwkKty
from ..types import UNSET, Unset

T = TypeVar("T", bound="Jwk")


@_attrs_define
class Jwk:
    """A public key of RFC 7517. `kty` says which other members it has.

    Attributes:
        kty (JwkKty): The type of the key.
        kid (str): The key's id, which is `kid` in the header of a JWT.
        alg (Algorithm | Unset): The algorithm of a signature.
        use (Literal['sig'] | Unset): What the key is for.
        crv (JwkCrv | Unset): The curve, of an EC or OKP key.
        x (str | Unset): Of an EC or OKP key.
        y (str | Unset): Of an EC key.
        n (str | Unset): Of an RSA key.
        e (str | Unset): Of an RSA key.
    """

    kty: JwkKty
    kid: str
    alg: Algorithm | Unset = UNSET
    use: Literal["sig"] | Unset = UNSET
    crv: JwkCrv | Unset = UNSET
    x: str | Unset = UNSET
    y: str | Unset = UNSET
    n: str | Unset = UNSET
    e: str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        kty = self.kty.value

        kid = self.kid

        alg: str | Unset = UNSET
        if not isinstance(self.alg, Unset):
            alg = self.alg.value

        use = self.use

        crv: str | Unset = UNSET
        if not isinstance(self.crv, Unset):
            crv = self.crv.value

        x = self.x

        y = self.y

        n = self.n

        e = self.e

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "kty": kty,
                "kid": kid,
            }
        )
        if alg is not UNSET:
            field_dict["alg"] = alg
        if use is not UNSET:
            field_dict["use"] = use
        if crv is not UNSET:
            field_dict["crv"] = crv
        if x is not UNSET:
            field_dict["x"] = x
        if y is not UNSET:
            field_dict["y"] = y
        if n is not UNSET:
            field_dict["n"] = n
        if e is not UNSET:
            field_dict["e"] = e

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        kty = JwkKty(d.pop("kty"))

        kid = d.pop("kid")

        _alg = d.pop("alg", UNSET)
        alg: Algorithm | Unset
        if isinstance(_alg, Unset):
            alg = UNSET
        else:
            alg = Algorithm(_alg)

        use = cast(Literal["sig"] | Unset, d.pop("use", UNSET))
        if use != "sig" and not isinstance(use, Unset):
            raise ValueError(f"use must match const 'sig', got '{use}'")

        _crv = d.pop("crv", UNSET)
        crv: JwkCrv | Unset
        if isinstance(_crv, Unset):
            crv = UNSET
        else:
            crv = JwkCrv(_crv)

        x = d.pop("x", UNSET)

        y = d.pop("y", UNSET)

        n = d.pop("n", UNSET)

        e = d.pop("e", UNSET)

        jwk = cls(
            kty=kty,
            kid=kid,
            alg=alg,
            use=use,
            crv=crv,
            x=x,
            y=y,
            n=n,
            e=e,
        )

        jwk.additional_properties = d
        return jwk

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
