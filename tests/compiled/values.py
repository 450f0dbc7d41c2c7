"""Values for arguments and input fields of any type: literals, and variables in every form."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, TypeAlias, TypeVar

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInputType,
    Undefined,
    get_nullable_type,
    is_list_type,
    is_non_null_type,
)
from hypothesis import strategies as st

from tests.compiled.known import BEYOND, MOMENTS, NO_MOMENTS, ODD, Known, secrets_of

T = TypeVar("T")
Draw: TypeAlias = Callable[[st.SearchStrategy[T]], T]
SIZES = (1, 2, 3, 5, 4, 10, 2, 3, 20, 100, 0, 101, -1, 2**31 - 1)
INTEGERS = (1, 0, 2, 5, -1, 2**31 - 1, -(2**31))
DEEP = 8


class Word(str):
    """A value of an enum, which stands in a document without quotes."""


class Absent:
    """What is not given at all."""


UNFIT: Sequence[Any] = (
    "x",
    "",
    7,
    1.0,
    1.5,
    1e300,
    True,
    2**31,
    -(2**63),
    2**53,
    [],
    [None],
    [[1]],
    {},
    {"no": 1},
)
"""What a variable may hold although its type says otherwise, for nearly every type."""


@dataclass(eq=False)
class Variable:
    """A variable of the operation: its type as written, its default, and what is given for it."""

    name: str
    type: str
    default: object
    value: object
    kind: GraphQLInputType
    about: About

    def with_another_value(self, draw: Draw[Any], known: Known) -> Variable:
        """The same with something else in it, or what it was."""
        if one_in(draw, 2):
            return self
        return replace(self, value=_simple(draw, known, self.about, get_nullable_type(self.kind)))

    @property
    def meant(self) -> object:
        """What it stands for."""
        return self.default if self.value is Absent else self.value


@dataclass(frozen=True)
class About:
    """Where a value is wanted: of which field and its type, as which argument, beside which others."""

    of: str
    kind: str
    name: str
    beside: Mapping[str, object] = field(default_factory=dict)

    def within(self, name: str) -> About:
        """A field of the input object that is wanted."""
        return About(self.of, self.kind, name, self.beside)


@dataclass
class Variables:
    """The variables of a document so far."""

    known: Known
    made: list[Variable] = field(default_factory=list)

    def written(self) -> str:
        """Their definitions."""
        return ", ".join(
            f"${one.name}: {one.type}" + ("" if one.default is Absent else f" = {literal(one.default)}")
            for one in self.made
        )

    def given(self) -> dict[str, Any]:
        """Their values."""
        return {one.name: plain(one.value) for one in self.made if one.value is not Absent}


@cache
def below(bound: int) -> st.SearchStrategy[int]:
    """A number from 0; the simplest is 0."""
    return st.integers(0, bound - 1)


def one_in(draw: Draw[int], odds: int) -> bool:
    """Whether something rare is done; the simplest is not to."""
    return draw(below(odds)) == odds - 1


def pick(draw: Draw[int], choices: Sequence[T]) -> T:
    """One of several; the simplest is the first."""
    return choices[draw(below(len(choices)))]


def literal(value: object) -> str:
    """A value as a document writes it."""
    match value:
        case Variable(name=name):
            return f"${name}"
        case Word():
            return str(value)
        case list():
            return f"[{', '.join(map(literal, value))}]"
        case dict():
            return "{" + ", ".join(f"{name}: {literal(inner)}" for name, inner in value.items()) + "}"
    return json.dumps(value, ensure_ascii=False)


def plain(value: object) -> Any:
    """A value as JSON has it."""
    match value:
        case Word():
            return str(value)
        case list():
            return [plain(inner) for inner in value]
        case dict():
            return {name: plain(inner) for name, inner in value.items()}
    return value


@st.composite
def argument(draw: Draw[Any], variables: Variables, about: About, asked: GraphQLArgument) -> object:
    """A value for an argument of a field: a literal, or a variable."""
    return _value(draw, variables, about, asked.type, default=asked.default_value is not Undefined)


def _value(
    draw: Draw[Any],
    variables: Variables | None,
    about: About,
    kind: GraphQLInputType,
    *,
    default: bool = False,
    depth: int = 0,
) -> object:
    """A value of a type; without variables where none may stand."""
    if variables is None or not one_in(draw, 4):
        return _literal(draw, variables, about, kind, depth)
    return draw(_variable(variables, about, kind, default))


@st.composite
def _variable(
    draw: Draw[Any], variables: Variables, about: About, kind: GraphQLInputType, default: bool
) -> Variable:
    """A new variable, or one that stands elsewhere too, where it may stand for a value of this type."""
    same = [one for one in variables.made if one.type == str(kind)]
    if same and one_in(draw, 3):
        return pick(draw, same)
    bare, optional = get_nullable_type(kind), default or not is_non_null_type(kind)
    form = pick(draw, (0, 1, 2, 3, 5, 6, 0, 1, 2, 4) if optional else (0, 1, 2, 3, 0, 1, 2, 3, 4))
    written = {0: str(kind), 1: f"{bare}!"}.get(form, str(bare))
    made = Variable(f"v{len(variables.made)}", written, Absent, Absent, kind, about)
    if form in (2, 3, 4):
        made.default = _simple(draw, variables.known, about, bare)
    if form in (0, 1, 2):
        made.value = _simple(draw, variables.known, about, bare)
    elif form in (4, 5):  # the other forms leave it out
        made.value = None
    if one_in(draw, 40):
        made.value = pick(draw, (None, Absent) if form in (0, 1) and one_in(draw, 2) else UNFIT)
    variables.made.append(made)
    return made


def _simple(draw: Draw[Any], known: Known, about: About, kind: Any) -> object:
    return _literal(draw, None, about, kind, 0, known)


def _literal(
    draw: Draw[Any],
    variables: Variables | None,
    about: About,
    kind: Any,
    depth: int,
    known: Known | None = None,
) -> object:
    known = known or (variables.known if variables else None)
    assert known is not None
    if not is_non_null_type(kind) and depth and one_in(draw, 12):
        return None
    bare: Any = get_nullable_type(kind)
    if is_list_type(bare):
        if one_in(draw, 5):  # a single value stands for a list of it
            return _literal(draw, variables, about, get_nullable_type(bare.of_type), depth, known)
        wanted = range(draw(below(4)))
        return [_item(draw, variables, about, bare.of_type, depth, known) for _ in wanted]
    if isinstance(bare, GraphQLInputObjectType):
        return draw(_fields(variables, about, bare, depth, known))
    if isinstance(bare, GraphQLEnumType):
        return Word(pick(draw, list(bare.values)))
    return _scalar(draw, bare.name, about, known)


def _item(
    draw: Draw[Any], variables: Variables | None, about: About, kind: Any, depth: int, known: Known
) -> object:
    if variables is not None and one_in(draw, 8):
        return draw(_variable(variables, about, kind, False))
    return _literal(draw, variables, about, kind, depth + 1, known)


@st.composite
def _fields(
    draw: Draw[Any],
    variables: Variables | None,
    about: About,
    kind: GraphQLInputObjectType,
    depth: int,
    known: Known,
) -> object:
    """An input object: what it must have, and some of what it may have; seldom deeper than is taken."""
    itself = [name for name, inner in kind.fields.items() if get_nullable_type(inner.type) is kind]
    if itself and one_in(draw, 60):
        return _nested({}, itself[0], DEEP)
    asked = [name for name, inner in kind.fields.items() if _required(inner)]
    others = [name for name in kind.fields if name not in asked]
    while others and draw(below(2 + depth)) == 0 and len(asked) < 6:
        asked.append(others.pop(draw(below(len(others)))))
    made: dict[str, object] = {}
    for name in asked:
        inner = kind.fields[name]
        value = _inner(draw, variables, about.within(name), inner, depth + 1, known)
        made[name] = value
    return made


def _inner(
    draw: Draw[Any],
    variables: Variables | None,
    about: About,
    asked: GraphQLInputField,
    depth: int,
    known: Known,
) -> object:
    if variables is not None and one_in(draw, 5):
        default = asked.default_value not in (Undefined, None)
        return draw(_variable(variables, about, asked.type, default))
    return _literal(draw, variables, about, asked.type, depth, known)


def _required(asked: GraphQLInputField) -> bool:
    return is_non_null_type(asked.type) and asked.default_value is Undefined


def _nested(inner: object, name: str, times: int) -> object:
    for _ in range(times):
        inner = {name: inner}
    return inner


def _scalar(draw: Draw[Any], kind: str, about: About, known: Known) -> object:
    rare: Mapping[str, Sequence[Any]] = {
        "Position": BEYOND,
        "DateTime": NO_MOMENTS,
    }
    usual: Mapping[str, Sequence[Any]] = {
        "Int": SIZES if about.name in ("first", "last") else INTEGERS,
        "Boolean": (True, False),
        "Float": (0, 1.5, -1e10),
        "Position": known.sizes if about.name in ("since", "until") else known.positions,
        "DateTime": MOMENTS,
        "Date": ("2026-03-02", "1900-01-01"),
        "JSON": (None, {"a": [1, "b"]}),
    }
    if kind not in usual:
        return _text(draw, about, known)
    return pick(draw, rare[kind] if kind in rare and one_in(draw, 16) else usual[kind])


def _text(draw: Draw[Any], about: About, known: Known) -> str:
    """A text: mostly one that fits, sometimes one that means something else or nothing."""
    form = draw(below(20))
    if form == 19:
        return pick(draw, ODD)
    if about.name in ("after", "before"):
        return _cursor(draw, about, known, right=form != 18)
    if about.name == "secret":
        return pick(draw, secrets_of(_meant(about.beside.get("id"))))
    fitting = known.every_id if form == 18 else known.fitting(about.name, about.kind)
    return pick(draw, fitting or ODD)


def _cursor(draw: Draw[Any], about: About, known: Known, *, right: bool) -> str:
    order = _meant(about.beside.get("orderBy"))
    usual = next((name for field, name in known.cursors if field == about.of), "")
    of_list = known.cursors.get((about.of, str(order or usual)), ())
    others = [cursors[0] for cursors in known.cursors.values() if cursors]
    found = of_list if right and of_list else [*others, *[cursor[:-1] for cursor in others]]
    return pick(draw, found)


def _meant(value: object) -> object:
    return value.meant if isinstance(value, Variable) else value
