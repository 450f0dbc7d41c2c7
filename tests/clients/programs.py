"""Programs of the clients: run to their end, or spoken to while they run."""

from __future__ import annotations

import asyncio
import json
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.clients.installation import CLIENTS, node, node_environment

PATIENCE = 120


@dataclass(frozen=True)
class Ended:
    """What a program left behind."""

    code: int
    out: str
    err: str

    @property
    def said(self) -> str:
        """Everything it wrote."""
        return self.out + self.err


async def run(
    *command: str | Path, folder: Path = CLIENTS, environ: Mapping[str, str] | None = None, stdin: str = ""
) -> Ended:
    """Run a program to its end, whatever that is."""
    everything = node_environment() | dict(environ or {})
    program = await asyncio.create_subprocess_exec(
        *command, cwd=folder, env=everything, stdin=PIPE, stdout=PIPE, stderr=PIPE
    )
    try:
        async with asyncio.timeout(PATIENCE):
            out, err = await program.communicate(stdin.encode())
    finally:
        end(program)
    assert program.returncode is not None
    return Ended(program.returncode, out.decode(), err.decode())


async def succeed(*command: str | Path, **how: Any) -> str:
    """What a program prints that must end well."""
    ended = await run(*command, **how)
    assert ended.code == 0, ended.said
    return ended.out


async def play(script: str, scenario: str, given: object) -> Any:
    """What one scenario of a script for Node saw."""
    out = await succeed(node(), script, scenario, json.dumps(given))
    return json.loads(out.splitlines()[-1])


@dataclass(frozen=True)
class Playing:
    """A scenario that tells what it sees while it runs."""

    program: Process

    async def hear(self) -> Any:
        """What it tells next."""
        assert self.program.stdout and self.program.stderr
        async with asyncio.timeout(PATIENCE):
            line = await self.program.stdout.readline()
            assert line, (await self.program.stderr.read()).decode()
        return json.loads(line)

    async def hear_until(self, last: object) -> list[Any]:
        """What it tells up to and with the last thing awaited."""
        heard = [await self.hear()]
        while heard[-1] != last:
            heard.append(await self.hear())
        return heard


@asynccontextmanager
async def playing(script: str, scenario: str, given: object) -> AsyncIterator[Playing]:
    """One scenario of a script for Node, while it runs; ended with the block."""
    command = (node(), script, scenario, json.dumps(given))
    program = await asyncio.create_subprocess_exec(
        *command, cwd=CLIENTS, env=node_environment(), stdin=DEVNULL, stdout=PIPE, stderr=PIPE
    )
    try:
        yield Playing(program)
    finally:
        end(program)
        await program.communicate()


def end(program: Process) -> None:
    """End a program that still runs."""
    if program.returncode is None:
        program.kill()
