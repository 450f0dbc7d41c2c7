"""How the results of one operation become messages on its socket."""

from __future__ import annotations

from typing import Protocol, cast

from starlette.types import Scope

from chuishao.graphql.endpoint.admission import Bill
from chuishao.graphql.endpoint.execution import encode, encode_result
from chuishao.graphql.endpoint.framing import framed
from chuishao.graphql.endpoint.group import Push
from chuishao.graphql.endpoint.row import Hold, Put
from chuishao.graphql.endpoint.written import Result, Written

LINE = "chuishao.line"
"""The extension of a socket's scope with its `Line`, if it can be written to without waiting."""


class Line(Protocol):
    """直写 Writes framed messages to one socket without a task."""

    holds: list[Hold]
    """Each is called when the line takes nothing more for now, or is being closed."""

    def write_now(self, message: bytes) -> bool:
        """Write a message; False if it would have to wait, or nobody is there."""

    def put(self) -> Put | None:
        """What writes without looking, good until `holds` are called; None if it would have to wait."""


class Delivery:
    """The messages of one operation; the first carries the bill."""

    def __init__(self, identity: str, bill: Bill, scope: Scope) -> None:
        start = f'{{"id":{encode(identity)},"type":"next","payload":'
        self.start = start.encode(errors="backslashreplace")
        self._bill: Bill | None = bill
        self._line = cast("Line | None", scope.get("extensions", {}).get(LINE))
        self._hold: Hold | None = None

    @property
    def push(self) -> Push | None:
        """Writes results at once to a client that reads; none where the server does not offer that."""
        return None if self._line is None else self

    def message(self, result: Result) -> str:
        """The next message."""
        bill, self._bill = self._bill, None
        if not isinstance(result, Written):
            text = encode_result(result if bill is None else bill.on(result))
            return f"{self.start.decode()}{text}}}"
        payload = result.payload if bill is None else bill.on_written(result).payload
        return f"{self.start.decode()}{payload.decode()}}}"

    def now(self, written: Written) -> bool:
        """Write a result now and for good; False if that cannot be, and then nothing is written."""
        assert self._line is not None
        payload = written.payload if self._bill is None else self._bill.on_written(written).payload
        taken = self._line.write_now(framed(self.start, payload))
        if taken:
            self._bill = None
        return taken

    def begin(self, hold: Hold) -> Put | None:
        """What writes without looking from now on, until `hold` is called; None if that cannot be yet."""
        assert self._line is not None
        put = self._line.put() if self._bill is None else None
        if put is not None:
            self._hold = hold
            self._line.holds.append(hold)
        return put

    def end(self) -> None:
        """Look again before anything is written."""
        assert self._line is not None
        if self._hold is not None:
            self._line.holds.remove(self._hold)
            self._hold = None
