"""From the text of a request to its result: parse, measure and validate once, then execute.

Results are dictionaries ready for JSON. One without `data` says that nothing was executed.
"""

import asyncio
import json
import math
from collections import OrderedDict
from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeAlias, TypeGuard, cast

import strawberry
from graphql import (
    DocumentNode,
    ExecutionResult,
    Executor,
    FieldNode,
    GraphQLError,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    OverlappingFieldsCanBeMergedRule,
    create_source_event_stream,
    execute,
    execute_subscription_event,
    map_source_to_response_event,
    specified_rules,
    validate,
)
from graphql.execution.values import get_argument_values, get_variable_values
from starlette.requests import HTTPConnection
from strawberry.execution import optimized_is_awaitable
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule

from chuishao.domain.phrase import Phrase
from chuishao.eventlog.connection import OutOfTime
from chuishao.eventlog.mapper import RecordedEvent
from chuishao.graphql.endpoint.cost import Tariff
from chuishao.graphql.endpoint.documents import Documents, identity, names_document
from chuishao.graphql.endpoint.errors import (
    ApiError,
    JsonObject,
    RequestRefused,
    failed,
    field_failed,
    refused,
)
from chuishao.graphql.endpoint.group import Push
from chuishao.graphql.endpoint.introspection import introspects
from chuishao.graphql.endpoint.limits import Limits
from chuishao.graphql.endpoint.measure import BoundedOverlapRule, exceeded, parse_within
from chuishao.graphql.endpoint.observation import Observer, current
from chuishao.graphql.endpoint.sharing import Sharing, may_be_shared, shared_variables
from chuishao.graphql.endpoint.trace import with_trace
from chuishao.graphql.endpoint.validation import together
from chuishao.graphql.endpoint.written import Result, Written, written

Kind: TypeAlias = Literal["query", "mutation", "subscription"]

MakeContext: TypeAlias = Callable[
    [HTTPConnection, Mapping[str, object] | None, str | None], Awaitable[object]
]
"""Called for each operation with the connection, a socket's init payload, and an event stream's last id."""

Lifetime: TypeAlias = Callable[[object], float | None]
"""The seconds for which a context stays valid, or None where it does not expire."""

_RULES = (
    together(
        (
            *(
                BoundedOverlapRule if rule is OverlappingFieldsCanBeMergedRule else rule
                for rule in specified_rules
            ),
            MaybeNullValidationRule,
            OneOfInputValidationRule,
        )
    ),
)
_is_awaitable = cast(Callable[[Any], TypeGuard[Awaitable[Any]]], optimized_is_awaitable)
_VALIDATION_ERRORS = 5  # each may look for similar names in the whole schema, which takes ten milliseconds
_BYTES_A_TOKEN = 550  # measured: tokens and nodes of a parsed document


@dataclass(frozen=True, slots=True)
class GraphQLRequest:
    """One request in the words of the GraphQL-over-HTTP specification."""

    query: str
    operation_name: str | None = None
    variables: dict[str, Any] | None = None
    extensions: dict[str, Any] | None = None
    document_id: str | None = None

    @classmethod
    def from_json(cls, value: object) -> "GraphQLRequest":
        """The request in a parsed JSON body or message; raises ApiError BAD_REQUEST."""
        if not isinstance(value, dict):
            raise _bad(
                "A request must be one JSON object; batches are not supported.",
                "请求须为一个 JSON 对象；不支持批量。",
            )
        query, name = value.get("query"), value.get("operationName")
        variables, extensions = value.get("variables"), value.get("extensions")
        document = value.get("documentId")
        if query is None and names_document(value):
            query = ""
        if not isinstance(query, str):
            raise _bad(
                "`query` must be a string with a GraphQL document.", "`query` 须为含 GraphQL 文档的字符串。"
            )
        if document is not None and (query or not isinstance(document, str)):
            raise _bad(
                "`documentId` must be a string, and stands in place of `query`.",
                "`documentId` 须为字符串，并代替 `query`。",
            )
        if name is not None and not isinstance(name, str):
            raise _bad("`operationName` must be a string.", "`operationName` 须为字符串。")
        if variables is not None and not isinstance(variables, dict):
            raise _bad("`variables` must be an object.", "`variables` 须为对象。")
        if extensions is not None and not isinstance(extensions, dict):
            raise _bad("`extensions` must be an object.", "`extensions` 须为对象。")
        return cls(query, name or None, variables, extensions, document)


