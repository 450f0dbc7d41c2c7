"""核验 Checking an exported log: without a database, without settings, without us."""

from __future__ import annotations

import base64
import gzip
import io
import sys
import zlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import IO, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from chuishao.eventlog.export_format import BadExport
from chuishao.eventlog.note import COSIGNATURE, ED25519, BadNote, Verifier, parse_note, parse_verifier
from chuishao.eventlog.verification import FROM_FILE, Kept, Report
from chuishao.eventlog.verification import verify as verify_lines
from chuishao.service.cli import end
from chuishao.service.cli.app import app

SHOWN = 20
"""Findings that are listed; the others are counted."""
LONGEST_LINE = 1 << 26
GZIP = b"\x1f\x8b"
UNREADABLE = (OSError, EOFError, zlib.error)


@app.command()
def verify(
    file: Annotated[Path, typer.Argument(help="The file that `chuishao export log` wrote.")],
    checkpoint: Annotated[
        list[Path] | None, typer.Option(help="A checkpoint that you kept; several, if you have them.")
    ] = None,
    key: Annotated[
        list[str] | None, typer.Option(help="The log's public key as you know it; several, if it changed.")
    ] = None,
    witness: Annotated[
        list[str] | None, typer.Option(help="The key of a witness whose signature you ask for; several.")
    ] = None,
) -> None:
    """Check an exported log without a database. Exit code 0: untouched, 1: damaged, 2: no whole export."""
    keys = [_key(text, "key", ED25519) for text in key or []]
    witnesses = [_key(text, "witness", COSIGNATURE) for text in witness or []]
    kept = [_kept(path) for path in checkpoint or []]
    try:
        report = _verified(file, kept, keys, witnesses)
    except BadExport as error:
        end(f"{file} cannot be verified: {error}")
    except UNREADABLE as error:
        end(f"{file} cannot be read: {getattr(error, 'strerror', None) or error}")
    findings = report.damage.told()
    more = max(0, len(findings) - SHOWN) + report.damage.more
    for line in (*findings[:SHOWN], *([f"and {more:,} more"] if more else []), *_told(report)):
        sys.stdout.write(f"{line}\n")
    if findings:
        sys.stdout.write(f"DAMAGED 有损坏: {len(findings) + report.damage.more:,} found\n")
        raise typer.Exit(1)
    if report.events and report.sealed is None:
        end(f"{file} cannot be verified: no checkpoint that holds stands for any of its events")
    sys.stdout.write("UNTOUCHED 未见改动\n")


def _told(report: Report) -> Iterator[str]:
    """What was checked, in words."""
    yield f"log {report.header.origin}: {report.events:,} events"
    names = ", ".join(str(anchor) for anchor in report.kept) or "none that you kept"
    yield f"checkpoints that hold: {report.in_file:,} in the file; {names}"
    if report.sealed is not None:
        root = base64.b64encode(report.sealed.root).decode()
        yield f"newest of them: {report.sealed.size:,} events, root {root}"
    for name, (size, moment) in report.witnessed.items():
        at = datetime.fromtimestamp(moment, UTC).isoformat()
        yield f"witnessed by {name}: {size:,} events, at {at}"
    if report.unsealed:
        yield f"not yet sealed: the last {report.unsealed:,}; nothing is signed over them"
    for each in report.believed:
        yield f"key {each}: {report.why}"
    if report.why == FROM_FILE:
        yield "not proved: that this key is the log's. Compare it, or give --key or --checkpoint"
    elif not report.kept:
        yield "not proved: that nothing was rewritten and signed anew. Give --checkpoint, one that you kept"


def _verified(
    file: Path, kept: Sequence[Kept], keys: Sequence[Verifier], witnesses: Sequence[Verifier]
) -> Report:
    with file.open("rb") as raw, _bar() as bar:
        task = bar.add_task("Verifying 核验", total=file.stat().st_size or None)
        tick = partial(_show, bar, task, raw)
        return verify_lines(_lines(raw), kept, keys, witnesses, tick)


def _show(bar: Progress, task: TaskID, raw: IO[bytes]) -> None:
    bar.update(task, completed=raw.tell())


def _bar() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    return Progress(*columns, console=console, disable=not console.is_terminal)


def _lines(raw: IO[bytes]) -> Iterator[bytes]:
    packed = raw.read(len(GZIP)) == GZIP
    raw.seek(0)
    lines = io.BufferedReader(gzip.GzipFile(fileobj=raw), 1 << 20) if packed else raw
    while line := lines.readline(LONGEST_LINE):
        yield line


def _key(text: str, option: str, kind: int) -> Verifier:
    try:
        key = parse_verifier(text)
    except BadNote as error:
        end(f"--{option} cannot be used: {error}")
    if key.kind != kind:
        end(f"--{option} cannot be used: {key.name} is a key of a {'witness' if option == 'key' else 'log'}")
    return key


def _kept(path: Path) -> Kept:
    try:
        return Kept(path.name, parse_note(path.read_bytes().decode()))
    except OSError as error:
        end(f"{path} cannot be read: {error.strerror}")
    except (BadNote, UnicodeError) as error:
        end(f"{path} is no checkpoint: {error}")
