"""What may be written down about an exception: its kind and place, never its words.

The message of an exception quotes what it met: PostgreSQL's whole rows (`DETAIL: Failing row contains …`), a
decoder's the text that it could not read. Logs and spans leave the house sooner than a database does.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from traceback import extract_tb

import asyncpg

FRAMES = 12
"""The innermost places of a traceback that are kept."""
CAUSES = 5
_NAMED = ("sqlstate", "schema_name", "table_name", "column_name", "constraint_name")
"""What PostgreSQL says of an error that is a name of ours."""


def kind(error: BaseException) -> str:
    """The class of an exception; of PostgreSQL's, with the names that tell what was violated."""
    name = f"{type(error).__module__}.{type(error).__qualname__}".removeprefix("builtins.")
    if not isinstance(error, asyncpg.PostgresError):
        return name
    facts = (f"{fact}={value}" for fact in _NAMED if (value := getattr(error, fact, None)))
    return " ".join((name, *facts))


def chain(error: BaseException) -> Iterator[BaseException]:
    """An exception, and what it was raised from or during."""
    for _ in range(CAUSES):
        yield error
        before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        if before is None:
            return
        error = before


def places(error: BaseException) -> list[str]:
    """Where it was raised: file, line and function, the innermost last."""
    frames = extract_tb(error.__traceback__)[-FRAMES:]
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]


def told(error: BaseException) -> str:
    """Kind and innermost place of an exception, for those who look after the server."""
    frames = extract_tb(error.__traceback__)[-1:]
    return "".join([kind(error), *(f" at {Path(f.filename).name}:{f.lineno} {f.name}" for f in frames)])
