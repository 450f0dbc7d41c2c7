"""The frontend tour as a reader follows it: files written, commands run, their output compared."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.clients.installation import ROOT, node, node_environment
from tests.clients.programs import PATIENCE, Ended, run
from tests.served import until

TOUR = ROOT / "docs" / "frontend-tour.md"
DEMONSTRATION, SERVING = "make demo", "npm run dev"
_FENCED = re.compile(r"^```(\w+) ?(\S*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class File:
    """A block with a path behind its language."""

    path: str
    text: str


@dataclass(frozen=True)
class Command:
    """A block for the shell, with the block of text behind it: what it prints, `…` for anything."""

    text: str
    fails: bool
    prints: str


def steps() -> Iterator[File | Command]:
    """What the tour tells to write and to run, in its order."""
    blocks = _FENCED.findall(TOUR.read_text(encoding="utf-8"))
    for (language, note, text), (following, _, printed) in zip(
        blocks, [*blocks[1:], ("", "", "")], strict=True
    ):
        if language == "sh":
            yield Command(text.strip(), note == "fails", printed if following == "text" else "")
        elif language != "text":
            assert note, f"a block of the tour says neither what it is nor where it goes: {text[:60]}"
            yield File(note, text)


def assert_printed(command: Command, said: str) -> None:
    """Every line that the tour shows is there, in its order."""
    rest = said
    for line in command.prints.splitlines():
        pattern = ".*?".join(re.escape(part.strip()) for part in line.split("…"))
        found = re.search(pattern, rest)
        assert found, f"{command.text!r} does not print {line!r}, but: {said}"
        rest = rest[found.end() :]


def npm_beside(folder: Path) -> str:
    """A PATH on which a shell finds the wheel's Node, and its npm."""
    script = node().parent.parent / "lib/node_modules/npm/bin/npm-cli.js"
    program = folder / "npm"
    program.write_text(f'#!/bin/sh\nexec "{node()}" "{script}" "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    return f"{folder}:{node_environment()['PATH']}"


@dataclass
class Reader:
    """Somebody in an empty folder, with a server somewhere."""

    folder: Path
    environ: dict[str, str]

    async def follow(self, step: File | Command) -> Ended | None:
        """Do what one step says, but for what goes on in another terminal; give what a command said."""
        if isinstance(step, File):
            path = self.folder / step.path
            path.parent.mkdir(exist_ok=True)
            path.write_text(step.text, encoding="utf-8")
            return None
        if step.text in (DEMONSTRATION, SERVING):
            return None
        return await run("sh", "-ec", step.text, folder=self.folder, environ=self.environ)

    @asynccontextmanager
    async def serving(self, command: Command) -> AsyncIterator[str]:
        """The page's address, while it is served."""
        log = self.folder / "dev.log"
        program = self._begin(command, log)

        async def address() -> str:
            assert program.poll() is None, log.read_text()
            found = re.search(r"http://localhost:\d+/", log.read_text())
            return found[0] if found else ""

        try:
            at = await until(address, PATIENCE)
            assert_printed(command, log.read_text())
            yield at
        finally:
            os.killpg(program.pid, signal.SIGKILL)  # npm, its shell, and Vite
            program.wait()

    def _begin(self, command: Command, log: Path) -> subprocess.Popen[bytes]:
        with log.open("wb") as output:
            return subprocess.Popen(
                command.text.split(),
                cwd=self.folder,
                env=node_environment() | self.environ,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
