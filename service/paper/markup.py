"""标记 The small pieces of which pages are made."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from chuishao.domain.phrase import Phrase
from chuishao.service.paper.words import both

NONE = "–"


def section(zh: str, en: str, *inside: str) -> str:
    """A part of the page under its heading."""
    return f"<section><h2>{both(zh, en)}</h2>{''.join(inside)}</section>\n"


def table(heads: Sequence[tuple[str, str]], rows: Iterable[tuple[bool, Sequence[str]]]) -> str:
    """A table; a row whose flag is set is marked. Heads that begin with # are of numbers."""
    numbers = [zh.startswith("#") for zh, _ in heads]
    kinds = [' class="n"' if number else "" for number in numbers]
    head = "".join(
        f"<th{kind}>{both(zh.lstrip('#'), en)}</th>" for kind, (zh, en) in zip(kinds, heads, strict=True)
    )
    body = "".join(
        f"<tr{' class=bad' if bad else ''}>"
        + "".join(f"<td{kind}>{cell}</td>" for kind, cell in zip(kinds, cells, strict=True))
        + "</tr>"
        for bad, cells in rows
    )
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def fact(zh: str, en: str, value: str, kind: str = "", more: str = "") -> str:
    """One figure with its name; `value` and `more` are markup."""
    small = f"<small>{more}</small>" if more else ""
    return f'<div class="{kind}"><dt>{both(zh, en)}</dt><dd>{value}{small}</dd></div>'


def said_in_both(phrase: Phrase) -> str:
    """A short phrase, which is not broken."""
    return both(phrase.zh, phrase.en, attributes=' class="t"')
