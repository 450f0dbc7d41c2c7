"""Sends malformed messages to a real server and notes what becomes of each."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from time import perf_counter

from tests.malformed_http import Message
from tests.malformed_sockets import CLOSE, INIT, PING, PONG, TEXT, Conversation, frame

PATIENCE = 8.0
"""Seconds after which nobody waits any longer: more than a second is held against the server anyway."""
WAITING = 0.1
"""Seconds until a client that has sent a part of its message only says that nothing more comes."""
_LENGTH = re.compile(rb"\r\ncontent-length: (\d+)\r\n", re.IGNORECASE)
_TYPE = re.compile(rb"\r\ncontent-type: ([^\r;]*)", re.IGNORECASE)


@dataclass(frozen=True)
class Answer:
    """One answer: a status of HTTP or a close code, or nothing where the line was only closed."""

    status: int | None
    body: bytes = b""
    media: str = ""
    head: bytes = b""


@dataclass(frozen=True)
class Fate:
    """What became of a message: its answers, and after how many seconds the last was there."""

    answers: list[Answer]
    seconds: float
    hung: bool = False


@asynccontextmanager
async def line(address: tuple[str, int]) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A connection, cut at the end."""
    reader, writer = await asyncio.open_connection(*address, limit=2**22)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()


async def send(address: tuple[str, int], message: Message) -> Fate:
    """Send a message on a connection of its own and wait for its answers, or for the connection's end."""
    answers: list[Answer] = []
    hung = False
    async with line(address) as (reader, writer):
        with suppress(ConnectionError):
            for piece in message.pieces:
                writer.write(piece)
                await asyncio.sleep(0)
        began = perf_counter()
        if not message.complete:
            with suppress(TimeoutError):
                async with asyncio.timeout(WAITING):
                    await _hear(reader, message, answers)
                    return Fate(answers, perf_counter() - began)
            with suppress(OSError):
                writer.write_eof()
            began = perf_counter()
        try:
            async with asyncio.timeout(PATIENCE):
                await _hear(reader, message, answers)
        except TimeoutError:
            hung = True
    return Fate(answers, perf_counter() - began, hung)


async def _hear(reader: asyncio.StreamReader, message: Message, answers: list[Answer]) -> None:
    while len(answers) < message.answers and (answer := await _answer(reader, message)):
        answers.append(answer)


async def _answer(reader: asyncio.StreamReader, message: Message) -> Answer | None:
    """The next answer; nothing at the end of the connection."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
        status = int(head.split(b" ", 2)[1])
        media = found[1].decode() if (found := _TYPE.search(head)) else ""
        length = _LENGTH.search(head)
        if message.pieces[0].startswith(b"HEAD ") or status in (204, 304, 100):
            return Answer(status, b"", media, head)
        if length:
            return Answer(status, await reader.readexactly(int(length[1])), media, head)
        # An event stream: it is left at its first comment, or read to its end.
        body = await reader.readuntil(b"\n\n") if media == "text/event-stream" else await reader.read()
        return Answer(status, body, media, head)
    except (asyncio.IncompleteReadError, ConnectionError):
        return None


async def converse(address: tuple[str, int], said: Conversation) -> Fate:
    """Hold a conversation on a socket of its own."""
    answers: list[Answer] = []
    hung = False
    began = perf_counter()
    async with line(address) as (reader, writer):
        with suppress(OSError, asyncio.IncompleteReadError):
            try:
                async with asyncio.timeout(PATIENCE):
                    await _hold(reader, writer, said, answers)
            except TimeoutError:
                hung = True
    return Fate(answers, perf_counter() - began, hung)


async def _hold(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, said: Conversation, answers: list[Answer]
) -> None:
    handshake = await shake_hands(reader, writer, said)
    answers.append(handshake)
    if handshake.status != 101:
        return
    if said.begun:
        writer.write(frame(INIT))
        answers.append(await _frame(reader))
    for each in said.frames:
        writer.write(each)
    if said.torn:
        if said.heard:
            await asyncio.sleep(0)
        return
    writer.write(frame('{"type":"ping","payload":{"last":1}}'))
    if said.unfinished:
        await asyncio.sleep(WAITING)
        writer.write_eof()
    while (answer := await _frame(reader)).status is None and b'"last"' not in answer.body:
        answers.append(answer)
    answers.append(answer)


async def shake_hands(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, said: Conversation
) -> Answer:
    """Ask for a WebSocket as the conversation wants it, and give the answer."""
    protocol = [] if said.protocol is None else [f"sec-websocket-protocol: {said.protocol}"]
    lines = [said.line, "host: localhost", "connection: Upgrade", "upgrade: websocket", *protocol]
    lines += ["sec-websocket-version: 13", "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==", *said.handshake]
    writer.write("\r\n".join([*lines, "", ""]).encode("latin-1"))
    head = await reader.readuntil(b"\r\n\r\n")
    status = int(head.split(b" ", 2)[1])
    media = found[1].decode() if (found := _TYPE.search(head)) else ""
    length = _LENGTH.search(head)
    return Answer(status, await reader.readexactly(int(length[1])) if length else b"", media, head)


async def _frame(reader: asyncio.StreamReader) -> Answer:
    """The next frame of the server: a close frame has its code as status."""
    first, size = await reader.readexactly(2)
    if size == 126:
        size = int.from_bytes(await reader.readexactly(2), "big")
    elif size == 127:
        size = int.from_bytes(await reader.readexactly(8), "big")
    payload = await reader.readexactly(size)
    match first & 0x0F:
        case opcode if opcode == CLOSE:
            return Answer(int.from_bytes(payload[:2], "big") if payload else 1005, payload[2:], "close")
        case opcode if opcode in (TEXT, PING, PONG):
            return Answer(None, payload, "frame")
    raise AssertionError(f"the server sent a frame of kind {first:x}")


_TOLD = re.compile(
    rb"Traceback|File \"|site-packages|\.py\b|asyncpg|\bSELECT .* FROM|\bINSERT INTO|object at 0x|<class|"
    rb"NoneType|(?:Type|Value|Key|Attribute|Index|Recursion|Overflow|Runtime|Unicode\w+)Error|Exception\b|"
    rb"set_int_max_str_digits|\b(?:strawberry|uvicorn|starlette|httptools|websockets)\b"
)
_FILES = ("application/javascript", "text/javascript", "text/css", "text/html")
"""What only the log may know."""


def faults(answer: Answer, secrets: list[bytes], *, head_only: bool = False) -> list[str]:
    """What is wrong with an answer."""
    found: list[str] = []
    if answer.status is not None and 500 <= answer.status < 600:
        found.append(f"status {answer.status}")
    if answer.media == "close" and answer.status in (1011, 4500):
        found.append(f"closed with {answer.status}")
    if b'"code":"INTERNAL"' in answer.body:
        found.append("an internal error")
    if answer.media not in _FILES and (told := _TOLD.search(answer.body)):
        found.append(f"it tells {told[0]!r}")
    found += [f"it tells {secret!r}" for secret in secrets if secret in answer.body or secret in answer.head]
    refused = answer.media not in ("close", "frame") and (answer.status or 0) >= 400 and not head_only
    if refused or (answer.media.endswith("json") and answer.body.startswith(b'{"errors":')):
        found += _not_coded(answer)
    return found


def _not_coded(answer: Answer) -> list[str]:
    try:
        errors = json.loads(answer.body)["errors"]
        assert errors and all(isinstance(error["message"], str) for error in errors)
        assert all(isinstance(error["extensions"]["code"], str) for error in errors)
    except (ValueError, KeyError, TypeError, AssertionError):
        return [f"a refusal without a code: {answer.status} {answer.body[:80]!r}"]
    return []
