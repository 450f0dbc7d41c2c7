"""Erasing what is kept about a person."""

from __future__ import annotations

import sys
from typing import Annotated
from uuid import UUID, uuid4

import typer
from rich.table import Table

from chuishao.commands.cases import resident_subject
from chuishao.commands.erasure import EraseSubject, subject_of
from chuishao.commands.execution import Envelope, Executor
from chuishao.domain.actor import SYSTEM, Actor
from chuishao.domain.catalogue import title
from chuishao.domain.erasure import ErasureGround
from chuishao.domain.event import SHORT_TEXT, written
from chuishao.domain.refusal import NothingKept
from chuishao.domain.vocabulary import Role
from chuishao.eventlog.connection import connected
from chuishao.eventlog.erasure import Kept, kept_about, scrub
from chuishao.eventlog.log import EventLog
from chuishao.service.cli.app import app
from chuishao.service.cli.running import console, run_on_log
from chuishao.service.keys import load_key
from chuishao.service.options import told
from chuishao.service.settings import Settings, WrongSetting

REMAINS = (
    "Backups, dumps and archived WAL from before still hold the key: let them expire, and erase again after"
    " restoring one."
)
UNSCRUBBED = "The files of the database hold its bytes until `chuishao scrub`, for a quiet hour. "


@app.command()
@told("database_url", "data_dir")
def erase(
    settings: Settings,
    subject: Annotated[
        str,
        typer.Argument(help="Number or UUID of a case, UUID of a whistle, a grid worker, or a subject."),
    ],
    reason: Annotated[
        ErasureGround,
        typer.Option(
            help="The ground in law; it is kept for ever, so there is no free text.", case_sensitive=False
        ),
    ],
    resident: Annotated[
        bool, typer.Option("--resident", help="SUBJECT is the identifier of a resident's account.")
    ] = False,
    actor: Annotated[str, typer.Option(help="Identifier of the administrator who erases.")] = SYSTEM.id,
    scrubbed: Annotated[
        bool, typer.Option("--scrub", help="Take it out of the database's files at once.")
    ] = (False),
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Erase every word that is kept about a person, for good; say first what that is."""
    if not yes and not sys.stdin.isatty():
        raise WrongSetting("nobody can be asked whether to erase; add --yes if that is decided")
    key = load_key(settings.data_dir)

    async def work(log: EventLog) -> None:
        identifier = resident_subject(key, subject) if resident else await named(log, subject)
        person = await subject_of(log, identifier)
        kept = await kept_about(log, (await log.identities.all(person))[-1])
        if kept:
            console.print(shown(kept))
            if not yes:
                typer.confirm(f"Erase this for good ({reason.zh} {reason.en})?", abort=True)
        by = Actor(written("actor", actor, SHORT_TEXT), Role.ADMINISTRATOR, "")
        command = EraseSubject(subject_id=identifier, reason=reason)
        done = await Executor(log, key).execute(command, Envelope(uuid4(), by))
        what = f"Erased at position {done.position:,}" if kept else "All of it was erased before"
        console.print(f"{what}: subject {person}.", soft_wrap=True, highlight=False)
        if scrubbed:
            await scrub(log)
        console.print(REMAINS if scrubbed else UNSCRUBBED + REMAINS)

    run_on_log(settings, work)


@app.command("scrub")
@told("database_url", "data_dir")
def scrub_files(settings: Settings) -> None:
    """Take erased keys and words out of the files of the database; writers and readers wait meanwhile."""

    async def work(log: EventLog) -> None:
        tables = await scrub(log)
        console.print(f"Rewritten: {', '.join(tables)}.")

    run_on_log(settings, work)


async def named(log: EventLog, text: str) -> UUID:
    """What a person means by a text: the number of a case, or an identifier."""
    if text.isascii() and text.isdigit():
        async with connected(log.pool) as connection:
            found: UUID | None = await connection.fetchval(
                "SELECT id FROM cases.case_row WHERE number = $1::numeric", text
            )
        if found is None:
            raise NothingKept("subject", id=text)
        return found
    try:
        return UUID(text)
    except ValueError:
        raise WrongSetting(
            f"{text!r} is neither the number of a case nor a UUID; for a resident's account add --resident"
        ) from None


def shown(kept: list[Kept]) -> Table:
    """What is kept, by kind of event; never a word of it."""
    table = Table(title=f"What is kept about this person: {sum(entry.events for entry in kept):,} events")
    for heading in ("event", "events", "cases"):
        table.add_column(heading, justify="left" if heading == "event" else "right")
    for entry in kept:
        table.add_row(f"{title(entry.type).zh} {entry.type}", f"{entry.events:,}", f"{entry.cases:,}")
    return table
