"""How the results of one operation become messages on its socket."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from starlette.types import Scope

from chuishao.graphql.endpoint.admission import Bill
from chuishao.graphql.endpoint.execution import encode, encode_result
from chuishao.graphql.endpoint.written import Result, Written

WRITE_NOW = "chuishao.write_now"
"""The extension of a socket's scope that writes a framed message, if that needs no waiting."""


_TEXT = 0x81
_SHORT, _MEDIUM = 126, 1 << 16
_SHORT_HEAD, _MEDIUM_HEAD, _LONG_HEAD = struct.Struct("!BB"), struct.Struct("!BBH"), struct.Struct("!BBQ")


class Delivery:
    """The messages of one operation; the first carries the bill."""

    def __init__(self, identity: str, bill: Bill, scope: Scope) -> None:
        start = f'{{"id":{encode(identity)},"type":"next","payload":'
        self._start = start.encode(errors="backslashreplace")
        self._bill: Bill | None = bill
        self._write = cast("Callable[[bytes], bool] | None", scope.get("extensions", {}).get(WRITE_NOW))

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
            return self._write(framed(self._start, written))
        taken = self._write(framed(self._start, written, self._bill))
        if taken:
            self._bill = None
        return taken


def framed(start: bytes, written: Written, bill: Bill | None = None) -> bytes:
    """A text message of one frame as a server sends it (RFC 6455, section 5.2).

    It is made once for equal ids and equal bills.
    """
    if _newest.written is written and _newest.start == start and _newest.bill == bill:
        return _newest.message
    payload = written.payload if bill is None else bill.on_written(written).payload
    length = len(start) + len(payload) + 1
    if length < _SHORT:
        head = _SHORT_HEAD.pack(_TEXT, length)
    elif length < _MEDIUM:
        head = _MEDIUM_HEAD.pack(_TEXT, _SHORT, length)
    else:
        head = _LONG_HEAD.pack(_TEXT, _SHORT + 1, length)
    _newest.start, _newest.written, _newest.bill = start, written, bill
    _newest.message = b"%b%b%b}" % (head, start, payload)
    return _newest.message


@dataclass(slots=True)
class _Newest:
    """The message made last: many clients number their operations alike."""

    start: bytes = b""
    written: Written | None = None
    bill: Bill | None = None
    message: bytes = b""


_newest = _Newest()
