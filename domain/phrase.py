"""Words in both languages, to be said in the one that is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

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
