"""指纹 Which code made a read model: its rows are right only for that code, whatever its version says.

The fingerprint covers the fold's module and what it imports, step by step, from `projections/` and `domain/`,
and the .sql files that these open. Comments, docstrings and layout do not count.
"""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Iterator
from importlib.resources import files

from chuishao.eventlog.fingerprint import fingerprint, trees

FOLLOWED = ("chuishao.projections", "chuishao.domain")
LEFT_OUT = frozenset({"chuishao.domain.catalogue", "chuishao.projections.fingerprint"})
"""Modules that make no rows. The catalogue lists every other, and would lead from anywhere to everything."""
_COMMENT = re.compile(r"^--(?! name:).*$|(?<=\s)--\s.*$", re.MULTILINE)


def fingerprint_of(module: str, *made: str) -> str:
    """The fingerprint of a read model whose fold stands in a module, with the statements that make it."""
    digest = hashlib.sha256(fingerprint(module, *FOLLOWED, without=LEFT_OUT).encode())
    opened = {file for tree in trees(module, *FOLLOWED, without=LEFT_OUT).values() for file in _opened(tree)}
    for text in [*made, *(_text(*file) for file in sorted(opened))]:
        digest.update(" ".join(_COMMENT.sub("", text).split()).encode())
    return digest.hexdigest()[:32]


def _opened(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """The package and the file of each `statements(package, file)`."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(
                func=ast.Name(id="statements"),
                args=[ast.Constant(value=str(package)), ast.Constant(value=str(file))],
            ):
                yield package, file


def _text(package: str, file: str) -> str:
    return files(package).joinpath(file).read_text(encoding="utf-8")
