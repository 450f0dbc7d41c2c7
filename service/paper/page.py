"""页 A page that stands alone: its own style, both languages with a switch, for the screen and for A4."""

from __future__ import annotations

from html import escape
from importlib.resources import files

from chuishao.domain.phrase import Language

_NOTHING_ELSE = "default-src 'none'; style-src 'unsafe-inline'"
"""What the browser lets the page do: show its own style, run nothing, fetch nothing."""


def stands_alone(title: str, body: str, style: str, language: Language | None) -> str:
    """The whole page, in one language or in both; `style` follows the common one."""
    chosen = language or "zh"
    common = files(__package__).joinpath("page.css").read_text(encoding="utf-8")
    shown = "".join(
        f'<input class="switch" type="radio" name="language" id="{name}"'
        f"{' checked' if name == chosen else ''}>"
        for name in ("zh", "en", "all")
    )
    labels = (("zh", "中文"), ("en", "English"), ("all", "中 / En"))
    switch = "".join(f'<label for="{name}">{label}</label>' for name, label in labels)
    return (
        f'<!DOCTYPE html>\n<html lang="{"zh-CN" if chosen == "zh" else "en"}">\n<head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta http-equiv="Content-Security-Policy" content="{_NOTHING_ELSE}">'
        f"<title>{escape(title)}</title><style>{common}{style}</style></head>\n<body>{shown}"
        f"{'' if language else f'<nav>{switch}</nav>'}<main>{body}</main></body>\n</html>\n"
    )
