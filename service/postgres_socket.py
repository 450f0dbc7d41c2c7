"""Where clients meet the embedded PostgreSQL: a private folder with a socket whose path is short enough."""

import hashlib
import os
import re
import stat
import tempfile
from pathlib import Path
from urllib.parse import quote, urlencode

from chuishao.service.postgres_binaries import PostgresUnavailable
from chuishao.service.privileges import Identity

PORT = 5432  # only names the socket: nothing listens on the network
LONGEST_FOLDER = 88  # bytes; the socket's own name takes 14 of the 103 that macOS leaves
PLAIN = re.compile(
    r"[\w./@+~-]+", re.ASCII
)  # a comma would be two hosts to a client and two folders to PostgreSQL


def socket_folder(data_dir: Path, identity: Identity) -> Path:
    """Return an empty private folder: in the data folder, or in the temporary one if that is long or odd.

    Only for who holds the lock of the data folder: a socket that is left here has no server any more, and its
    lock names a process by a number that an innocent one may have now.
    """
    name = f"chuishao-{os.geteuid()}-{hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:12]}"
    candidates = (data_dir / "run", Path(tempfile.gettempdir(), name))
    folder = next(filter(_is_suitable, candidates), Path("/tmp", name))  # noqa: S108 - checked to be ours below
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    ours = stat.S_ISDIR(found.st_mode) and found.st_uid in (os.geteuid(), identity.owner)
    if not ours or found.st_mode & 0o077:
        raise PostgresUnavailable(f"{folder} is not a private folder of ours; remove it")
    for leftover in folder.glob(".s.PGSQL.*"):
        leftover.unlink()
    identity.take(folder)
    return folder


def url(folder: Path, name: str) -> str:
    """Return the address of the database and user of this name, in the form that asyncpg and libpq share."""
    query = {"host": str(folder), "port": PORT, "user": name, "sslmode": "disable"}
    return f"postgresql:///{name}?{urlencode(query, quote_via=quote)}"


def _is_suitable(folder: Path) -> bool:
    return len(os.fsencode(folder)) <= LONGEST_FOLDER and PLAIN.fullmatch(str(folder)) is not None
