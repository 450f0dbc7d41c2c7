"""Words in both languages, to be said in the one that is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, TypeAlias

from chuishao.domain.term import Term

Language: TypeAlias = Literal["en", "zh"]


@dataclass(frozen=True, slots=True)
class Phrase:
    """双语 The same in English and in Chinese."""

    en: str
    zh: str

    def said(self, language: Language) -> str:
        """The words in one language."""
        return self.zh if language == "zh" else self.en

    def __str__(self) -> str:
        return self.en


def said(value: object, language: Language) -> str:
    """A fact as a sentence of that language holds it; a term in Chinese keeps its code beside it."""
    match value:
        case Phrase():
            return value.said(language)
        case Term():
            return f"{value.zh}（{value.value}）" if language == "zh" else value.value
        case list() | tuple():
            nothing, between = ("无", "、") if language == "zh" else ("nothing", ", ")
            return between.join(said(one, language) for one in value) or nothing
        case datetime() | date():
            return value.isoformat()
    return str(value)