def _bad(en: str, zh: str) -> ApiError:
    return ApiError(Phrase(en, zh), "BAD_REQUEST")


class DataText(str):
    """The data of an answer as JSON text."""

    __slots__ = ()


class Planned(Protocol):
    """A way to answer an operation without the executor."""

    async def answer(self, given: Mapping[str, Any] | None, context: Any) -> str | None:
        """The data as JSON; None where the executor is to answer."""


Directive: TypeAlias = Callable[[Any, Mapping[str, Any]], Awaitable[None]]
"""What a directive of an operation does to its context, given its arguments, before anything is executed."""

Planner: TypeAlias = Callable[[DocumentNode, OperationDefinitionNode], Planned | None]
"""Plans the operations of a document once."""


@dataclass(frozen=True, eq=False)
class Operation:
    """One operation of a valid document; the same object for every request with the same text."""

    document: DocumentNode
    definition: OperationDefinitionNode
    kind: Kind
    name: str | None
    tariff: Tariff
    document_id: str
    """The document's identifier: `sha256:` and its hash."""
    plan: Planned | None = None

    @property
    def single(self) -> bool:
        """Whether it has one root field, so that nothing is read beside it."""
        selections = self.definition.selection_set.selections
        return len(selections) == 1 and isinstance(selections[0], FieldNode)


