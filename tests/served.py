"""Our application on a real port, in a thread or as the process that a user starts; and its clients."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

import httpx
import uvicorn
from httpx_aiohttp import AiohttpTransport
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from chuishao.domain.actor import Actor
from chuishao.domain.vocabulary import Role
from chuishao.service.app import make_app, open_routes
from chuishao.service.connections import HttpConnection
from chuishao.service.keys import token_key
from chuishao.service.settings import PREFIX, Settings
from chuishao.service.sockets import SocketConnection
from chuishao.service.tokens import Trust, mint
from tests.forked import Forked, fork
from tests.town import KEY

T = TypeVar("T")
ADMINISTRATOR = Actor("administrator-1", Role.ADMINISTRATOR, "")
AUDITOR = Actor("auditor-1", Role.AUDITOR, "")
ALONE = Settings(reactions=False)
"""Nothing happens in a town but what a test does."""
COMPILED = Path(__file__).parent.parent / ".pytest_cache" / "compiled"
CHUISHAO = Path(sys.executable).with_name("chuishao")
ERRORS = "errors { code message path }"


async def until(condition: Callable[[], Awaitable[T]], within: float = 20) -> T:
    """The first answer of a condition that is true."""
    async with asyncio.timeout(within):
        while not (answer := await condition()):  # noqa: ASYNC110 it lies in another thread or process
            await asyncio.sleep(0.01)
        return answer


def token(actor: Actor, lasting: timedelta = timedelta(hours=1), key: bytes = KEY) -> str:
    """A token for an actor."""
    return mint(token_key(key), actor, lasting)


class Refused(Exception):
    """The errors of an answer that was expected to have none."""


def http_client(**options: Any) -> httpx.AsyncClient:
    """A client for servers of this machine, over aiohttp: that takes less than half of httpx's processor.

    Whoever says how connections are to be kept gets httpx's own. No certificates: to read them takes 50 ms.
    """
    quick = {} if "limits" in options else {"transport": AiohttpTransport(verify=False)}
    given: dict[str, Any] = {"timeout": 20, "verify": False} | quick | options
    return httpx.AsyncClient(**given)


@dataclass(frozen=True)
class Client:
    """Somebody who speaks to a server: with a token or without, in a language."""

    base: str
    http: httpx.AsyncClient = field(repr=False)
    headers: dict[str, str] = field(default_factory=dict)

    def speaking(self, language: str) -> Client:
        """The same, in another language."""
        return Client(self.base, self.http, self.headers | {"accept-language": language})

    async def post(self, document: str, variables: dict[str, Any] | None = None) -> httpx.Response:
        """The answer to one request, as it came."""
        body = {"query": document, "variables": variables or {}}
        return await self.http.post(f"http://{self.base}/graphql", json=body, headers=self.headers)

    async def send(self, document: str, variables: dict[str, Any] | None = None) -> Any:
        """The whole result of one request, errors and all."""
        answer = await self.post(document, variables)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def read(self, document: str, **variables: Any) -> Any:
        """The data of a request that must not meet errors."""
        result = await self.send(document, variables)
        if "errors" in result:
            raise Refused(result["errors"])
        return result["data"]

    async def fails(self, document: str, **variables: Any) -> Any:
        """The only error of a request that must meet one: its code, message and the rest."""
        result = await self.send(document, variables)
        (error,) = result["errors"]
        return error["extensions"] | {"message": error["message"], "data": result.get("data")}

    async def mutate(self, name: str, thing: str = "", /, **fields: Any) -> Any:
        """The payload of a mutation; `thing` is a selection beside position and errors."""
        document = mutation(name, thing)
        result = await self.send(document, {"input": {"commandId": str(uuid4())} | fields})
        if "errors" in result:
            raise Refused(result["errors"])
        return result["data"][name]

    async def do(self, name: str, thing: str = "", /, **fields: Any) -> Any:
        """The payload of a mutation that must not be refused."""
        payload = await self.mutate(name, thing, **fields)
        assert payload["errors"] == [], payload
        return payload

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[Socket]:
        """A WebSocket that has said nothing yet, and brings no header with a token."""
        protocol = Subprotocol("graphql-transport-ws")
        headers = {name: value for name, value in self.headers.items() if name != "authorization"}
        async with connect(
            f"ws://{self.base}/graphql",
            subprotocols=[protocol],
            additional_headers=headers,
            max_queue=None,  # whoever stops reading at a full queue would never hear the farewell
            compression=None,
        ) as connection:
            yield Socket(connection)

    @asynccontextmanager
    async def socket(self) -> AsyncIterator[Socket]:
        """A WebSocket that is acknowledged."""
        async with self.opened() as opened:
            params = {"authorization": self.headers.get("authorization")}
            await opened.say(type="connection_init", payload=params)
            assert await opened.hear() == {"type": "connection_ack"}
            yield opened

    @asynccontextmanager
    async def stream(
        self, document: str, last_event_id: str | None = None, **variables: Any
    ) -> AsyncIterator[AsyncIterator[Any]]:
        """The results of a subscription as server-sent events, each with the id of its frame as `id`."""
        headers = self.headers | {"accept": "text/event-stream"}
        if last_event_id is not None:
            headers["last-event-id"] = last_event_id
        body = {"query": document, "variables": variables}
        address = f"http://{self.base}/graphql"
        async with self.http.stream("POST", address, json=body, headers=headers, timeout=20) as answer:
            assert answer.status_code == 200, await answer.aread()
            async with aclosing(_frames(answer)) as frames:
                yield frames


async def _frames(answer: httpx.Response) -> AsyncGenerator[Any, None]:
    frame: dict[str, str] = {}
    async for line in answer.aiter_lines():
        name, _, value = line.partition(":")
        if line:
            frame[name] = value.removeprefix(" ")
            continue
        if frame.get("event") == "complete":
            return
        if "data" in frame:  # otherwise it was a comment
            yield json.loads(frame["data"]) | {"id": frame.get("id")}
        frame = {}


def mutation(name: str, thing: str = "") -> str:
    """A document for a mutation by its name."""
    kind = name[0].upper() + name[1:] + "Input"
    return f"mutation Do($input: {kind}!) {{ {name}(input: $input) {{ {thing} position {ERRORS} }} }}"


@dataclass
class Socket:
    """One WebSocket, message by message."""

    connection: ClientConnection

    async def say(self, **message: Any) -> None:
        """Send a message."""
        await self.connection.send(json.dumps(message))

    async def subscribe(self, document: str, identity: str = "1", **variables: Any) -> None:
        """Begin an operation."""
        await self.say(id=identity, type="subscribe", payload={"query": document, "variables": variables})

    async def hear(self) -> Any:
        """The next message that is no heartbeat."""
        async with asyncio.timeout(20):
            while (message := json.loads(await self.connection.recv()))["type"] == "ping":
                await self.say(type="pong")
            return message

    async def next(self) -> Any:
        """The data of the next result."""
        message = await self.hear()
        assert message["type"] == "next" and "errors" not in message["payload"], message
        return message["payload"]["data"]

    def cut(self) -> None:
        """Tear the line without a word."""
        self.connection.transport.abort()


@dataclass(frozen=True)
class Served:
    """A server at a port."""

    base: str
    http: httpx.AsyncClient = field(repr=False)

    def client(self, actor: Actor | None = None, **lasting: Any) -> Client:
        """Somebody with a token for an actor, or without any."""
        headers = {"authorization": f"Bearer {token(actor, **lasting)}"} if actor else {}
        return Client(self.base, self.http, headers)


@asynccontextmanager
async def served(
    database_url: str, settings: Settings = ALONE, trust: Trust | None = None
) -> AsyncIterator[Served]:
    """The application on a migrated database, in a thread of this process."""
    app = make_app(database_url, KEY, settings, trust)
    routes = open_routes.pop()
    config = uvicorn.Config(
        app, loop="uvloop", http=HttpConnection, ws=SocketConnection, log_level="warning", lifespan="on"
    )
    server = uvicorn.Server(config)
    loops: list[asyncio.AbstractEventLoop] = []

    def run(listener: socket.socket) -> None:
        with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
            loops.append(runner.get_loop())
            runner.run(server.serve(sockets=[listener]))

    async def started() -> bool:
        return server.started

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=run, args=(listener,), daemon=True)
        thread.start()
        try:
            await until(started)
            async with http_client() as http:
                yield Served(f"127.0.0.1:{listener.getsockname()[1]}", http)
        finally:
            await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(routes.close(), loops[0]))
            server.should_exit = True
            await asyncio.to_thread(thread.join, 15)
            assert not thread.is_alive()


def environment() -> dict[str, str]:
    """The environment of a command, with our key and nothing else said.

    Where Python is told to keep nothing that it compiles, it is kept among files of the tests: the workers of
    a server, and commands that are not forked, would each compile hundreds of modules anew.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    if kept.pop("PYTHONDONTWRITEBYTECODE", ""):
        kept["PYTHONPYCACHEPREFIX"] = str(COMPILED)
    return kept | {PREFIX + "KEY": KEY.hex()}


