"""What depends on what, and what the domain does without: read from the syntax trees."""

from __future__ import annotations

import ast
import dataclasses
import importlib
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from string import Formatter
from typing import TypeVar, get_type_hints

import pytest

from chuishao.commands.catalogue import COMMANDS, SENT_BY_REACTIONS
from chuishao.commands.command import Command
from chuishao.domain.catalogue import AGGREGATES, EVENT_TYPES
from chuishao.domain.event import Event
from chuishao.domain.refusal import Refusal

ROOT = Path(__file__).parent.parent
LAYERS = {
    "domain": set(),
    "eventlog": {"domain"},
    "commands": {"domain", "eventlog"},
    "projections": {"domain", "eventlog"},
    "reactions": {"domain", "eventlog", "commands", "projections"},
    "graphql": {"domain", "eventlog", "commands", "projections"},
    "service": {"domain", "eventlog", "commands", "projections", "reactions", "graphql"},
}
"""Each package and what it may import of the others: dependencies point one way, and what is decided and
what is read do not know each other."""

DATA = {"commands": {"data"}, "eventlog": {"migrations"}, "service": {"data"}}
"""The packages of data that are opened by name."""

WITHOUT = {
    "os", "io", "sys", "socket", "subprocess", "pathlib", "shutil", "tempfile", "sqlite3", "asyncio",
    "threading", "multiprocessing", "urllib", "http", "ssl", "logging", "random", "secrets", "time",
}  # fmt: skip
"""What the domain does without: input and output, waiting, chance, the clock."""

IMPURE = {"open", "print", "input", "exec", "eval", "compile", "__import__", "breakpoint"}
CLOCKS = {"now", "utcnow", "today", "fromtimestamp", "create_timestamp", "uuid1", "uuid4", "uuid6", "uuid7"}


@dataclass(frozen=True)
class Place:
    """A name in a file."""

    path: Path
    line: int
    name: str

    def __str__(self) -> str:
        return f"{self.path.relative_to(ROOT)}:{self.line}: {self.name}"


def trees(package: str) -> Iterator[tuple[Path, ast.Module]]:
    """The syntax tree of every module of a package."""
    for path in sorted((ROOT / package).rglob("*.py")):
        yield path, ast.parse(path.read_text(encoding="utf-8"), str(path))


def imports(package: str) -> Iterator[Place]:
    """Every module that a package imports, wherever the import stands."""
    for path, tree in trees(package):
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    yield Place(path, node.lineno, alias.name)
            elif isinstance(node, ast.ImportFrom):
                assert not node.level, f"{Place(path, node.lineno, node.module or '.')}: write it in full"
                for alias in node.names:
                    yield Place(path, node.lineno, f"{node.module}.{alias.name}")


def load(package: str) -> None:
    """Import every module, so that every class is known."""
    for path, _ in trees(package):
        parts = path.relative_to(ROOT).with_suffix("").parts
        importlib.import_module(".".join(("chuishao", *parts)).removesuffix(".__init__"))


for name in ("domain", "eventlog", "commands", "projections"):
    load(name)


def layer(name: str) -> str | None:
    """The package of ours that an imported name belongs to."""
    parts = name.split(".")
    return parts[1] if parts[0] == "chuishao" and len(parts) > 1 else None


def none_of(places: list[Place]) -> None:
    """Fail with file, line and name of each."""
    assert not places, "\n" + "\n".join(map(str, places))


@pytest.mark.parametrize("package", LAYERS)
def test_dependencies_point_one_way(package: str) -> None:
    allowed = LAYERS[package] | {package} | DATA.get(package, set())
    none_of([place for place in imports(package) if (layer(place.name) or package) not in allowed])


def test_the_endpoint_knows_no_schema() -> None:
    of_schema = re.compile(r"chuishao\.graphql\.(?!endpoint\b|context\b)|chuishao\.commands\b")
    none_of([place for place in imports("graphql/endpoint") if of_schema.match(place.name)])


def test_nothing_is_imported_from_the_tests() -> None:
    places = [place for package in LAYERS for place in imports(package)]
    none_of([place for place in places if place.name.split(".")[0] in {"tests", "benchmarks", "pytest"}])


def test_the_domain_imports_the_standard_library_and_eventsourcing_and_nothing_else() -> None:
    known = (sys.stdlib_module_names - WITHOUT) | {"eventsourcing", "chuishao"}
    none_of([place for place in imports("domain") if place.name.split(".")[0] not in known])


