"""Which code something was made with: a hash of syntax trees, without comments, docstrings and layout.

What is kept from one start to the next, as a snapshot or a read model is, may have been made by code that has
changed since. A number that somebody has to raise is forgotten; this cannot be.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator
from functools import cache
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from pathlib import Path

_HOLDING = ("body", "orelse", "finalbody", "handlers", "cases")
"""Where statements stand in others."""


@cache
def fingerprint(module: str, *packages: str, without: frozenset[str] = frozenset()) -> str:
    """The hash of a module's code and of all that it imports from these packages, however indirectly."""
    digest = hashlib.sha256()
    for name, code in sorted(codes(module, *packages, without=without).items()):
        digest.update(f"{name}\n{code}\n".encode())
    return digest.hexdigest()


def codes(module: str, *packages: str, without: frozenset[str] = frozenset()) -> dict[str, str]:
    """The code of a module and of all that it imports from packages, except for some, by name.

    It is written anew from the syntax tree, so that the same code is always the same text.
    """
    found: dict[str, str] = {}
    waiting = [module]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name], imported = _read(_source(name) or "")
            waiting += [name for name in imported - without if _within(name, packages)]
    return found


@cache
def _read(source: str) -> tuple[str, frozenset[str]]:
    """The code in a text, and what it imports; the tree itself would take fifty times the room."""
    tree = _without_docstrings(ast.parse(source))
    return ast.unparse(tree), frozenset(_imported(tree))


def _imported(tree: ast.Module) -> Iterator[str]:
    """Every name that is imported, wherever the import stands: of a module, or of something in one."""
    for node in _statements(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _statements(tree: ast.Module) -> Iterator[ast.AST]:
    """A tree and all that holds statements or is one; expressions, which are most of a tree, are left out."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        for inside in _HOLDING:
            held = getattr(node, inside, None)
            if isinstance(held, list):
                waiting += held


def _within(name: str, packages: tuple[str, ...]) -> bool:
    """Whether it is the name of a module of the packages."""
    inside = any(f"{name}.".startswith(f"{package}.") for package in packages)
    return inside and _source(name) is not None


@cache
def _source(module: str) -> str | None:
    """The text of a module; None where there is no such module, or it is installed without its text."""
    spec = _spec(module)
    if spec is None or spec.origin is None or not spec.origin.endswith(".py"):
        return None
    return Path(spec.origin).read_text(encoding="utf-8")


def _spec(module: str) -> ModuleSpec | None:
    """Where a module lies; it is not imported, only the packages around it are."""
    package = module.rpartition(".")[0]
    around = _spec(package) if package else None
    if package and (around is None or around.submodule_search_locations is None):
        return None
    return find_spec(module)


def _without_docstrings(tree: ast.Module) -> ast.Module:
    for node in _statements(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            said = [line for line in body if not _is_text(line)]
            node.body = said or [ast.Pass()]  # type: ignore[attr-defined]
    return tree


def _is_text(line: ast.stmt) -> bool:
    """Whether a statement is a text and nothing else, which documents whatever it stands under."""
    value = line.value if isinstance(line, ast.Expr) else None
    return isinstance(value, ast.Constant) and isinstance(value.value, str)
