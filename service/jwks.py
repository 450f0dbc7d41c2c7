"""The public keys of an identity provider (JWKS): what may verify a token, and with which algorithms."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import jwt

MOST_KEYS = 100
RSA_BITS = 2048
_RSA = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")
_CURVES = {
    ("EC", "P-256"): ("ES256",),
    ("EC", "P-384"): ("ES384",),
    ("EC", "P-521"): ("ES512",),
    ("OKP", "Ed25519"): ("EdDSA",),
}


class BadKeys(Exception):
    """What the provider gave is no set of keys; the message says why."""


@dataclass(frozen=True, slots=True)
class PublicKey:
    """One key, with the algorithms that it may be used with: a token does not choose them."""

    id: str | None
    algorithms: tuple[str, ...]
    key: Any


def read_keys(document: bytes) -> list[PublicKey]:
    """The usable keys of a JWKS document; others are left out, and none at all is refused."""
    try:
        parsed = json.loads(document)
    except (ValueError, RecursionError):
        raise BadKeys("it is not JSON") from None
    entries = parsed.get("keys") if isinstance(parsed, dict) else None
    if not isinstance(entries, list):
        raise BadKeys("it is not an object with a list of keys")
    if len(entries) > MOST_KEYS:
        raise BadKeys(f"it has more than {MOST_KEYS} keys")
    keys = list(_usable(entries))
    if not keys:
        raise BadKeys("it has no key that verifies signatures")
    return keys


def matching(keys: Iterable[PublicKey], kid: str | None, algorithm: str) -> PublicKey | None:
    """The key that a token names; for one that names none, the only key of its algorithm."""
    fitting = [key for key in keys if algorithm in key.algorithms]
    if kid is None:
        return fitting[0] if len(fitting) == 1 else None
    return next((key for key in fitting if key.id == kid), None)


def _usable(entries: list[object]) -> Iterator[PublicKey]:
    for entry in entries:
        if isinstance(entry, dict) and (algorithms := _algorithms(entry)):
            key = _public_key(entry, algorithms[0])
            if key is not None:
                yield PublicKey(entry.get("kid"), algorithms, key)


def _algorithms(entry: dict[str, object]) -> tuple[str, ...]:
    """What a key may be used with; nothing where it is secret, private, or for something else."""
    operations = entry.get("key_ops", ["verify"])
    signs = entry.get("use", "sig") == "sig" and isinstance(operations, list) and "verify" in operations
    named = isinstance(entry.get("kid"), str | None)
    if not (signs and named) or "d" in entry:
        return ()
    kind, curve, only = entry.get("kty"), entry.get("crv"), entry.get("alg")
    fitting = _RSA if kind == "RSA" else _CURVES.get((str(kind), str(curve)), ())
    return fitting if only is None else tuple(name for name in fitting if name == only)


def _public_key(entry: dict[str, object], algorithm: str) -> Any:
    try:
        key = jwt.PyJWK.from_dict(entry, algorithm).key
    except (jwt.PyJWTError, ValueError, TypeError, KeyError):
        return None
    return None if entry["kty"] == "RSA" and key.key_size < RSA_BITS else key