class Engine:
    """Executes requests on one strawberry schema, remembering what it learnt about each document."""

    def __init__(
        self,
        schema: strawberry.Schema,
        *,
        limits: Limits | None = None,
        observers: Sequence[Observer] = (),
        introspection: bool = True,
        documents: Documents | None = None,
        planner: Planner | None = None,
        shares: bool = True,
        directives: Mapping[str, Directive] | None = None,
    ) -> None:
        self._directives = directives or {}
        if schema.extensions:
            raise ValueError("strawberry's extensions are not run by this engine")
        self.limits = limits or Limits()
        self.observers = observers
        self._introspection = introspection
        self._planner = planner
        self._shares = shares
        self._sharing = Sharing()
        self._named = documents or Documents()
        # Strawberry has no public name for the schema it builds; its own integrations read this one.
        self._schema = schema._schema
        self._executor = schema.execution_context_class
        self._documents = _Documents(self.limits)

    def prepare(self, request: GraphQLRequest, charge: Callable[[int], object] | None = None) -> Operation:
        """The operation that the request asks for; raises RequestRefused.

        `charge` is told the length of a text that is not known yet, before the work of understanding it.
        """
        seen = current()
        if seen is not None:
            seen.asks(request.query, request.extensions)
        text = self._named.text(request.query, request.document_id, request.extensions)
        if charge is not None and self._documents.get(text) is None:
            charge(len(text))
        selected = _selected(self.operations(text), request.operation_name)
        self._named.learn(text, request.extensions)
        if seen is not None:
            seen.text = text
            seen.runs(selected.kind, selected.name, selected.single)
        return selected

    def operations(self, text: str) -> "tuple[Operation, ...]":
        """The operations of a document; raises RequestRefused."""
        operations = self._documents.get(text)
        if operations is None:
            operations = self._understand(text)
        if isinstance(operations, RequestRefused):
            raise RequestRefused(operations.refusals)
        return operations

    async def execute(self, operation: Operation, request: GraphQLRequest, context: object) -> JsonObject:
        """The result of a query or a mutation; never raises."""
        try:
            async with asyncio.timeout(self.limits.execution_seconds):
                await self._direct(operation, request, context)
                if operation.plan is not None:
                    data = await operation.plan.answer(request.variables, context)
                    if data is not None:
                        if (seen := current()) is not None:
                            seen.compiled = True
                        return {"data": DataText(data)}
                return _result(await self._outcome(operation, request, context))
        except TimeoutError:
            return {"errors": [failed(OutOfTime())]}
        except Exception as error:
            return {"errors": [failed(error)]}

    async def _direct(self, operation: Operation, request: GraphQLRequest, context: object) -> None:
        """Do what the operation's directives want before it is executed."""
        definition, schema = operation.definition, self._schema
        if not definition.directives:
            return
        defined = definition.variable_definitions or ()
        variables = get_variable_values(schema, defined, request.variables or {})
        if isinstance(variables, list):
            return  # the executor says what is wrong with them
        for node in definition.directives:
            kind = schema.get_directive(node.name.value)
            if kind is not None:
                await self._directives[kind.name](context, get_argument_values(kind, node, variables))

    async def _outcome(
        self, operation: Operation, request: GraphQLRequest, context: object
    ) -> ExecutionResult:
        outcome = execute(
            self._schema,
            operation.document,
            context_value=context,
            variable_values=request.variables,
            operation_name=operation.name,
            executor_class=self._executor,
            is_awaitable=_is_awaitable,
            operation_extensions=request.extensions,
        )
        return outcome if isinstance(outcome, ExecutionResult) else await outcome

    async def subscribe(
        self, operation: Operation, request: GraphQLRequest, context: object, push: Push | None = None
    ) -> AsyncGenerator[Result, None]:
        """Results as they come, one for a query or a mutation; close the generator to end the operation.

        Those that are written for everybody go to `push`, if it takes them, and are then not given here.
        """
        seen = current()
        async with aclosing(self._results(operation, request, context, push)) as results:
            async for result in results:
                yield result if seen is None or isinstance(result, Written) else with_trace(result, seen)

    async def _results(
        self, operation: Operation, request: GraphQLRequest, context: object, push: Push | None
    ) -> AsyncGenerator[Result, None]:
        if operation.kind != "subscription":
            yield await self.execute(operation, request, context)
            return
        try:
            executor = self._executor_of(operation, request, context)
            source = executor if isinstance(executor, list) else create_source_event_stream(executor)
            if isinstance(source, Awaitable):
                source = await source
            if isinstance(source, ExecutionResult):
                source = source.errors or []
            if isinstance(source, list):
                yield {"errors": [field_failed(error) for error in source]}
                return
            results = self._shared(operation, request, source, push)
            if results is None:
                results = _alone(cast("Executor[Any]", executor), source)
            async with aclosing(results):
                async for result in results:
                    yield result
        except Exception as error:
            yield {"errors": [failed(error)]}

    def _shared(
        self, operation: Operation, request: GraphQLRequest, source: object, push: Push | None
    ) -> AsyncGenerator[Result, None] | None:
        """Results that are made once for everybody who is shown the same; a trace is of one operation."""
        seen = current()
        if not self._shares or not may_be_shared(source) or (seen is not None and seen.traced):
            return None
        variables = shared_variables(operation.document, operation.definition, request.variables)
        key = operation.document_id, operation.name, variables

        async def write(event: RecordedEvent, context: object) -> Written:
            return await self.write(operation, request, context, event)

        return self._sharing.results(source, key, write, push, seen)

    async def write(
        self, operation: Operation, request: GraphQLRequest, context: object, event: RecordedEvent
    ) -> Written:
        """A subscription's result for one event, executed with a context and written out as it is sent."""
        executor = self._executor_of(operation, request, context, event)
        assert not isinstance(executor, list)  # the same variables were accepted when it began
        outcome = execute_subscription_event(executor)
        result = _result(await outcome if isinstance(outcome, Awaitable) else outcome)
        return written(event, result, encode_result(result))

    def _executor_of(
        self, operation: Operation, request: GraphQLRequest, context: object, event: object = None
    ) -> Executor[Any] | list[GraphQLError]:
        return self._executor.build(
            self._schema,
            operation.document,
            event,
            context,
            request.variables,
            operation.name,
            operation_extensions=request.extensions,
        )

    def _understand(self, text: str) -> "tuple[Operation, ...] | RequestRefused":
        understood: tuple[Operation, ...] | RequestRefused
        try:
            document = parse_within(text, self.limits)
            errors = exceeded(document, self.limits)
            if not errors:
                invalid = validate(self._schema, document, _RULES, _VALIDATION_ERRORS)
                errors = [refused(error, "GRAPHQL_VALIDATION_FAILED") for error in invalid]
            if not errors and not self._introspection:
                errors = introspects(document)
            understood = RequestRefused(errors) if errors else self._found(text, document)
        except GraphQLSyntaxError as error:
            understood = RequestRefused([refused(error, "GRAPHQL_PARSE_FAILED")])
        self._documents.put(text, understood)
        return understood

    def _found(self, text: str, document: DocumentNode) -> "tuple[Operation, ...] | RequestRefused":
        tariff, hashed = Tariff(self._schema, document), identity(text)
        found = tuple(
            Operation(
                document,
                node,
                node.operation.value,
                _name(node),
                tariff,
                hashed,
                self._planner(document, node) if self._planner is not None and not node.directives else None,
            )
            for node in document.definitions
            if isinstance(node, OperationDefinitionNode)
        )
        return found or RequestRefused([_unresolved("The document has no operation.", "文档中没有操作。")])


