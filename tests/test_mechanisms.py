"""The page of the forty mechanisms: all of them are there, and every name on it is one of this system."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from chuishao.domain.catalogue import EVENT_TYPES
from chuishao.graphql.schema import schema
from chuishao.service.played.mechanisms import TERMS

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs/mechanisms.md"
COLUMNS = (
    "#",
    "Mechanism",
    "Identifier",
    "Here",
    "Modules",
    "Events",
    "Mutations",
    "Queries",
    "Tests",
    "Demonstration",
)
DERIVED = "derived"
"""What stands where a mechanism has no events or mutations of its own."""
MAY_BE_DERIVED = {"Events", "Mutations"}
_LINK = re.compile(r"\[`?([^`\]]+)`?\]\(([^)#]+)(?:#([\w-]+))?\)")


@dataclass(frozen=True)
class Row:
    """A mechanism: its cells by the name of their column."""

    cells: dict[str, str]

    def links(self, column: str) -> list[tuple[str, str]]:
        """What is linked to in a column: the text and the file, from the root; and nothing else is there."""
        cell = self.cells[column]
        found = [(text, _from_root(path)) for text, path, _ in _LINK.findall(cell)]
        assert cell == DERIVED or (found and not _LINK.sub("", cell).strip()), cell
        return found

    def names(self, column: str) -> list[str]:
        """The names in a column; and nothing else is there."""
        cell = self.cells[column]
        assert cell == DERIVED or re.fullmatch(r"`\w+`(?: `\w+`)*", cell), cell
        return re.findall(r"`(\w+)`", cell)


def _from_root(path: str) -> str:
    return (PAGE.parent / path).resolve().relative_to(ROOT.resolve()).as_posix()


def read() -> list[Row]:
    """The rows of the table, in their order."""
    lines = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("|")]
    heading, _, *rows = ([cell.strip() for cell in line.strip("|").split("|")] for line in lines)
    assert tuple(heading) == COLUMNS
    return [Row(dict(zip(COLUMNS, cells, strict=True))) for cells in rows]


ROWS = read()
each = pytest.mark.parametrize("row", ROWS, ids=[row.cells["#"] for row in ROWS])


def test_all_forty_are_there_in_their_order() -> None:
    assert [row.cells["#"] for row in ROWS] == [str(number) for number in range(1, 41)]


@each
def test_every_cell_says_something(row: Row) -> None:
    for column, cell in row.cells.items():
        assert cell, column
        assert cell != DERIVED or column in MAY_BE_DERIVED, column
    assert re.search(r"[\u4e00-\u9fff]", row.cells["Mechanism"])
    assert re.fullmatch(r"`[A-Z][A-Za-z]+`", row.cells["Identifier"])


def test_the_demonstration_calls_them_the_same() -> None:
    named = {int(row.cells["#"]): row.names("Identifier") for row in ROWS}
    assert {number: term.rpartition(" ")[2:] for number, term in TERMS.items()} == {
        number: (identifier,) for number, (identifier,) in named.items()
    }
    assert [row.cells["Mechanism"] for row in ROWS] == [term.rpartition(" ")[0] for term in TERMS.values()]


@each
def test_its_modules_exist_and_what_is_no_aggregate_reacts(row: Row) -> None:
    for name, path in row.links("Modules"):
        assert path in (f"domain/{name}", name), name
        assert path.startswith(("domain/", "reactions/"))
        assert path.endswith(".py")
        assert (ROOT / path).is_file(), path


@each
def test_its_events_exist(row: Row) -> None:
    for name, path in row.links("Events"):
        assert name in EVENT_TYPES, name
        assert path == "docs/events.md"


@each
@pytest.mark.parametrize(("column", "root"), [("Mutations", "Mutation"), ("Queries", "Query")])
def test_its_mutations_and_queries_are_in_the_schema(row: Row, column: str, root: str) -> None:
    known = schema._schema.type_map[root].fields  # type: ignore[attr-defined]
    unknown = set(row.names(column)) - set(known)
    assert not unknown


@each
def test_its_tests_exist(row: Row) -> None:
    for name, path in row.links("Tests"):
        assert name in functions(path), f"{path}::{name}"


@each
def test_its_part_of_the_demonstration_exists(row: Row) -> None:
    for name, path in row.links("Demonstration"):
        assert path in (f"service/played/{name}.py", f"service/{name}.py")
        assert (ROOT / path).is_file(), path


@cache
def functions(path: str) -> frozenset[str]:
    """The tests of a file."""
    text = (ROOT / path).read_text(encoding="utf-8")
    return frozenset(re.findall(r"^(?:async )?def (test_\w+)", text, re.MULTILINE))


def test_every_reaction_is_named() -> None:
    reacting = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "reactions").glob("*.py")
        if re.search(r"^(?:REACTION|TIMED) = ", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    named = {path for row in ROWS for _, path in row.links("Modules") if path.startswith("reactions/")}
    assert named == reacting


def test_every_event_of_a_package_belongs_to_a_mechanism() -> None:
    named = {name for row in ROWS for name, _ in row.links("Events")}
    packages = {path.parent.name for path in (ROOT / "domain").glob("*/__init__.py")}
    ours = {topic for topic, kind in EVENT_TYPES.items() if kind.__module__.split(".")[2] in packages}
    assert ours <= named
