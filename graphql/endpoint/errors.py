"""What a client is told when something goes wrong, and what only the log learns."""

import logging
from collections.abc import Sequence
from typing import TypeAlias
from uuid import uuid4

from graphql import GraphQLError

from chuishao.domain.phrase import Phrase
from chuishao.eventlog.connection import OutOfTime, Unavailable
from chuishao.graphql.endpoint.failures import FAILURES
from chuishao.graphql.endpoint.language import asked
from chuishao.graphql.endpoint.observation import current

logger = logging.getLogger("chuishao.graphql")

JsonObject: TypeAlias = dict[str, object]

# A syntax or coercion message quotes the client's own text, which may be as long as the body allows.
_MESSAGE_LENGTH = 1_000


class ApiError(Exception):
    """A refusal that the client may read: its sentence in both languages, its code, and further facts.

    The sentence is said in the language of whoever is answered, which may be another each time.
    """

    def __init__(self, said: Phrase, code: str, **extensions: object) -> None:
        super().__init__(said.en)
        self.said = said
        self.code = code
        self.extensions = extensions
        self.located: JsonObject = {}
        """Where in the document or the answer, as the GraphQL specification writes it."""

    @property
    def message(self) -> str:
        """The sentence in the asker's language."""
        return self.said.said(asked.get())

    def as_json(self) -> JsonObject:
        """The error as the GraphQL specification writes it."""
        return {
            "message": self.message,
            **self.located,
            "extensions": {"code": self.code, **self.extensions},
        }


class RequestRefused(Exception):
    """The request was refused before anything ran."""

    def __init__(self, refusals: Sequence[ApiError]) -> None:
        super().__init__(refusals)
        self.refusals = refusals

    @property
    def errors(self) -> list[JsonObject]:
        """The errors, ready to be sent, in the asker's language."""
        return [refusal.as_json() for refusal in self.refusals]


def refused(error: GraphQLError, code: str) -> ApiError:
    """An error that GraphQL itself found in the request: syntax, validation, coercion."""
    refusal = ApiError(_framed(error.message, code), code, **(error.extensions or {}))
    refusal.located = located(error)
    return refusal


def code_of(error: Exception) -> str:
    """The code under which a client learns of an exception."""
    if isinstance(error, ApiError):
        return error.code
    if isinstance(error, OutOfTime):
        return "TIMEOUT"
    return "UNAVAILABLE" if isinstance(error, Unavailable) else "INTERNAL"


def failed(error: Exception) -> JsonObject:
    """What a client sees of an exception: as it is if raised for clients, else masked and logged."""
    if isinstance(error, ApiError):
        return error.as_json()
    if isinstance(error, Unavailable):
        code = code_of(error)
        return ApiError(FAILURES[code].means, code, retry=True).as_json()
    if isinstance(error, GraphQLError) and error.original_error is None:
        return {**error.formatted}
    seen = current()
    incident = seen.correlation if seen is not None else str(uuid4())
    logger.error("internal error %s", incident, exc_info=error)
    return ApiError(FAILURES["INTERNAL"].means, "INTERNAL", id=incident).as_json()


def field_failed(error: GraphQLError) -> JsonObject:
    """An error met while executing: only what was raised for clients passes with its own words."""
    cause = _cause(error)
    if cause is not None:
        return {**located(error), **failed(cause)}
    if error.path is None:  # no field had begun: a variable does not fit its type
        return refused(error, "BAD_USER_INPUT").as_json()
    return {**error.formatted, "message": _framed(error.message, "BAD_USER_INPUT").said(asked.get())}


def _framed(message: str, code: str) -> Phrase:
    """The library's own English words, introduced in Chinese for those who read that."""
    message = message[:_MESSAGE_LENGTH]
    return Phrase(message, f"{FAILURES[code].means.zh[:-1]}：{message}"[:_MESSAGE_LENGTH])


def located(error: GraphQLError) -> JsonObject:
    """Where an error is, in the document and in the answer."""
    return {name: value for name, value in error.formatted.items() if name in ("locations", "path")}


def _cause(error: GraphQLError) -> Exception | None:
    """The exception behind a chain of located errors, or nothing where GraphQL itself raised."""
    cause: Exception | None = error
    while isinstance(cause, GraphQLError):
        cause = cause.original_error
    return cause
