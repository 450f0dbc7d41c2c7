"""What a client is told when something goes wrong, and what only the log learns."""

import logging
from collections.abc import Sequence
from typing import TypeAlias
from uuid import uuid4

from graphql import GraphQLError

from chuishao.eventlog.connection import Unavailable

logger = logging.getLogger("chuishao.graphql")

JsonObject: TypeAlias = dict[str, object]

_UNAVAILABLE = (
    "The database is not available now. Nothing was changed, or it is safe to send the same command again."
)

# A syntax or coercion message quotes the client's own text, which may be as long as the body allows.
_MESSAGE_LENGTH = 1_000


class ApiError(Exception):
    """A refusal that the client may read: its sentence, its code, and further facts as extensions."""

    def __init__(self, message: str, code: str, **extensions: object) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.extensions = extensions

    def as_json(self) -> JsonObject:
        """The error as the GraphQL specification writes it."""
        return {"message": self.message, "extensions": {"code": self.code, **self.extensions}}


class RequestRefused(Exception):
    """The request was refused before anything ran; `errors` are ready to be sent."""

    def __init__(self, errors: Sequence[JsonObject]) -> None:
        super().__init__(errors)
        self.errors = list(errors)


def refused(error: GraphQLError, code: str) -> JsonObject:
    """An error of the request itself: syntax, validation, limits, coercion."""
    formatted: JsonObject = {**error.formatted, "message": error.message[:_MESSAGE_LENGTH]}
    formatted["extensions"] = {"code": code, **(error.extensions or {})}
    return formatted


def failed(error: Exception) -> JsonObject:
    """What a client sees of an exception: as it is if raised for clients, else masked and logged."""
    if isinstance(error, ApiError):
        return error.as_json()
    if isinstance(error, Unavailable):
        return ApiError(_UNAVAILABLE, "UNAVAILABLE", retry=True).as_json()
    if isinstance(error, GraphQLError) and error.original_error is None:
        return {**error.formatted}
    incident = str(uuid4())
    logger.error("internal error %s", incident, exc_info=error)
    return {"message": "internal error", "extensions": {"code": "INTERNAL", "id": incident}}


def field_failed(error: GraphQLError) -> JsonObject:
    """An error met while executing: only what was raised for clients passes with its own words."""
    cause = _cause(error)
    if error.path is None and not isinstance(cause, ApiError):
        return refused(error, "BAD_USER_INPUT")  # no field had begun: a variable does not fit its type
    formatted: JsonObject = {**error.formatted, "message": error.message[:_MESSAGE_LENGTH]}
    return formatted if cause is None else {**formatted, **failed(cause)}


def _cause(error: GraphQLError) -> Exception | None:
    """The exception behind a chain of located errors, or nothing where GraphQL itself raised."""
    cause: Exception | None = error
    while isinstance(cause, GraphQLError):
        cause = cause.original_error
    return cause