def names(tree: ast.Module) -> Iterator[tuple[int, str, ast.AST]]:
    """Every plain name and every attribute that is read."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            yield node.lineno, node.id, node
        elif isinstance(node, ast.Attribute):
            yield node.lineno, node.attr, node
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                yield node.lineno, alias.name, node


def test_the_domain_does_no_input_or_output_and_reads_no_clock() -> None:
    none_of(
        [
            Place(path, line, name)
            for path, tree in trees("domain")
            for line, name, node in names(tree)
            if name in (IMPURE if isinstance(node, ast.Name) else CLOCKS)
        ]
    )


def test_no_decision_waits() -> None:
    waiting = (ast.AsyncFunctionDef, ast.Await, ast.AsyncFor, ast.AsyncWith)
    none_of(
        [
            Place(path, getattr(node, "lineno", 0), type(node).__name__)
            for path, tree in trees("domain")
            for node in ast.walk(tree)
            if isinstance(node, waiting)
        ]
    )


def test_every_package_is_in_a_layer() -> None:
    packages = re.findall(r'"chuishao\.(\w+)",', (ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert set(packages) - {"data", "migrations"} == set(LAYERS)


def test_the_folder_is_the_package_and_graphql_leaves_its_name_to_the_library() -> None:
    assert not (ROOT / "chuishao").exists()
    assert not (ROOT / "graphql" / "__init__.py").exists()


# Events


T = TypeVar("T")


def subclasses(of: type[T]) -> Iterator[type[T]]:
    """Every class below a class."""
    for child in of.__subclasses__():
        yield child
        yield from subclasses(child)


def test_every_event_bears_its_own_name_as_its_topic() -> None:
    for topic, type_ in EVENT_TYPES.items():
        assert topic == type_.TOPIC == type_.__name__
        assert type_.__dict__["TOPIC"] == topic


def test_an_event_without_a_topic_is_a_base_of_others_and_nothing_more() -> None:
    ours = [type_ for type_ in subclasses(Event) if type_.__module__.startswith("chuishao.")]
    for type_ in ours:
        if type_ not in EVENT_TYPES.values():
            assert type_.__subclasses__(), f"{type_.__module__}.{type_.__name__} has no TOPIC"


@pytest.mark.parametrize("type_", EVENT_TYPES.values(), ids=EVENT_TYPES)
def test_an_event_is_frozen_and_says_what_it_means(type_: type[Event]) -> None:
    parameters = type_.__dataclass_params__  # type: ignore[attr-defined]
    assert parameters.frozen
    assert type_.__doc__ and not type_.__doc__.startswith(f"{type_.__name__}(")
    assert "apply" in type_.__dict__, "an event folds, if only to say that nothing follows"


def test_event_types_are_found_by_their_class_statement() -> None:
    """No event type is made on the fly, where a search for its name would not find it."""
    written = {
        node.name for _, tree in trees("domain") for node in ast.walk(tree) if isinstance(node, ast.ClassDef)
    }
    assert set(EVENT_TYPES) <= written


def test_every_aggregate_has_a_topic_of_its_own() -> None:
    topics = [aggregate.TOPIC for aggregate in AGGREGATES]
    assert len(set(topics)) == len(topics)


# Commands


def test_every_command_is_in_the_catalogue_and_says_what_it_is() -> None:
    decided = {type_ for type_ in subclasses(Command) if "decide" in type_.__dict__}
    assert decided == {*COMMANDS, *SENT_BY_REACTIONS}
    for command in COMMANDS:
        assert command.__doc__
        assert command.__dataclass_params__.frozen  # type: ignore[attr-defined]
        hints = get_type_hints(command, include_extras=True)
        for field in dataclasses.fields(command):
            assert hasattr(hints[field.name], "__metadata__"), f"{command.__name__}.{field.name} has no Doc"


# Refusals


def refusals() -> list[type[Refusal]]:
    """Every refusal of every layer."""
    return sorted(subclasses(Refusal), key=lambda refusal: refusal.__name__)


def placeholders(sentence: str) -> set[str]:
    """The facts that fill a sentence."""
    return {name for _, name, _, _ in Formatter().parse(sentence) if name}


@pytest.mark.parametrize("refusal", refusals(), ids=lambda refusal: refusal.__name__)
def test_a_refusal_speaks_both_languages_of_the_same_facts(refusal: type[Refusal]) -> None:
    assert {"en", "zh"} <= set(refusal.__dict__), "both sentences are its own"
    assert placeholders(refusal.en) == placeholders(refusal.zh)
    assert re.search("[\u4e00-\u9fff]", refusal.zh)
    assert refusal.en.endswith(".") or refusal.en.endswith("}")
    facts = {name: f"<{name}>" for name in placeholders(refusal.en)}
    for language in ("en", "zh"):
        sentence = refusal(**facts).sentence(language)
        assert all(fact in sentence for fact in facts.values())


def test_every_refusal_has_a_code_of_its_own() -> None:
    codes = [refusal.code for refusal in refusals()]
    assert len(set(codes)) == len(codes)
    assert all(re.fullmatch("[A-Z]+(_[A-Z]+)*", code) for code in codes)


def raised(package: str) -> Iterator[tuple[Place, ast.Call]]:
    """Every refusal that a package raises, as it is called."""
    known = {refusal.__name__ for refusal in refusals()}
    for path, tree in trees(package):
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in known:
                yield Place(path, node.lineno, node.func.id), node


@pytest.mark.parametrize("package", LAYERS)
def test_a_refusal_is_raised_with_all_the_facts_of_its_sentence(package: str) -> None:
    needed = {refusal.__name__: placeholders(refusal.en) for refusal in refusals()}
    incomplete = []
    for place, call in raised(package):
        given = {keyword.arg for keyword in call.keywords}
        if None not in given and not needed[place.name] <= given:
            incomplete.append(place)
    none_of(incomplete)


def test_every_refusal_of_the_domain_is_raised_somewhere() -> None:
    used = {place.name for package in LAYERS for place, _ in raised(package)}
    domain = {refusal.__name__ for refusal in refusals() if refusal.__module__.startswith("chuishao.domain")}
    assert domain <= used, domain - used


def test_the_data_that_is_opened_by_name_is_there() -> None:
    for package, name in (
        ("data", "policy.json"),
        ("data", "tianjin-divisions.csv"),
        ("eventlog", "statements.sql"),
    ):
        assert files(f"chuishao.{package}").joinpath(name).is_file()


@pytest.mark.parametrize(
    "lock", sorted(ROOT.glob("*/*/package-lock.json")), ids=lambda lock: lock.parent.name
)
def test_a_lock_file_has_checksums_and_no_addresses(lock: Path) -> None:
    text = lock.read_text(encoding="utf-8")
    packages = {name: package for name, package in json.loads(text)["packages"].items() if name}

    assert [name for name, package in packages.items() if "integrity" not in package] == []
    assert not re.findall(r'"\w+": "[a-z+]+://.*', text), "run `npm run lock` beside it"
