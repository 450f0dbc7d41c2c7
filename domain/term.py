"""Enumerations whose members carry the field's Chinese term beside the English."""

from __future__ import annotations

from enum import StrEnum
from typing import Self


class Term(StrEnum):
    """A closed list of domain words: the value is stored, `zh` and `en` are shown."""

    zh: str
    en: str

    def __new__(cls, value: str, zh: str = "", en: str = "") -> Self:
        """Make a member whose stored value is the plain word."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.zh = zh
        member.en = en
        return member

    @property
    def description(self) -> str:
        """Both languages on one line, as the schema shows it."""
        return f"{self.zh} {self.en}".strip()
