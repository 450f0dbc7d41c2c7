"""PostgreSQL's own programs, pg_dump and its kin, told which database is meant."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from urllib.parse import parse_qsl, unquote, urlsplit

from chuishao.service.postgres_binaries import find_binaries
from chuishao.service.settings import WrongSetting

_VARIABLES = {
    "host": "PGHOST",
    "port": "PGPORT",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "dbname": "PGDATABASE",
    "sslmode": "PGSSLMODE",
}


def run_program(url: str, name: str, arguments: Sequence[str]) -> int:
    """Run a program of PostgreSQL on the database of a URL to its end; give its exit code."""
    binaries = find_binaries()
    if "/" in name or not os.access(binaries / name, os.X_OK):
        known = ", ".join(sorted(path.name for path in binaries.iterdir() if path.name.startswith("p")))
        raise WrongSetting(f"PostgreSQL has no program {name!a}; there are {known}")
    return subprocess.run([binaries / name, *arguments], env=named_in(url), check=False).returncode  # noqa: S603


def named_in(url: str) -> dict[str, str]:
    """Our environment, with the database of a URL where PostgreSQL's programs look for it.

    A password does not stand on a command line, where every user of the machine could read it.
    """
    parts = urlsplit(url)
    told = {"host": parts.hostname, "port": parts.port, "user": parts.username, "password": parts.password}
    told |= {"dbname": parts.path.removeprefix("/")}
    told |= {name: value for name, value in parse_qsl(parts.query) if name in _VARIABLES}
    given = {_VARIABLES[name]: unquote(str(value)) for name, value in told.items() if value}
    return os.environ | given