class _Documents:
    """What was learnt about each text: its operations, or why it is refused; the oldest is forgotten."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._known: OrderedDict[str, tuple[int, tuple[Operation, ...] | RequestRefused]] = OrderedDict()
        self._memory = 0

    def get(self, text: str) -> tuple[Operation, ...] | RequestRefused | None:
        known = self._known.get(text)
        if known is None:
            return None
        self._known.move_to_end(text)
        return known[1]

    def put(self, text: str, understood: tuple[Operation, ...] | RequestRefused) -> None:
        memory = 4 * len(text) + _memory(understood)
        self._known[text] = memory, understood
        self._memory += memory
        while len(self._known) > self._limits.remembered or self._memory > self._limits.document_memory:
            _, (freed, _) = self._known.popitem(last=False)
            self._memory -= freed


def _memory(understood: tuple[Operation, ...] | RequestRefused) -> int:
    if isinstance(understood, RequestRefused):
        return 4 * len(encode(understood.errors))
    return _BYTES_A_TOKEN * understood[0].document.token_count


def _name(node: OperationDefinitionNode) -> str | None:
    return node.name.value if node.name else None


def _selected(operations: tuple[Operation, ...], name: str | None) -> Operation:
    if name is None:
        if len(operations) > 1:
            several = "The document has several operations: give `operationName`."
            raise RequestRefused([_unresolved(several, "文档中有多个操作：请填写 `operationName`。")])
        return operations[0]
    for operation in operations:
        if operation.name == name:
            return operation
    unknown = f"The document has no operation named {name[:100]!r}."
    raise RequestRefused([_unresolved(unknown, f"文档中没有名为 {name[:100]!r} 的操作。")])


def _unresolved(en: str, zh: str) -> ApiError:
    return ApiError(Phrase(en, zh), "OPERATION_RESOLUTION_FAILURE")


async def _alone(executor: Executor[Any], source: AsyncIterable[Any]) -> AsyncGenerator[Result, None]:
    """The results of a subscription that nobody shares."""
    async with aclosing(map_source_to_response_event(executor, source)) as outcomes:
        async for outcome in outcomes:
            yield _result(outcome)


def _result(outcome: ExecutionResult) -> JsonObject:
    result: JsonObject = {}
    if outcome.errors:
        result["errors"] = [field_failed(error) for error in outcome.errors]
        if outcome.data is None and all(error.path is None for error in outcome.errors):
            return result  # variables were refused before the first field
    result["data"] = outcome.data
    return result


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("the number is too large to be sent back")
    return number


_COST = {"cost"}
_encoder = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)
_decoder = json.JSONDecoder(parse_constant=_refuse_constant, parse_float=_finite)


def encode(value: object) -> str:
    """Compact JSON text; raises for what JSON cannot hold."""
    return _encoder.encode(value)


def encode_result(result: JsonObject) -> str:
    """A result as JSON text; a value that a careless scalar let through is an internal error."""
    data = result.get("data")
    if isinstance(data, DataText):
        return f'{{"data":{data}{_beside_data(result)}}}'
    try:
        return _encoder.encode(result)
    except (TypeError, ValueError, RecursionError) as error:
        return _encoder.encode({"errors": [failed(error)]})


def _beside_data(result: JsonObject) -> str:
    """What else a result says: what it cost, put together by hand where that is all, as nearly always."""
    extensions = result.get("extensions")
    if (
        isinstance(extensions, dict)
        and extensions.keys() == _COST
        and len(result) == len(("data", "extensions"))
    ):
        points = ",".join([f'"{name}":{number}' for name, number in extensions["cost"].items()])
        return f',"extensions":{{"cost":{{{points}}}}}'
    rest = _encoder.encode({name: value for name, value in result.items() if name != "data"})[1:-1]
    return f",{rest}" if rest else ""


def decode(text: str | bytes) -> object:
    """The JSON value in a body or message; raises ApiError BAD_REQUEST for anything not exactly that."""
    try:
        if isinstance(text, bytes):
            text = text.decode()
        value: object = _decoder.decode(text)
        if "\\u" in text:
            _encoder.encode(value).encode()  # half a surrogate pair would fail only later, in the database
    except (ValueError, RecursionError):
        raise _bad("The request is not valid JSON in UTF-8.", "请求不是 UTF-8 编码的有效 JSON。") from None
    return value
