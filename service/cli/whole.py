"""Files that are there once all of them is written, and not before."""

from __future__ import annotations

import gzip
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Annotated, TypeAlias

import typer

from chuishao.service.cli import end

Force: TypeAlias = Annotated[bool, typer.Option("--force", help="Replace the file if it exists.")]


@contextmanager
def whole(to: Path) -> Iterator[Path]:
    """A path beside a file, under which it is to be written; at the end of the block it takes its name."""
    part = to.with_name(f".{to.name}.{os.getpid()}.part")
    try:
        yield part
        with part.open("rb+") as raw:
            os.fsync(raw.fileno())
        part.replace(to)
    except OSError as error:
        end(f"{to} cannot be written: {error.strerror or error}")
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def whole_file(to: Path, *, private: bool = False) -> Iterator[IO[bytes] | gzip.GzipFile]:
    """A file that is there when all of it is written; compressed if it is named .gz.

    A private one is for whoever writes it alone.
    """
    with whole(to) as part, part.open("xb") as raw, ExitStack() as opened:
        if private:
            os.fchmod(raw.fileno(), 0o600)
        yield opened.enter_context(_packed(raw)) if to.suffix == ".gz" else raw


def require_free(to: Path, force: bool) -> None:
    """End the program where a file exists that is not to be replaced."""
    if to.exists() and not force:
        end(f"{to} exists; choose another name, or replace it with --force")


def _packed(raw: IO[bytes]) -> gzip.GzipFile:
    return gzip.GzipFile(filename="", mode="wb", fileobj=raw, compresslevel=4, mtime=0)
