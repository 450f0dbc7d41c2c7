"""Random documents of the real schema: valid by construction, whatever the schema holds.

Selections that may be merged stand at one place of the answer; a `Place` knows what stands there under which
key, so that no two selections contradict each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, TypeAlias

from graphql import (
    GraphQLArgument,
    GraphQLBoolean,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLUnionType,
    Undefined,
    get_named_type,
    get_nullable_type,
    is_abstract_type,
    is_composite_type,
    is_list_type,
)
from hypothesis import strategies as st

from chuishao.graphql.endpoint.cost import LIST_ROWS
from tests.compiled.coverage import reachable
from tests.compiled.known import TYPES, Known
from tests.compiled.values import (
    About,
    Draw,
    Variable,
    Variables,
    argument,
    below,
    literal,
    one_in,
    pick,
)

Selected: TypeAlias = GraphQLObjectType | GraphQLInterfaceType | GraphQLUnionType
CELLS = 200
"""Values that most answers are expected to show at most."""
DEEPEST = 9
WIDEST = 9
WINDOW = ("first", "after", "last", "before")
ALIASES = ("a", "b", "_", "number", "status", "code", "nodes", "cases", "__a")
FLAG = GraphQLArgument(GraphQLNonNull(GraphQLBoolean))


@dataclass(frozen=True)
class Document:
    """A document with what it is sent with: the operation's name, and one set of variables or two."""

    text: str
    operation: str | None
    variables: tuple[dict[str, Any], ...]


@dataclass
class Place:
    """What stands at one place of the answer, by its key."""

    slots: dict[str, Slot] = field(default_factory=dict)

    def takes(self, key: str, slot: Slot) -> bool:
        """Whether a key is free here, or stands for the same."""
        return key not in self.slots or self.slots[key].same_as(slot)

    def put(self, key: str, slot: Slot) -> Place:
        """Take a key; give the place within it."""
        return self.slots.setdefault(key, Slot(slot.head, slot.parent, slot.name, slot.rows)).inside

    def fits(self, other: Place) -> bool:
        """Whether everything that stands at another place may stand here too."""
        return all(
            self.takes(key, slot) and (key not in self.slots or self.slots[key].inside.fits(slot.inside))
            for key, slot in other.slots.items()
        )

    def merge(self, other: Place) -> None:
        """Let everything of another place stand here too."""
        for key, slot in other.slots.items():
            self.put(key, slot).merge(slot.inside)


@dataclass
class Slot:
    """A field with its arguments, and what stands within it."""

    head: str
    parent: Selected
    name: str
    rows: int
    inside: Place = field(default_factory=Place)

    def same_as(self, other: Slot) -> bool:
        """Whether both show the same thing in the same form."""
        return self.head == other.head and str(self.field.type) == str(other.field.type)

    @property
    def field(self) -> GraphQLField:
        """The field."""
        return fields_of(self.parent)[self.name]


@dataclass(frozen=True)
class Fragment:
    """A named fragment, finished."""

    name: str
    on: str
    text: str
    place: Place
    cells: int


@dataclass
class Draft:
    """A document while it is written."""

    known: Known
    variables: Variables
    cells: int
    focus: str
    """The type that the document leads to, sooner or later."""
    fragments: list[Fragment] = field(default_factory=list)
    needed: dict[tuple[str, str], list[object]] = field(default_factory=dict)
    """What was given where something must be, by the type that is asked for and the argument."""
    keys: int = 0

    def fresh(self) -> str:
        """A key that stands nowhere."""
        self.keys += 1
        return f"k{self.keys}"


@dataclass(frozen=True)
class Spot:
    """Where a selection is written: of which type, at which places, how deep, for how many rows."""

    kind: Selected
    places: Sequence[Place]
    depth: int = 1
    rows: int = 1

    def of(self, kind: Selected, *more: Place) -> Spot:
        """The same spot under a type condition, at further places."""
        return Spot(kind, [*self.places, *more], self.depth, self.rows)


