"""What commands share: the console, the errors a person can mend, work on the log of a ready database."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from typing import Any, NoReturn

from rich.console import Console

from chuishao.eventlog.log import EventLog
from chuishao.service.database import database, make_ready, opened
from chuishao.service.demo import progress_bar
from chuishao.service.keys import load_key
from chuishao.service.settings import Settings

console = Console(width=None if sys.stdout.isatty() else 110)


def end(message: str) -> NoReturn:
    """End the program with one line about what went wrong, and exit code 2."""
    if message:  # help that was printed says it all
        print(f"chuishao: {message}", file=sys.stderr)  # noqa: T201
    raise SystemExit(2) from None


def run_on_log(settings: Settings, work: Callable[[EventLog], Awaitable[None]]) -> None:
    """Run some work on the log of a migrated database."""

    async def inside(url: str) -> None:
        async with opened(url) as log:
            await show_ready(log, settings)
            await work(log)

    with database(settings) as url:
        asyncio.run(inside(url))


async def show_ready(log: EventLog, settings: Settings) -> None:
    """Bring the database to this version, with a bar where a read model is made anew."""
    bar = progress_bar(console)
    tasks: dict[str, Any] = {}

    def show(name: str, position: int, head: int) -> None:
        bar.start()
        if name not in tasks:
            tasks[name] = bar.add_task(f"Rebuilding {name}", total=head)
        bar.update(tasks[name], completed=position, total=head)

    try:
        await make_ready(log, load_key(settings.data_dir), show)
    finally:
        if tasks:
            bar.stop()
