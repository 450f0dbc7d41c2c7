"""Writing the dossier of a case: one page that stands alone."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from chuishao.domain.sight import SHOWN, Reading
from chuishao.domain.vocabulary import Role
from chuishao.eventlog.log import EventLog
from chuishao.service.cli import end
from chuishao.service.cli.app import app
from chuishao.service.cli.language import Shown, chosen
from chuishao.service.cli.running import console, on_log
from chuishao.service.cli.whole import Force, require_free, whole_file
from chuishao.service.options import told
from chuishao.service.settings import Settings


@app.command()
@told("database_url", "data_dir")
def dossier(
    settings: Settings,
    case: Annotated[str, typer.Argument(help="Number or UUID of the case.")],
    to: Annotated[Path, typer.Option(help="The file to write, as HTML.")],
    language: Annotated[
        Shown | None, typer.Option(help="Show only this language; both, with a switch, if left out.")
    ] = None,
    role: Annotated[
        Role,
        typer.Option(
            "--for", help="Whom it is for: it shows what this role may read of a case.", case_sensitive=False
        ),
    ] = Role.AUDITOR,
    with_texts: Annotated[
        bool, typer.Option("--with-texts", help="With words about people, for a role that may read them.")
    ] = False,
    force: Force = False,
) -> None:
    """Write the dossier of a case: who was responsible, its course, limits, events, and their proof."""
    if with_texts and role not in SHOWN[Reading.WORDS]:
        readers = ", ".join(sorted(each.value for each in SHOWN[Reading.WORDS]))
        end(
            f"{role.value} reads no words about people; leave out --with-texts, or say --for one of {readers}"
        )
    require_free(to, force)

    async def work(log: EventLog) -> None:
        from chuishao.service.dossier.page import page  # noqa: PLC0415 help waits for no schema
        from chuishao.service.dossier.reading import NoSuchCase, gathered  # noqa: PLC0415

        try:
            found = await gathered(log, case, role, datetime.now(UTC), with_texts=with_texts)
        except NoSuchCase as unknown:
            end(str(unknown))
        text = page(found, chosen(language))
        with whole_file(to, private=with_texts) as file:
            file.write(text.encode())
        proved = f"{len(found.proofs)} of {len(found.events)} events proved"
        console.print(
            f"The dossier of case {found.number} is in {to}: {proved}.", soft_wrap=True, highlight=False
        )

    on_log(settings, work)