@st.composite
def documents(draw: Draw[Any], known: Known) -> Document:
    """A document, and the variables and the operation's name that go with it."""
    size, focus = pick(draw, (CELLS, CELLS // 3, CELLS, 10 * CELLS)), pick(draw, list(_SHOWN))
    draft = Draft(known, Variables(known), size, focus)
    query = TYPES.query_type
    assert query is not None
    text = draw(_selections(draft, Spot(query, [Place()])))
    if one_in(draw, 40):
        text = text[:-1] + pick(draw, _ODD_ROOTS) + " }"
    written = draft.variables.written()
    name = "Q" if written or one_in(draw, 3) else ""
    head = f"query {name}({written}) " if written else f"query {name} " if name else ""
    fragments = [f"fragment {one.name} on {one.on} {one.text}" for one in draft.fragments]
    given = (draft.variables.given(), *([_others(draw, draft)] if written and one_in(draw, 3) else []))
    if name and one_in(draw, 20):
        return Document("\n".join([*fragments, "query Other { __typename }", head + text]), name, given)
    return Document("\n".join([head + text, *fragments]), None, given)


def _others(draw: Draw[Any], draft: Draft) -> dict[str, Any]:
    """Other values for the variables, some of them."""
    drawn = [one.with_another_value(draw, draft.known) for one in draft.variables.made]
    return Variables(draft.known, drawn).given()


@st.composite
def _selections(draw: Draw[Any], draft: Draft, spot: Spot) -> str:
    """A selection set."""
    chosen = [draw(_selection(draft, spot))]
    if spot.kind.name == draft.focus and one_in(draw, 2):
        chosen.append(_block(draw, draft, spot))
    odds = 2 if spot.depth == 1 else 4 if spot.depth < 4 else 3
    while len(chosen) < WIDEST and draft.cells > 0 and draw(below(odds)):
        chosen.append(draw(_selection(draft, spot)))
    return "{ " + " ".join(chosen) + " }"


@st.composite
def _selection(draw: Draw[Any], draft: Draft, spot: Spot) -> str:
    """One selection: a field most of the time."""
    forms = _FORMS_OF_MANY if is_abstract_type(spot.kind) else _FORMS
    return pick(draw, forms if draft.cells > 0 else forms[:11])(draw, draft, spot)


def _typename(draw: Draw[Any], draft: Draft, _spot: Spot) -> str:
    draft.cells -= 1
    return "__typename" + _directives(draw, draft)


def _field(draw: Draw[Any], draft: Draft, spot: Spot) -> str:
    """A field with its arguments, under its name or an alias."""
    leaves, objects = _named_fields(spot.kind)
    objects = [name for name in objects if _dear(spot, name) <= draft.cells and spot.depth < DEEPEST]
    mood = draw(below(48))  # one draw for three things that are rare
    onward = mood % 3 == 2 or (not leaves and mood % 2 == 1)
    closer = [name for name in _toward(spot.kind, draft.focus) if name in objects]
    choices = closer if onward and closer else [*leaves, *objects]
    if not choices:
        return _typename(draw, draft, spot)
    name = pick(draw, choices)
    asked = fields_of(spot.kind)[name]
    given = _arguments(draw, draft, name, asked)
    arguments = ", ".join(f"{key}: {literal(value)}" for key, value in given.items())
    slot = Slot(f"{name}({arguments})" if given else name, spot.kind, name, spot.rows * _rows(asked, given))
    key = pick(draw, (*ALIASES, *leaves)) if mood % 8 == 7 else name
    if not spot.places[0].takes(key, slot):
        key = draft.fresh()
    return _written(draw, draft, spot, key, slot, _directives(draw, draft, mood // 6 == 7))


def _block(draw: Draw[Any], draft: Draft, spot: Spot) -> str:
    """Most of the plain fields under their names, as a page shows them."""
    written = []
    for name in _named_fields(spot.kind)[0]:
        slot = Slot(name, spot.kind, name, spot.rows)
        if draw(below(4)) and not slot.field.args and spot.places[0].takes(name, slot):
            written.append(_written(draw, draft, spot, name, slot, ""))
    return " ".join(written) or _field(draw, draft, spot)


def _again(draw: Draw[Any], draft: Draft, spot: Spot) -> str:
    """A field that stands here already, to be merged."""
    here = [(key, slot) for key, slot in spot.places[0].slots.items() if slot.parent is spot.kind]
    if not here:
        return _field(draw, draft, spot)
    key, slot = pick(draw, here)
    return _written(draw, draft, spot, key, slot, "")


def _written(draw: Draw[Any], draft: Draft, spot: Spot, key: str, slot: Slot, directives: str) -> str:
    inside = [place.put(key, slot) for place in spot.places]
    text = (slot.head if key == slot.name else f"{key}: {slot.head}") + directives
    draft.cells -= spot.rows
    kind: Any = get_named_type(slot.field.type)
    if not is_composite_type(kind):
        return text
    return f"{text} {draw(_selections(draft, Spot(kind, inside, spot.depth + 1, slot.rows)))}"


def _inline(draw: Draw[Any], draft: Draft, spot: Spot) -> str:
    """An inline fragment, with a type condition or without."""
    conditions = _conditions(spot.kind)
    kind = pick(draw, conditions)
    condition = "" if kind is spot.kind and one_in(draw, 2) else f" on {kind.name}"
    return f"...{condition}{_directives(draw, draft)} {draw(_selections(draft, spot.of(kind)))}"


def _named(draw: Draw[Any], draft: Draft, spot: Spot) -> str:
    """A named fragment, made for this spot."""
    kind, own, before = pick(draw, _conditions(spot.kind)), Place(), draft.cells
    text = draw(_selections(draft, spot.of(kind, own)))
    name = f"F{len(draft.fragments)}"
    draft.fragments.append(Fragment(name, kind.name, text, own, (before - draft.cells) // spot.rows))
    return f"...{name}{_directives(draw, draft)}"


def _spread(draw: Draw[Any], draft: Draft, spot: Spot) -> str:
    """A fragment that was made for another spot, or for this one."""
    conditions = {kind.name for kind in _conditions(spot.kind)}
    fitting = [
        one
        for one in draft.fragments
        if one.on in conditions and one.cells * spot.rows <= draft.cells and spot.places[0].fits(one.place)
    ]
    if not fitting:
        return _field(draw, draft, spot)
    chosen = pick(draw, fitting)
    for place in spot.places:
        place.merge(chosen.place)
    draft.cells -= chosen.cells * spot.rows
    return f"...{chosen.name}{_directives(draw, draft)}"


def _directives(draw: Draw[Any], draft: Draft, wanted: bool | None = None) -> str:
    """Nothing most of the time; or what leaves the selection out, or does not."""
    if not (one_in(draw, 8) if wanted is None else wanted):
        return ""
    names = pick(draw, (["include"], ["skip"], ["skip", "include"]))
    about = About("", "", "if")
    return "".join(f" @{name}(if: {literal(draw(argument(draft.variables, about, FLAG)))})" for name in names)


def _arguments(draw: Draw[Any], draft: Draft, name: str, asked: GraphQLField) -> dict[str, object]:
    """What a field must be given, and some of what it may be given."""
    given: dict[str, object] = {}
    if not asked.args:
        return given
    kind = get_named_type(asked.type).name
    paged = set(WINDOW) <= asked.args.keys()
    free = [one for one in asked.args if not (paged and one in WINDOW)]
    moods = draw(below(4 ** len(free)))  # one draw for all, each given once in four times
    wanted = [one for at, one in enumerate(free) if _needed(asked.args[one]) or moods >> 2 * at & 3 == 3]
    for one in [*wanted, *(pick(draw, _WINDOWS) if paged else ())]:
        about, before = About(name, kind, one, given), draft.needed.setdefault((kind, one), [])
        if before and one_in(draw, 3):  # the same thing is asked for beside itself, with other arguments
            given[one] = pick(draw, before)
            continue
        given[one] = draw(argument(draft.variables, about, asked.args[one]))
        if _needed(asked.args[one]):
            before.append(given[one])
    return given


def _needed(asked: GraphQLArgument) -> bool:
    return isinstance(asked.type, GraphQLNonNull) and asked.default_value is Undefined


_FORMS = [_field] * 9 + [_block, _typename, _inline, _inline, _named, _spread, _again]
_FORMS_OF_MANY = [_field, *[_inline] * 5, *_FORMS[6:]]
"""How something is selected of what may be of several types."""
_WINDOWS: Sequence[Sequence[str]] = (
    (),
    ("first",),
    ("first",),
    ("first", "after"),
    ("first", "after"),
    ("last",),
    ("last", "before"),
    ("after",),
    ("first", "before"),
    WINDOW,
)


def _rows(asked: GraphQLField, given: dict[str, object]) -> int:
    """How many rows a field may show."""
    sizes = [one.meant if isinstance(one, Variable) else one for one in map(given.get, ("first", "last"))]
    asked_for = [size for size in sizes if isinstance(size, int) and 0 <= size <= 100]
    if {"first"} <= asked.args.keys():
        return max(1, *asked_for) if asked_for else 20
    return LIST_ROWS if is_list_type(get_nullable_type(asked.type)) and not _of_page(asked) else 1


def _dear(spot: Spot, name: str) -> int:
    """How many rows of a field are to be expected."""
    return spot.rows * _rows(fields_of(spot.kind)[name], {})


def _of_page(asked: GraphQLField) -> bool:
    """Whether these are the rows of a page, which are counted already."""
    return str(asked.type) in _PAGES


def fields_of(kind: Selected) -> dict[str, GraphQLField]:
    """The fields of a type; none of a union."""
    return {} if isinstance(kind, GraphQLUnionType) else kind.fields


@cache
def _named_fields(kind: Selected) -> tuple[list[str], list[str]]:
    """The names of the plain fields of a type, and of those with fields of their own."""
    fields = fields_of(kind)
    leaves = [name for name, one in fields.items() if not is_composite_type(get_named_type(one.type))]
    return leaves, [name for name in fields if name not in leaves]


@cache
def _toward(kind: Selected, focus: str) -> list[str]:
    """The fields of a type that lead the shortest way to another one, or to itself again."""
    far = _distances(focus)
    away = {
        name: far.get(get_named_type(fields_of(kind)[name].type).name, 99) for name in _named_fields(kind)[1]
    }
    return [name for name, steps in away.items() if steps == min(away.values())]


@cache
def _distances(focus: str) -> dict[str, int]:
    """How many fields lie between each type and this one, at least."""
    far = {focus: 0}
    for steps in range(DEEPEST):
        for name, kind in _SHOWN.items():
            targets = [target for one in fields_of(kind).values() for target in _possible(one.type)]
            if name not in far and any(far.get(target) == steps for target in targets):
                far[name] = steps + 1
    return far


def _possible(shown: Any) -> list[str]:
    """The names of the types that something of this type may be."""
    kind: Any = get_named_type(shown)
    return [one.name for one in TYPES.get_possible_types(kind)] if is_abstract_type(kind) else [kind.name]


@cache
def _conditions(kind: Selected) -> list[Selected]:
    """The type conditions under which something may be selected: its own type first."""
    if isinstance(kind, GraphQLObjectType):
        return [kind, kind, *kind.interfaces]
    return [*TYPES.get_possible_types(kind), kind]


_SHOWN: dict[str, Selected] = {
    name: kind
    for name in sorted({field.partition(".")[0] for field in reachable()})
    if isinstance(kind := TYPES.type_map[name], Selected)
}
"""Every type that a query can show something of."""
_PAGES = {
    str(fields_of(kind)[name].type)
    for kind in _SHOWN.values()
    if kind.name.endswith("Connection")
    for name in ("edges", "nodes")
}
_ODD_ROOTS = (
    '__type(name: "Case") { name kind fields { name } }',
    "__schema { queryType { name } }",
    " ".join(f"x{number}: __typename" for number in range(60)),
    'deep: division(code: "120101001001") ' + "{ parent " * 16 + "{ id }" + " }" * 16,
)
"""What looks into the schema, and what asks for too much."""
