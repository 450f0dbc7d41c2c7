"""Twins 副本: an aggregate of one's own to decide on, at the price of what can change in it."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import fields, is_dataclass
from datetime import date, datetime, timedelta
from enum import Enum
from typing import Any, TypeVar
from uuid import UUID

A = TypeVar("A")

_SHARED: set[type] = {type(None), bool, int, float, str, bytes, UUID, datetime, date, timedelta}
"""Types whose values never change; enumerations join them as they are met."""


def twin(aggregate: A) -> A:
    """Another aggregate of equal state: what is done to the one is not done to the other."""
    kind = type(aggregate)
    made = kind.__new__(kind)
    state = vars(made)
    state |= vars(aggregate)
    for name, value in state.items():
        if type(value) not in _SHARED:
            state[name] = _own(value)
    return made


def _own(value: Any) -> Any:
    kind = type(value)
    if kind in _SHARED:
        return value
    if kind is list or kind is set or kind is tuple or kind is frozenset:
        return kind(map(_own, value)) if value else kind()
    if kind is dict:
        return {_own(key): _own(item) for key, item in value.items()}
    if isinstance(value, Enum):
        _SHARED.add(kind)
        return value
    if is_dataclass(value):
        return _own_record(value)
    return deepcopy(value)


def _own_record(value: Any) -> Any:
    made = object.__new__(type(value))
    for field in fields(value):
        object.__setattr__(made, field.name, _own(getattr(value, field.name)))
    return made
