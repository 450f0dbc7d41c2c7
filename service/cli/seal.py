"""Sealing the log, and handing its checkpoints and the log itself out."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Annotated

import typer

from chuishao.eventlog import sealer
from chuishao.eventlog.connection import connected
from chuishao.eventlog.export import exported
from chuishao.eventlog.log import EventLog
from chuishao.eventlog.sealer import SealRefused, newest_checkpoint, signer_of
from chuishao.service.cli import end
from chuishao.service.cli.app import app
from chuishao.service.cli.running import console, on_log
from chuishao.service.cli.whole import Force, require_free, whole_file
from chuishao.service.demo import progress_bar
from chuishao.service.keys import load_key, load_seal_key
from chuishao.service.options import told
from chuishao.service.settings import Settings
from chuishao.service.witness import Witness, WitnessAway, WitnessRefused, witnessed


@app.command()
@told("database_url", "data_dir", "witness")
def seal(
    settings: Settings,
    new_key: Annotated[
        bool, typer.Option("--new-key", help="The key was replaced on purpose; auditors must be told.")
    ] = False,
) -> None:
    """Sign a checkpoint over whatever is recorded, and have it witnessed; exit code 1 where one refuses."""
    seed = load_seal_key(load_key(settings.data_dir))

    async def work(log: EventLog) -> None:
        try:
            sealed = await _sealed(log, seed, new_key)
        except SealRefused as refusal:
            _warn(f"the log is not sealed: {refusal}")
            raise typer.Exit(1) from refusal
        console.print(f"Sealed up to position {sealed:,}.")
        refused = [witness for witness in settings.witnesses if not await _witnessed(log, witness)]
        if refused:
            raise typer.Exit(1)

    on_log(settings, work)


async def _witnessed(log: EventLog, witness: Witness) -> bool:
    """Whether a witness has signed the newest checkpoint."""
    try:
        await witnessed(log, witness)
    except (WitnessRefused, WitnessAway) as error:
        _warn(f"witness {witness.key.name} does not sign: {error}")
        return False
    console.print(f"Witnessed by {witness.key.name}.")
    return True


async def _sealed(log: EventLog, seed: bytes, new_key: bool = False) -> int:
    """Seal, with a bar; give the size of the newest checkpoint."""
    with progress_bar(console) as bar:
        task = bar.add_task("Sealing 封存", total=await log.head())

        def show(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        newest = await sealer.seal(log, seed, new_key=new_key, progress=show)
        bar.update(task, completed=newest.size if newest else 0)
    return newest.size if newest else 0


@app.command()
@told("database_url", "data_dir")
def checkpoint(
    settings: Settings,
    to: Annotated[Path | None, typer.Option(help="A file to write it to, instead of printing it.")] = None,
    key: Annotated[
        bool, typer.Option("--key", help="Print the public key that auditors verify with, instead.")
    ] = False,
) -> None:
    """Print the newest signed checkpoint of the log, for somebody else to keep."""
    seed = load_seal_key(load_key(settings.data_dir))
    found: list[str] = []

    async def work(log: EventLog) -> None:
        if key:
            found.append(f"{(await signer_of(log, seed)).verifier}\n")
            return
        async with connected(log.pool) as connection:
            newest = await newest_checkpoint(connection, log.id)
        if newest is None:
            end("there is no checkpoint yet; make one with `chuishao seal`")
        found.append(newest.text)

    on_log(settings, work)
    if to is None:
        sys.stdout.write("".join(found))
        return
    with whole_file(to) as file:
        file.write("".join(found).encode())


@told("database_url", "data_dir")
def export_log(
    settings: Settings,
    to: Annotated[Path, typer.Option(help="The file to write; compressed if it is named .gz.")],
    seal: Annotated[bool, typer.Option("--seal/--no-seal", help="Seal what is recorded first.")] = True,
    force: Force = False,
) -> None:
    """Write the whole log to a file that `chuishao verify` checks without a database."""
    require_free(to, force)
    seed = load_seal_key(load_key(settings.data_dir))

    async def work(log: EventLog) -> None:
        if seal:
            try:
                await _sealed(log, seed)
            except SealRefused as refusal:
                _warn(f"the log is exported as it is, for it cannot be sealed: {refusal}")
        with whole_file(to) as file, progress_bar(console) as bar:
            task = bar.add_task("Exporting 导出", total=None)
            async for done, page in exported(log):
                await asyncio.to_thread(file.write, page.encode())
                bar.update(task, completed=done, total=bar.tasks[task].total or done)
        console.print(f"The log up to position {done:,} is in {to}.", soft_wrap=True, highlight=False)

    on_log(settings, work)


def _warn(message: str) -> None:
    print(f"chuishao: {message}", file=sys.stderr)  # noqa: T201
