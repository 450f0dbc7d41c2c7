"""备份与恢复 Backups: PostgreSQL's programs on the right database, and erasing anew after a restore."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID, uuid4

import typer

from chuishao.commands.erasure import EraseSubject
from chuishao.commands.execution import Envelope, Executor
from chuishao.domain.actor import SYSTEM
from chuishao.domain.erasure import ErasureGround, PersonalTextErased
from chuishao.domain.identity import erasure_id
from chuishao.domain.refusal import NothingKept
from chuishao.eventlog.erasure import scrub
from chuishao.eventlog.export_format import BadExport, parse_header
from chuishao.eventlog.log import EventLog
from chuishao.eventlog.mapper import decode
from chuishao.service.cli.app import app
from chuishao.service.cli.running import console, run_on_log
from chuishao.service.database import database
from chuishao.service.keys import load_key
from chuishao.service.options import told
from chuishao.service.postgres_programs import run_program
from chuishao.service.settings import Settings, WrongSetting

UNKNOWN_OPTIONS = {"ignore_unknown_options": True}


@app.command(context_settings=UNKNOWN_OPTIONS)
@told("database_url", "data_dir")
def postgres(
    settings: Settings,
    program: Annotated[str, typer.Argument(help="pg_dump, pg_restore, pg_basebackup, psql, …")],
    arguments: Annotated[list[str] | None, typer.Argument(help="What it is told.")] = None,
) -> None:
    """Run one of PostgreSQL's own programs on the database, whether embedded or at a URL."""
    with database(settings) as url:
        code = run_program(url, program, arguments or [])
    raise typer.Exit(code)


@dataclass(frozen=True)
class Erased:
    """What an export says of one erasure."""

    subject: UUID
    identity: UUID
    ground: ErasureGround


@app.command("erase-again")
@told("database_url", "data_dir")
def erase_again(
    settings: Settings,
    file: Annotated[Path, typer.Argument(help="An export of the log that is newer than the backup.")],
) -> None:
    """Erase whom a newer export of the log says were erased, after an older backup was restored."""
    wanted = list(_erasures(file))

    async def work(log: EventLog) -> None:
        executor = Executor(log, load_key(settings.data_dir))
        done = [one for one in wanted if await _erased_now(log, executor, one)]
        if done:
            await scrub(log)
        console.print(
            f"{len(wanted):,} erasures in {file.name}; {len(done):,} were missing and are made anew, "
            f"{len(wanted) - len(done):,} were there or had nothing to erase."
        )

    run_on_log(settings, work)


async def _erased_now(log: EventLog, executor: Executor, erased: Erased) -> bool:
    """Erase a person unless that very erasure is in the log: what came after it must stay."""
    if await log.version(erasure_id(erased.identity)):
        return False
    command = EraseSubject(subject_id=erased.subject, reason=erased.ground)
    try:
        await executor.execute(command, Envelope(uuid4(), SYSTEM))
    except NothingKept:
        return False
    return True


def _erasures(file: Path) -> Iterator[Erased]:
    try:
        with gzip.open(file) if file.suffix == ".gz" else file.open("rb") as lines:
            parse_header(lines.readline())
            for line in lines:
                if PersonalTextErased.TOPIC.encode() in line:
                    yield from _erasure(json.loads(line))
    except (OSError, EOFError, ValueError, KeyError, BadExport) as error:
        raise WrongSetting(f"{file} is not a whole export of a log: {error}") from error


def _erasure(line: dict[str, Any]) -> Iterator[Erased]:
    if line.get("type") == PersonalTextErased.TOPIC:
        event = decode(UUID(line["stream"]), line["version"], line["type"], line["data"].encode())
        if isinstance(event, PersonalTextErased):
            yield Erased(event.subject, event.identity, ErasureGround(event.ground))
