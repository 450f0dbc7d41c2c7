"""指纹 Which code made a read model: its rows are right only for that code, whatever its version says.

The fingerprint covers the fold's module and what it imports, step by step, from `projections/` and `domain/`,
and the .sql files that these open. Comments, docstrings and layout do not count.
"""

from __future__ import annotations

import hashlib
import re
from importlib.resources import files

from chuishao.eventlog.fingerprint import codes, fingerprint

FOLLOWED = ("chuishao.projections", "chuishao.domain")
LEFT_OUT = frozenset({"chuishao.domain.catalogue", "chuishao.projections.fingerprint"})
"""Modules that make no rows. The catalogue lists every other, and would lead from anywhere to everything."""
_OPENED = re.compile(r"\bstatements\('([^'\\]+)', '([^'\\]+)'\)")
"""A package and a file in `statements(package, file)`, as code is written anew from its syntax tree."""
_COMMENT = re.compile(r"^--(?! name:).*$|(?<=\s)--\s.*$", re.MULTILINE)


def fingerprint_of(module: str, *made: str) -> str:
    """The fingerprint of a read model whose fold stands in a module, with the statements that make it."""
    digest = hashlib.sha256(fingerprint(module, *FOLLOWED, without=LEFT_OUT).encode())
    code = codes(module, *FOLLOWED, without=LEFT_OUT).values()
    opened = {file for text in code for file in _OPENED.findall(text)}
    for text in [*made, *(_text(*file) for file in sorted(opened))]:
        digest.update(" ".join(_COMMENT.sub("", text).split()).encode())
    return digest.hexdigest()[:32]


def _text(package: str, file: str) -> str:
    return files(package).joinpath(file).read_text(encoding="utf-8")
