"""指纹 Which code made a read model: its rows are right only for that code, whatever its version says.

The fingerprint covers the syntax tree of the fold's module and of what it imports, step by step, from
`projections/` and `domain/`, and the .sql files that these open. Comments, docstrings and layout do not
count.
"""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path

FOLLOWED = ("chuishao.projections.", "chuishao.domain.")
LEFT_OUT = frozenset({"chuishao.domain.catalogue", "chuishao.projections.fingerprint"})
"""Modules that make no rows. The catalogue lists every other, and would lead from anywhere to everything."""
_DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def fingerprint(module: str, tables: str) -> str:
    """The fingerprint of a read model whose fold stands in a module, with the statements of its tables."""
    digest = hashlib.sha256(plain_sql(tables).encode())
    for name in sorted(reached(module)):
        digest.update(f"\n{name}\n{_normal(name)}".encode())
    return digest.hexdigest()[:32]


def reached(module: str) -> set[str]:
    """A module and what it imports of the code that makes read models, step by step."""
    found: set[str] = set()
    waiting = [module]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += _imported(name)
    return found


@cache
def _tree(module: str) -> ast.Module:
    path = _source(module)
    assert path is not None, module
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def _source(name: str) -> Path | None:
    """The file of a module; None where the name is no module but something in one."""
    try:
        spec = find_spec(name)
    except ModuleNotFoundError:
        return None
    return Path(spec.origin) if spec and spec.origin else None


@cache
def _imported(module: str) -> tuple[str, ...]:
    names: list[str] = []
    for node in ast.walk(_tree(module)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    followed = {name for name in names if name.startswith(FOLLOWED)} - LEFT_OUT
    return tuple(sorted(name for name in followed if _source(name)))


@cache
def _normal(module: str) -> str:
    """What a module says, and the .sql files that it opens."""
    tree = _tree(module)
    opened = (plain_sql(files(package).joinpath(file).read_text("utf-8")) for package, file in _opened(tree))
    return "\n".join((plain(tree), *opened))


def _opened(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """The arguments of each `statements(package, file)`, where they are written out."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(
                func=ast.Name(id="statements"),
                args=[ast.Constant(value=str(package)), ast.Constant(value=str(file))],
            ):
                yield package, file


def plain(node: object) -> str:
    """A syntax tree as text, alike in all versions of Python: without places, docstrings and empty fields."""
    if isinstance(node, list):
        return f"[{' '.join(map(plain, node))}]"
    if not isinstance(node, ast.AST):
        return repr(node)
    parts = []
    for name, value in ast.iter_fields(node):
        said = value[1:] if name == "body" and _begins_with_docstring(node) else value
        if said is not None and said != [] and name not in ("ctx", "kind", "type_ignores"):
            parts.append(f"{name}={plain(said)}")
    return f"{type(node).__name__}({' '.join(parts)})"


def _begins_with_docstring(node: ast.AST) -> bool:
    return isinstance(node, _DOCUMENTED) and ast.get_docstring(node, clean=False) is not None


def plain_sql(text: str) -> str:
    """SQL without comments and layout; the names of its statements stay."""
    return " ".join(re.sub(r"^--(?! name:).*|(?<=\s)--\s.*$", "", text, flags=re.MULTILINE).split())