def address(database_url: str) -> str:
    """A database's URL as a user writes it, with both slashes before a host that is left out."""
    return re.sub("^postgresql:/(?!/)", "postgresql:///", database_url)


def run_chuishao(*arguments: object, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run the command to its end."""
    command = [str(CHUISHAO), *map(str, arguments)]
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as error:
        process = fork(command, environment() | environ, output, error)
        try:
            code = process.wait(120)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            raise
        output.seek(0)
        error.seek(0)
        return subprocess.CompletedProcess(command, code, output.read(), error.read())


def free_port() -> int:
    """A port that nobody uses at the moment."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


@dataclass
class Process:
    """`chuishao serve` as a process of its own."""

    served: Served
    arguments: tuple[object, ...]
    log: Path
    popen: Forked

    def client(self, actor: Actor | None = None) -> Client:
        """Somebody with a token for an actor, or without any."""
        return self.served.client(actor)

    @property
    def said(self) -> str:
        """What it wrote to standard output and error so far."""
        return self.log.read_text()

    def kill(self) -> None:
        """End it as `kill -9` does, with its workers if it has any."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.popen.pid, signal.SIGKILL)
        self.popen.wait(20)

    def terminate(self) -> int:
        """Tell it to stop; give its exit code."""
        self.popen.terminate()
        return self.popen.wait(20)


def begin(log: Path, *arguments: object) -> Forked:
    """Start the command with a session of its own; what it says goes to a file."""
    with log.open("ab") as output:
        return fork([str(CHUISHAO), *map(str, arguments)], environment(), output, output)


def start(log: Path, port: int, *arguments: object) -> Forked:
    """Start `chuishao serve`, not yet ready."""
    return begin(log, "serve", "--port", port, *arguments)


async def ready(process: Process) -> None:
    """Return once the process answers."""
    ask = Client(process.served.base, process.served.http)

    async def answers() -> bool:
        assert process.popen.poll() is None, process.said
        try:
            return "errors" not in await ask.send("{ log { head } }")
        except (httpx.TransportError, AssertionError):
            return False

    await until(answers, within=60)


@asynccontextmanager
async def process(folder: Path, *arguments: object, port: int | None = None) -> AsyncIterator[Process]:
    """A server process that answers; killed at the end if it still runs."""
    port = port or free_port()
    log = folder / f"serve-{port}.log"
    async with http_client() as http:
        server = Process(Served(f"127.0.0.1:{port}", http), arguments, log, start(log, port, *arguments))
        try:
            await ready(server)
            yield server
        finally:
            server.kill()
