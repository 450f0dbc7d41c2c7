"""How the results of one operation become messages on its socket."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from starlette.types import Scope

from chuishao.graphql.endpoint.admission import Bill
from chuishao.graphql.endpoint.execution import encode, encode_result
from chuishao.graphql.endpoint.written import Result, Written

WRITE_NOW = "chuishao.write_now"
"""The extension of a socket's scope that writes a text message in two parts, if that needs no waiting."""


class Delivery:
    """The messages of one operation; the first carries the bill."""

    def __init__(self, identity: str, bill: Bill, scope: Scope) -> None:
        start = f'{{"id":{encode(identity)},"type":"next","payload":'
        self._start = start.encode(errors="backslashreplace")
        self._bill: Bill | None = bill
        self._write = cast("Callable[[bytes, bytes], bool] | None", scope["extensions"].get(WRITE_NOW))

    @property
    def push(self) -> Callable[[Written], bool] | None:
        """Writes a result at once to a client that reads; none where the server does not offer that."""
        return None if self._write is None else self._push

    def message(self, result: Result) -> str:
        """The next message."""
        bill, self._bill = self._bill, None
        if not isinstance(result, Written):
            text = encode_result(result if bill is None else bill.on(result))
            return f"{self._start.decode()}{text}}}"
        payload = result.payload if bill is None else bill.on_written(result).payload
        return f"{self._start.decode()}{payload.decode()}}}"

    def _push(self, written: Written) -> bool:
        assert self._write is not None
        if self._bill is None:
            return self._write(self._start, written.closed)
        taken = self._write(self._start, self._bill.on_written(written).closed)
        if taken:
            self._bill = None
        return taken
