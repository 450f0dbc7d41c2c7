"""Identifiers that follow from codes, so that a code can be claimed once and found without a look-up."""

from uuid import UUID, uuid5

_NAMESPACE = UUID("6f1d2f0e-6f0c-5d2b-9d9a-3b8a4c5e7f10")


def identify(kind: str, *parts: object) -> UUID:
    """Derive the identifier of `kind` from its parts: the same parts always give the same identifier."""
    return uuid5(_NAMESPACE, ":".join((kind, *(str(part) for part in parts))))


def division_id(code: str) -> UUID:
    """The stream of the division first registered under `code`."""
    return identify("division", code)


def grid_id(code: str) -> UUID:
    """The stream of the service grid drawn as `code`."""
    return identify("grid", code)


def erasure_id(identity: UUID) -> UUID:
    """The stream of the erasure of what was kept under an identity."""
    return identify("erasure", identity)


def successor(identity: UUID) -> UUID:
    """The identity under which words about a person are kept after those under this one were erased."""
    return uuid5(identity, "after erasure")


POLICY_ID = identify("policy")
"""The one stream of adopted policies."""
