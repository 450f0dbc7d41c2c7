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


@cache
def fingerprint(module: str, *packages: str, without: frozenset[str] = frozenset()) -> str:
    """The hash of a module's code and of all that it imports from these packages, however indirectly."""
    digest = hashlib.sha256()
    for name in sorted(trees(module, *packages, without=without)):
        digest.update(f"{name}\n{_code(_source(name) or '')}\n".encode())
    return digest.hexdigest()


def trees(module: str, *packages: str, without: frozenset[str] = frozenset()) -> dict[str, ast.Module]:
    """The syntax trees of a module and of all that it imports from packages, except for some, by name."""
    found: dict[str, ast.Module] = {}
    waiting = [module]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = _tree(_source(name) or "")
            imported = [name for name in _imported(found[name]) if _within(name, packages)]
            waiting += [name for name in imported if name not in without]
    return found


@cache
def _tree(source: str) -> ast.Module:
    return _without_docstrings(ast.parse(source))


@cache
def _code(source: str) -> str:
    return ast.unparse(_tree(source))


def _imported(tree: ast.Module) -> Iterator[str]:
    """Every name that is imported, wherever the import stands: of a module, or of something in one."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


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
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            said = [line for line in body if not _is_text(line)]
            node.body = said or [ast.Pass()]  # type: ignore[attr-defined]
    return tree


def _is_text(line: ast.stmt) -> bool:
    """Whether a statement is a text and nothing else, which documents whatever it stands under."""
    value = line.value if isinstance(line, ast.Expr) else None
    return isinstance(value, ast.Constant) and isinstance(value.value, str)
