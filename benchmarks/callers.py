"""Callers of a GraphQL server who cost little: raw connections, each sending its next command at the answer.

Every caller takes one case after another from its report to its close. The servers that are compared make a
case's identifier from the command that reports it, so no answer has to be read for it.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID, uuid4, uuid5

TICKS = os.sysconf("SC_CLK_TCK")
NOTHING_WRONG = b'"errors":[]'
_COMMAND, _CASE = "00000000-0000-4000-8000-00000000c0de", "00000000-0000-4000-8000-0000000ca5e0"


@dataclass(frozen=True)
class Step:
    """One mutation of a case's life: its name, who sends it, and its input beside the identifiers."""

    name: str
    bearer: str
    given: Mapping[str, object] = field(default_factory=dict)
    makes: bool = False

    def request(self, selection: str) -> tuple[bytes, bytes, bytes]:
        """The request, cut where the command's and the case's identifiers go."""
        kind = f"{self.name[0].upper()}{self.name[1:]}Input"
        about = {} if self.makes else {"caseId": _CASE}
        given = {"commandId": _COMMAND, **about, **self.given}
        query = f"mutation Do($input: {kind}!) {{ {self.name}(input: $input) {{ {selection} }} }}"
        body = json.dumps({"query": query, "variables": {"input": given}}, ensure_ascii=False).encode()
        head = (
            f"POST /graphql HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer {self.bearer}\r\n"
            "content-type: application/json\r\naccept: application/json\r\n"
            f"content-length: {len(body)}\r\n\r\n"
        )
        before, _, rest = (head.encode() + body).partition(_COMMAND.encode())
        between, _, after = rest.partition(_CASE.encode())
        return before, between, after


class Caller(asyncio.Protocol):
    """One connection. `answered` counts the commands that were accepted; anything else ends the run."""

    def __init__(self, steps: Sequence[Step], selection: str, failed: asyncio.Future[None]) -> None:
        self.answered = 0
        self._requests = [(step.makes, step.request(selection)) for step in steps]
        self._lives = self._life()
        self._failed = failed
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._transport.write(next(self._lives))

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, found, body = self._received.partition(b"\r\n\r\n")
        if not found or len(body) < _length(head):
            return
        self._received = b""
        if NOTHING_WRONG not in body:
            if not self._failed.done():
                self._failed.set_exception(AssertionError(f"{head!r} {body!r}"))
            return
        self.answered += 1
        self._transport.write(next(self._lives))

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._failed.done():
            self._failed.set_exception(ConnectionError(f"the server hung up: {exc}"))

    def leave(self) -> None:
        self._transport.abort()

    def _life(self) -> Iterator[bytes]:
        case: UUID | None = None
        while True:
            for makes, (before, between, after) in self._requests:
                command = uuid4()
                case = uuid5(command, "") if makes else case
                parts = (before, str(command).encode(), between, b"" if makes else str(case).encode(), after)
                yield b"".join(parts)


def _length(head: bytes) -> int:
    """The length of the body that a head announces."""
    _, _, rest = head.lower().partition(b"content-length: ")
    return int(rest.partition(b"\r\n")[0])


@dataclass(frozen=True)
class Load:
    """What the callers met: commands, seconds, and the server's processor seconds."""

    commands: int
    seconds: float
    processor: float

    @property
    def rate(self) -> float:
        return self.commands / self.seconds

    @property
    def cpu_us(self) -> float:
        return 1e6 * self.processor / self.commands


async def load(
    port: int, process: int, steps: Sequence[Step], selection: str, callers: int, seconds: float
) -> Load:
    """So many callers at once for a while, against the server of that process."""
    loop = asyncio.get_running_loop()
    failed: asyncio.Future[None] = loop.create_future()
    made = [Caller(steps, selection, failed) for _ in range(callers)]
    began, used = time.perf_counter(), processor_seconds(process)
    for caller in made:
        await loop.create_connection(lambda caller=caller: caller, "127.0.0.1", port)  # type: ignore[misc]
    done, _ = await asyncio.wait([failed], timeout=seconds)
    commands = sum(caller.answered for caller in made)
    took, used = time.perf_counter() - began, processor_seconds(process) - used
    for caller in made:
        caller.leave()
    if done:
        failed.result()
    await asyncio.sleep(0.2)
    failed.done() and failed.exception()
    return Load(commands, took, used)


def processor_seconds(process: int) -> float:
    """What a process has spent so far, in itself and in the kernel for it."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS
