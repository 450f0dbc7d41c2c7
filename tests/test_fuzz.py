"""Ten thousand malformed messages to a real server: each is answered at once, and nothing of them stays.

`CHUISHAO_FUZZ_SEED` chooses other messages; a failure prints the bytes that it took.
"""

from __future__ import annotations

import asyncio
import os
import random
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import TypeAlias

import httpx
import pytest

from tests import fuzzing, malformed_http, malformed_sockets
from tests.fuzzing import Fate, converse, faults, send
from tests.malformed_http import GOOD_TOKEN, SECRET, Message
from tests.malformed_sockets import PING, Conversation, frame
from tests.served import (
    ADMINISTRATOR,
    AUDITOR,
    Client,
    Process,
    Socket,
    address,
    http_client,
    process,
    token,
    until,
)
from tests.test_metrics import scrape
from tests.town import GRID, KEY, Town

SEED = int(os.environ.get("CHUISHAO_FUZZ_SEED", "20260302"))
ROUNDS, REQUESTS, CONVERSATIONS = 4, 1_900, 620
"""The same messages in each round, so that what the first one warms up is not taken for a leak."""
AT_ONCE = 6
WITHIN = 1.0
"""Seconds in which each message is answered."""
AGAIN = 5
"""How often a message that took longer is sent once more, alone. The machine may be busy with something else
for a moment, but what hangs the server hangs it each time."""
GROWTH = 8 * 1024
"""KiB that the server's memory may grow between the second and the last round."""
LEFT = 4
"""Tasks and files that may come and go at any moment: of the pool, of a client that keeps its connection."""
WORDS = "一句只有经办人可见的话"
Sent: TypeAlias = Message | Conversation


@dataclass
class Figures:
    """What was sent, and what became of it."""

    kinds: Counter[str] = field(default_factory=Counter)
    answers: Counter[str] = field(default_factory=Counter)
    memory: list[int] = field(default_factory=list)
    slowest: float = 0.0
    repeated: int = 0
    left: Counter[str] = field(default_factory=Counter)
    """Tasks and files beyond those at the beginning."""

    def __str__(self) -> str:
        return (
            f"seed {SEED}: {self.kinds.total()} messages\n  by kind: {dict(self.kinds.most_common())}\n"
            f"  answers: {dict(self.answers.most_common())}\n"
            f"  slowest {self.slowest:.3f} s, {self.repeated} sent again\n"
            f"  memory in KiB {self.memory}, left open {dict(self.left)}"
        )


@dataclass
class Watched:
    """The server from outside, and those who use it well meanwhile."""

    server: Process
    client: Client
    secrets: list[bytes]
    figures: Figures = field(default_factory=Figures)
    positions: list[int] = field(default_factory=list)
    """What the good subscription was told."""
    head: int = 0

    @property
    def address(self) -> tuple[str, int]:
        host, _, port = self.server.served.base.partition(":")
        return host, int(port)

    @property
    def memory(self) -> int:
        """KiB of the server in memory."""
        status = Path(f"/proc/{self.server.popen.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0])

    @property
    def files(self) -> int:
        """Files and connections that the server has open."""
        return len(list(Path(f"/proc/{self.server.popen.pid}/fd").iterdir()))

    @property
    def worked(self) -> float:
        """Seconds that the server has used the processor."""
        after_name = Path(f"/proc/{self.server.popen.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(after_name[11]) + int(after_name[12])) / os.sysconf("SC_CLK_TCK")

    async def open(self) -> Counter[str]:
        """Tasks of the server's event loop, and its files and connections without those to the database."""
        values = await scrape(self.client.http, self.client.base)
        pool = int(sum(values["chuishao_pool_connections"].values()))
        return Counter(tasks=int(values["chuishao_tasks"][()]), files=self.files - pool)


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="a process is watched through /proc")
async def test_malformed_messages_are_answered_at_once_and_leave_nothing_behind(
    town: Town, database: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    case = await town.report(text=WORDS)
    assert case
    messages = _messages()
    arguments = ("--database-url", address(database), "--rate", 0, "--no-reactions")
    async with process(tmp_path, *arguments) as server, _watched(server, town) as watched:
        opened = await watched.open()
        async with _trickling(watched):
            for _ in range(ROUNDS):
                await _round(watched, messages)
                await _storm(watched)
                watched.figures.memory.append(watched.memory)

        async def is_as_before() -> bool:
            watched.figures.left = await watched.open() - opened
            return watched.figures.left.total() <= LEFT

        try:
            await until(is_as_before)
        except TimeoutError:
            raise AssertionError(f"something is left open: {watched.figures}") from None
        await _use_well(watched)
        await until(lambda: _told(watched))
        assert await _rests(watched)
        written = server.said
    with capsys.disabled():
        print(f"\n{watched.figures}")  # noqa: T201 a report that people read
    assert watched.figures.kinds.total() >= 10_000
    assert watched.figures.memory[-1] - watched.figures.memory[1] < GROWTH, watched.figures
    assert [secret for secret in watched.secrets if secret.decode() in written] == []
    assert [line for line in written.splitlines() if '"level":"error"' in line or "Traceback" in line] == []


def _messages() -> list[Sent]:
    dice = random.Random(SEED)
    made: list[Sent] = [*islice(malformed_http.messages(dice), REQUESTS)]
    made += islice(malformed_sockets.conversations(dice), CONVERSATIONS)
    dice.shuffle(made)
    return made


@asynccontextmanager
async def _watched(server: Process, town: Town) -> AsyncIterator[Watched]:
    """The server, with a good subscription that is open all the time."""
    secrets = [SECRET, WORDS, KEY.hex(), token(ADMINISTRATOR)]
    fresh = httpx.Limits(max_keepalive_connections=0)  # a kept one may be closed for want of use meanwhile
    async with http_client(limits=fresh) as http, server.client(AUDITOR).socket() as socket:
        client = replace(server.client(AUDITOR), http=http)
        watched = Watched(server, client, [secret.encode() for secret in secrets])
        watched.head = await town.log.head()
        await socket.subscribe("subscription { events { position } }")
        await _use_well(watched, first=True)
        following = asyncio.create_task(_follow(socket, watched))
        try:
            yield watched
        finally:
            ended_early = following.done()
            following.cancel()
            with suppress(asyncio.CancelledError):
                await following
            assert not ended_early, "the good subscription was closed"


async def _follow(socket: Socket, watched: Watched) -> None:
    while True:
        with suppress(TimeoutError):
            watched.positions.append((await socket.next())["events"]["position"])


async def _use_well(watched: Watched, *, first: bool = False) -> None:
    """Somebody asks and reports something: nothing was recorded in between, and everything goes on."""
    head = (await watched.client.read("{ log { head } }"))["log"]["head"]
    assert first or head == watched.head, "a malformed command was recorded"
    report = {"gridCode": GRID, "category": "01001", "text": WORDS}
    watched.head = (await watched.server.client().do("reportCase", **report))["position"]


async def _told(watched: Watched) -> bool:
    """Whether the good subscription was told everything, in order and once."""
    first = watched.positions[0]
    assert watched.positions == list(range(first, first + len(watched.positions)))
    return watched.positions[-1] == watched.head


async def _rests(watched: Watched) -> bool:
    """Whether the server does next to nothing where nobody asks anything; a second shows it."""
    worked = watched.worked
    await asyncio.sleep(1)
    return watched.worked - worked < 0.5


async def _round(watched: Watched, messages: Sequence[Sent]) -> None:
    remaining = iter(messages)
    slow: list[Sent] = []
    sending = [_send_all(watched, remaining, slow) for _ in range(AT_ONCE)]
    await asyncio.gather(*sending, _use_often(watched, 20))
    for message in slow:
        watched.figures.repeated += 1
        for _ in range(AGAIN):
            if (await _send(watched, message)).seconds <= WITHIN:
                break
        else:
            raise AssertionError(f"no answer within {WITHIN} s, {AGAIN + 1} times: {message}")


async def _use_often(watched: Watched, times: int) -> None:
    for _ in range(times):
        await _use_well(watched)


async def _send_all(watched: Watched, remaining: Iterator[Sent], slow: list[Sent]) -> None:
    for message in remaining:
        fate = await _send(watched, message)
        watched.figures.kinds[message.kind] += 1
        watched.figures.answers.update(str(answer.status or answer.media) for answer in fate.answers)
        watched.figures.answers["closed"] += not fate.answers
        watched.figures.slowest = max(watched.figures.slowest, fate.seconds)
        if fate.seconds > WITHIN:
            slow.append(message)


async def _send(watched: Watched, message: Sent) -> Fate:
    """Send one message and judge its answers."""
    if isinstance(message, Conversation):
        fate = await converse(watched.address, message)
    else:
        good = GOOD_TOKEN.replace(b"@good-token@", token(ADMINISTRATOR).encode())
        pieces = [piece.replace(GOOD_TOKEN, good) for piece in message.pieces]
        fate = await send(watched.address, Message(message.kind, pieces, message.complete, message.answers))
    for answer in fate.answers:
        head_only = isinstance(message, Message) and message.pieces[0].startswith(b"HEAD ")
        found = faults(answer, watched.secrets, head_only=head_only)
        assert found == [], f"seed {SEED}: {found} in {answer} to {message}"
    return fate


@asynccontextmanager
async def _trickling(watched: Watched) -> AsyncIterator[None]:
    """Clients that begin a request and leave it there."""
    async with AsyncExitStack() as stack:
        for _ in range(50):
            _, writer = await stack.enter_async_context(fuzzing.line(watched.address))
            writer.write(b"POST /graphql HTTP/1.1\r\nhost: a\r\ncontent-le")
        yield


async def _storm(watched: Watched) -> None:
    """Event streams by the hundred, and floods of pings by clients that never read; all of them are left."""
    follow = b'{"query":"subscription { events { position } }"}'
    stream = b"POST /graphql HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n"
    stream += b"accept: text/event-stream\r\n"
    async with AsyncExitStack() as stack:
        for _ in range(100):
            _, writer = await stack.enter_async_context(fuzzing.line(watched.address))
            writer.write(stream + b"content-length: %d\r\n\r\n" % len(follow) + follow)
        for _ in range(5):
            reader, writer = await stack.enter_async_context(fuzzing.line(watched.address))
            await fuzzing.shake_hands(reader, writer, Conversation("flood", []))
            writer.transport.pause_reading()  # type: ignore[attr-defined]
            writer.write(frame(b"x" * 125, PING) * 5_000)
        await _use_well(watched)
