"""The language of a page, as an option of the commands that write one."""

from __future__ import annotations

from chuishao.domain.phrase import Language
from chuishao.domain.term import Term


class Shown(Term):
    """语言 In which language a page is written."""

    ZH = "zh", "中文", "Chinese"
    EN = "en", "英文", "English"


def chosen(shown: Shown | None) -> Language | None:
    """The language that is chosen, if one is."""
    return None if shown is None else "zh" if shown is Shown.ZH else "en"
