"""政策条目 One place in a policy document: what stands there, and the refusal that leads to it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, time
from typing import Any, NoReturn, TypeVar

from chuishao.domain.event import storable
from chuishao.domain.phrase import Phrase
from chuishao.domain.refusal import BadPolicy
from chuishao.domain.term import Term

T = TypeVar("T", bound=Term)


@dataclass(frozen=True, slots=True)
class Entry:
    """A value of the document and the names and numbers that lead to it."""

    value: Any
    path: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What to call it: the way to it."""
        return ".".join(self.path) or "document"

    def refuse(self, en: str, zh: str) -> NoReturn:
        """Refuse the document for what stands here."""
        raise BadPolicy("document", *self.path, reason=Phrase(en, zh)) from None

    def as_object(self) -> dict[str, Any]:
        """An object; refused where it is none."""
        if not isinstance(self.value, dict):
            self.refuse(f"{self.name} must be an object", f"{self.name} 须为对象")
        return self.value

    def __getitem__(self, name: str) -> Entry:
        """What the object has under a name; refused where it has nothing."""
        if name not in self.as_object():
            Entry(None, (*self.path, name)).refuse(f"'{name}' is missing", f"缺少 '{name}'")
        return Entry(self.value[name], (*self.path, name))

    def get(self, name: str, nothing: list[Any] | None = None) -> Entry:
        """What the object has under a name; else an empty object, or what stands for nothing there."""
        return Entry(self.as_object().get(name, {} if nothing is None else nothing), (*self.path, name))

    def each(self) -> list[Entry]:
        """The members of a list; refused where it is none."""
        if not isinstance(self.value, list):
            self.refuse(f"{self.name} must be a list", f"{self.name} 须为列表")
        return [Entry(member, (*self.path, str(number))) for number, member in enumerate(self.value)]

    def members(self) -> list[Entry]:
        """The members of an object, by their names."""
        return [Entry(member, (*self.path, name)) for name, member in self.as_object().items()]

    def text(self) -> str:
        """A text; refused where it is none."""
        if not isinstance(self.value, str):
            self.refuse(f"{self.name} must be a text", f"{self.name} 须为文字")
        return self.value

    def number(self, low: int, high: int) -> float:
        """A number within bounds; refused outside of them."""
        given = self.value
        if isinstance(given, bool) or not isinstance(given, int | float) or not low <= given <= high:
            self.refuse(
                f"{self.name} must be a number from {low} to {high}",
                f"{self.name} 须为 {low} 到 {high} 的数",
            )
        return given

    def whole(self, low: int, high: int) -> int:
        """A whole number within bounds; refused outside of them."""
        if type(self.value) is not int or not low <= self.value <= high:
            self.refuse(
                f"{self.name} must be a whole number from {low} to {high}",
                f"{self.name} 须为 {low} 到 {high} 的整数",
            )
        return self.value

    def as_date(self) -> date:
        """A calendar date."""
        return self._date(self.value)

    def named_date(self) -> date:
        """The calendar date that is the entry's own name."""
        return self._date(self.path[-1])

    def _date(self, given: object) -> date:
        try:
            return date.fromisoformat(given if isinstance(given, str) else "")
        except ValueError:
            self.refuse(
                f"{self.name}: {given!r} is not a date such as 2026-03-01",
                f"{self.name}：{given!r} 不是日期，如 2026-03-01",
            )

    def as_time(self) -> time:
        """A time of day, local."""
        try:
            moment = time.fromisoformat(self.text())
        except ValueError:
            self.refuse(
                f"{self.name}: {self.value!r} is not a time such as 08:30",
                f"{self.name}：{self.value!r} 不是时刻，如 08:30",
            )
        if moment.tzinfo:
            self.refuse(
                f"{self.name}: {self.value} is local time and names no zone",
                f"{self.name}：{self.value} 为当地时刻，不带时区",
            )
        return moment

    def term(self, kind: type[T]) -> T:
        """A word of a closed list."""
        if self.value not in list(kind):
            self.refuse(
                f"{self.name}: {self.value!r} is none of {', '.join(kind)}",
                f"{self.name}：{self.value!r} 不在 {'、'.join(kind)} 之中",
            )
        return kind(self.value)


def require_storable(document: Entry) -> None:
    """Refuse a document with a text that the log cannot keep."""
    if not all(storable(text) for text in _texts(document.value)):
        document.refuse("it holds a NUL or an unpaired surrogate", "含有空字符或不成对的代理码位")


def _texts(value: object) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            for entry in (*value, *value.values()):
                yield from _texts(entry)
        case list():
            for entry in value:
                yield from _texts(entry)


def require_once(entries: Sequence[Entry], what: Phrase) -> None:
    """Refuse a name that stands there twice."""
    counted = Counter(entry.value for entry in entries)
    for entry in entries:
        if counted[entry.value] > 1:
            twice = entry.value
            entry.refuse(f"{what.en} {twice} stands there twice", f"{what.zh} {twice} 重复")
