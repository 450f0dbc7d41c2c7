"""字段来源 Where the fields of the schema's types come from, each said once.

A field made here works in two ways: the ordinary executor resolves it from a row, with loaders, and compiled
reads (graphql/compiled) take what it needs into their one statement. A field with a resolver of its own and
nothing else is left to the executor, together with the whole operation.
"""

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import cached_property
from operator import attrgetter
from typing import Any, TypeAlias
from uuid import UUID

import strawberry

from chuishao.domain.actor import Actor
from chuishao.domain.sight import Reading, shown_of_case, shown_of_place
from chuishao.graphql import enums
from chuishao.graphql.context import Context, Info
from chuishao.graphql.links import Link

assert enums.NAMES, "importing the module registers the enums, before any type names one"

RULE = "reads"
"""The key in a field's metadata of the rule by which it is shown; without it the type's rule holds."""
SOURCE = "source"
"""The key of where it comes from; without it, and without a resolver, from the column of its own name."""


@dataclass(frozen=True)
class Computed:
    """A pure function of the columns that its parameters name.

    A parameter `context` is given the operation's context, `policies` the policies known by now.
    """

    function: Callable[..., Any]

    @cached_property
    def needs(self) -> tuple[str, ...]:
        """Its parameters, in order."""
        return tuple(inspect.signature(self.function).parameters)

    @property
    def by_policy(self) -> bool:
        """Whether it asks the policies."""
        return "policies" in self.needs

    async def of(self, root: Any, info: Info) -> Any:
        """What it gives for a row, where it asks the policies."""
        policies = await info.context.loaders.policies.load(None)
        return self._called(root, info.context, policies)

    def at_once(self, root: Any, info: Info) -> Any:
        """What it gives for a row."""
        return self._called(root, info.context, None)

    def _called(self, root: Any, context: Context, policies: Any) -> Any:
        given = {"context": context, "policies": policies}
        return self.function(*(given[name] if name in given else getattr(root, name) for name in self.needs))


@dataclass(frozen=True)
class Linked:
    """The row or rows that a link finds from the column `by`.

    `read` makes the key of the column's value; `through` makes what is shown of all the rows.
    """

    link: Link
    by: str
    read: Callable[[Any], Any] | None = None
    through: Callable[[list[Any]], Any] | None = None
    flag: tuple[str, str] | None = None
    """An argument that is true or false, and the condition that holds unless it is true."""

    def key(self, root: Any) -> Any:
        """What to look for."""
        value = getattr(root, self.by)
        return value if self.read is None or value is None else self.read(value)


@dataclass(frozen=True)
class Sealed:
    """Personal text in the column `name`; shown where `shown` says so."""

    name: str
    shown: Computed


@dataclass(frozen=True)
class Masked:
    """The column `name` for those whom the rule shows it, and null for others.

    It belongs to a case; where the column `of` is named and null, to the row's place.
    """

    name: str
    rule: Reading
    of: str | None = None

    def shown(self, root: Any, actor: Actor) -> bool:
        """Whether somebody who sees the row is shown it."""
        if self.of is None or getattr(root, self.of) is not None:
            return shown_of_case(actor, self.rule)
        return shown_of_place(actor, self.rule, root.place)


@dataclass(frozen=True)
class Counted:
    """A number that SQL over `{row}` and `{now}` gives for a row, and the loader that does so for many."""

    loader: str
    by: str
    sql: str


@dataclass(frozen=True)
class Same:
    """The row itself, or its attribute, as another type."""

    attribute: str | None = None


@dataclass(frozen=True)
class Recorded:
    """What an event says: its own fields, the sealed texts among them opened for those who may see them."""


Source: TypeAlias = Computed | Linked | Sealed | Masked | Counted | Same | Recorded


def column(description: str, **options: Any) -> Any:
    """A field that is the row's column of the same name."""
    return strawberry.field(description=description, **options)


def computed(description: str, rule: Reading | None = None) -> Callable[[Callable[..., Any]], Any]:
    """A field that is a function of the columns that the function's parameters name."""

    def made(function: Callable[..., Any]) -> Any:
        source = Computed(function)
        resolve = source.of if source.by_policy else source.at_once
        return _field(description, source, resolve, _returned(function), function.__module__, rule)

    return made


def _returned(function: Callable[..., Any]) -> Any:
    return function.__annotations__["return"]


def _field(
    description: str,
    source: Source,
    resolve: Callable[[Any, Info], Any],
    returns: Any = inspect.Signature.empty,
    module: str = __name__,
    rule: Reading | None = None,
) -> Any:
    """A field with a source; its type is what is returned, or else that of the class attribute."""

    def resolver(root: Any, info: Any) -> Any:
        return resolve(root, info)

    resolver.__module__ = module  # where the annotations of what it returns are known
    resolver.__annotations__ = {"root": strawberry.Parent[Any], "info": Info}  # type: ignore[misc]
    if returns is not inspect.Signature.empty:
        resolver.__annotations__["return"] = returns
    metadata: dict[Any, Any] = {SOURCE: source} | ({} if rule is None else {RULE: rule})
    return strawberry.field(resolver=resolver, description=description, metadata=metadata)


def same(description: str, attribute: str | None = None) -> Any:
    """A field that shows the row itself as another type."""
    get = attrgetter(attribute) if attribute else None
    return _field(description, Same(attribute), lambda root, _info: get(root) if get else root)


def one(description: str, link: Link, by: str, read: Callable[[Any], Any] | None = None) -> Any:
    """A field that is the row which a link finds, or null."""
    source = Linked(link, by, read)

    async def resolve(root: Any, info: Info) -> Any:
        key = source.key(root)
        return None if key is None else await info.context.loaders.of(link).load(key)

    return _field(description, source, resolve)


def many(description: str, link: Link, by: str, through: Callable[[list[Any]], Any] | None = None) -> Any:
    """A field that is all the rows which a link finds, in its order; or what `through` makes of them."""

    async def resolve(root: Any, info: Info) -> Any:
        rows = await info.context.loaders.of(link).load(getattr(root, by))
        return info.context.spend(rows) if through is None else through(rows)

    return _field(description, Linked(link, by, through=through), resolve)


def masked(description: str, name: str, rule: Reading, of: str | None = None) -> Any:
    """A field that is the column `name` for those whom a rule shows it, and null for others."""
    source = Masked(name, rule, of)

    def resolve(root: Any, info: Info) -> Any:
        return getattr(root, name) if source.shown(root, info.context.actor) else None

    return _field(description, source, resolve, rule=rule)


def counted(description: str, loader: str, by: str, sql: str) -> Any:
    """A field that is a count which a loader makes for many rows, and SQL for one."""

    async def resolve(root: Any, info: Info) -> Any:
        return await getattr(info.context.loaders, loader).load(getattr(root, by))

    return _field(description, Counted(loader, by, sql), resolve)


def with_source(
    source: Source, resolve: Callable[[Any, Info], Awaitable[Any]], description: str, rule: Reading | None
) -> Any:
    """A field with a source, and its own way to resolve it."""
    return _field(description, source, resolve, rule=rule)


def uuid_or_none(text: str) -> UUID | None:
    """An identifier where a text is one: actors have identifiers of any form."""
    try:
        return UUID(text)
    except ValueError:
        return None
