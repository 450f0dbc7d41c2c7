"""From a validated document to the text of its answer, without the executor.

A plan is made for a document once, and for each kind of reader that asks it: the role, how far the scope
reaches, and what `@skip` and `@include` leave over. Whatever it does not understand, whatever is refused and
whatever goes wrong is left to the executor, so that errors are told in one place.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from graphql import DocumentNode, GraphQLObjectType, OperationDefinitionNode, OperationType
from strawberry import Schema

from chuishao.domain.refusal import Refusal
from chuishao.eventlog.connection import Unavailable
from chuishao.eventlog.failure import kind as kind_of
from chuishao.graphql.compiled.mutation import MutationPlan, plan_mutation
from chuishao.graphql.compiled.roots import Maker, Root
from chuishao.graphql.compiled.run import Run
from chuishao.graphql.compiled.selection import Selected, Selections, condition_variables, fragments_of
from chuishao.graphql.compiled.unplanned import Unplanned
from chuishao.graphql.compiled.variables import Given, variables_of
from chuishao.graphql.context import Context
from chuishao.graphql.endpoint.errors import ApiError
from chuishao.graphql.endpoint.trace import includes
from chuishao.graphql.policies import Policies
from chuishao.graphql.types.fields import SOURCE
from chuishao.projections.policybook import policy_book

logger = logging.getLogger("chuishao.compiled")
Part: TypeAlias = Root | str
"""A root field, or the text of one that is the same for everybody, with its key."""
_VARIANTS = 64
"""Kinds of readers, and of what is left out, that are remembered of one document."""


@dataclass
class Plan:
    """A document's operation, ready to be answered."""

    schema: Schema
    document: DocumentNode
    operation: OperationDefinitionNode
    variables: Callable[[Given], dict[str, Any]]
    conditions: tuple[str, ...]
    variants: dict[tuple[Any, ...], list[Part] | None] = field(default_factory=dict)

    async def answer(self, given: Mapping[str, Any] | None, context: Context) -> str | None:
        """The answer's data as JSON; None where the executor is to answer."""
        proven = context.proven
        try:
            variables = self.variables(given or {})
            parts = self.parts(context, variables)
            if parts is not None:
                return await self._run(parts, context, variables)
        except (Unplanned, Refusal, ApiError, Unavailable):
            pass
        except Exception as error:
            logger.warning("a compiled read failed and is left to the executor: %s", kind_of(error))
        context.restart(proven)
        return None

    def parts(self, context: Context, variables: dict[str, Any]) -> list[Part] | None:
        """The parts of the answer for readers of this kind; None where they cannot be compiled."""
        actor = context.actor
        reach = actor.scope and "within"  # None is nowhere, "" everywhere
        key = (actor.role, reach, *map(variables.get, self.conditions))
        if key not in self.variants:
            if len(self.variants) >= _VARIANTS:
                self.variants.clear()
            self.variants[key] = self._compiled(context, variables)
        return self.variants[key]

    def _compiled(self, context: Context, variables: dict[str, Any]) -> list[Part] | None:
        fragments = fragments_of(self.document)
        schema = self.schema._schema
        given = {name: variables[name] for name in self.conditions if name in variables}
        selections = Selections(schema, fragments, given)
        registry = self.schema.schema_converter.scalar_registry
        maker = Maker(selections, context, registry, context.services.log.id)
        kind = schema.query_type
        assert kind is not None
        parts: list[Part] = []
        try:
            for selected in selections.fields(kind, [self.operation.selection_set]):
                if selected.name == "__typename":
                    parts.append(f'"{selected.key}":"{kind.name}"')
                    continue
                parts.append(maker.root(kind, selected, _source(kind, selected)))
        except Unplanned:
            return None
        except Exception as error:
            logger.warning("a document could not be planned and is left to the executor: %s", kind_of(error))
            return None
        return parts

    async def _run(self, parts: list[Part], context: Context, variables: dict[str, Any]) -> str:
        run, written = Run(context), []
        context.require_own()
        asked = [(part, part.arguments(variables)) for part in parts if isinstance(part, Root)]
        if len(asked) > 1 and any(arguments.get("secret") is not None for _, arguments in asked):
            raise Unplanned  # what one field proves, the executor shows to those that run beside it
        for _, arguments in asked:
            await _reach(context, arguments, alone=len(parts) == 1)
        given = iter(asked)
        for part in parts:
            if isinstance(part, str):
                written.append(part)
            else:
                _, arguments = next(given)
                written.append(f'"{part.key}":{await _written(part, run, arguments, variables)}')
        return f"{{{','.join(written)}}}"


def _source(kind: GraphQLObjectType, selected: Selected) -> Any:
    """Where a field of the query type comes from; those that look into the schema are in no type."""
    if selected.name not in kind.fields:
        raise Unplanned
    return kind.fields[selected.name].extensions["strawberry-definition"].metadata.get(SOURCE)


async def _written(root: Root, run: Run, arguments: dict[str, Any], variables: dict[str, Any]) -> str:
    """The text of a root field."""
    services = run.context.services
    async with services.lane() as connection:
        write, policy = await root.fetch(connection, run.context, arguments, variables)
        if policy is not None:
            run.policies = Policies(await policy_book(connection, services.log, policy))
        rows = run.context.rows
        text = write(run)
        if run.wanted:
            run.context.rows = rows
            opened = await services.log.keyring.open(connection, run.wanted)
            run.opened |= {sealed: opened.get(sealed) for sealed in run.wanted}
            run.wanted.clear()
            text = write(run)
        return text


async def _reach(context: Context, arguments: dict[str, Any], *, alone: bool) -> None:
    """Wait for the position that a root field asks for."""
    position = arguments.get("at_least")
    if position:
        await context.at_least(position)
        if alone:
            includes(position)


def plan(
    schema: Schema, document: DocumentNode, operation: OperationDefinitionNode
) -> Plan | MutationPlan | None:
    """A plan for a query or a mutation; None for other operations."""
    if operation.operation is OperationType.MUTATION:
        return plan_mutation(schema, document, operation)
    if operation.operation is not OperationType.QUERY:
        return None
    conditions = condition_variables(operation, fragments_of(document))
    return Plan(schema, document, operation, variables_of(schema._schema, operation), conditions)
