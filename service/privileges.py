"""Who PostgreSQL runs as: it refuses root, so root hands it to another user and opens no folder to others."""

import contextlib
import os
import pwd
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from chuishao.service.postgres_binaries import PostgresUnavailable

NOBODY = 65534


@dataclass(frozen=True)
class Identity:
    """The user that PostgreSQL runs as; `uid` and `gid` of a namespace are its own, inside."""

    kind: Literal["self", "user", "namespace"]
    uid: int = 0
    gid: int = 0

    def __str__(self) -> str:
        if self.kind == "user":
            return f"user {_name(self.uid)}"
        return "a user namespace" if self.kind == "namespace" else f"user {_name(os.geteuid())}"

    @property
    def owner(self) -> int:
        """The owner that its files have, seen from here."""
        return self.uid if self.kind == "user" else os.geteuid()

    def command(self, program: Path | str, *arguments: str) -> list[str]:
        """Return the command line that becomes the program under this identity and ends with this process."""
        launch = Path(__file__).with_name("launch.py")
        identity = f"{self.kind}:{self.uid}:{self.gid}"
        return [sys.executable, "-I", "-S", str(launch), identity, str(os.getpid()), str(program), *arguments]

    def shell(self) -> str:
        """Return what a person types first, to run PostgreSQL's own commands under this identity."""
        if self.kind == "user":
            return f"setpriv --reuid={self.uid} --regid={self.gid} --clear-groups sh"
        return f"unshare --map-user={self.uid} --map-group={self.gid} sh" if self.kind == "namespace" else ""

    def take(self, path: Path) -> None:
        """Make this identity the owner of a file or folder of ours and of all that is in it."""
        if self.kind != "user" or path.lstat().st_uid == self.uid:
            return
        inside = [
            Path(folder, name) for folder, folders, files in os.walk(path) for name in (*folders, *files)
        ]
        for step in (*inside, path):  # the path last: a walk that is cut short is walked again
            os.chown(step, self.uid, self.gid, follow_symlinks=False)


def choose_identity(data_dir: Path, cluster: Path, program: Path, ours: frozenset[str]) -> Identity:
    """Return an identity that can reach the data folder and the program.

    An existing cluster stays with its owner. Root prefers a user namespace, where files need no other owner.
    A data folder with nothing in it but the names in `ours` is given to the user if it is closed to it.
    """
    exists = cluster.exists()
    owner = (cluster if exists else data_dir).stat().st_uid
    euid = os.geteuid()
    if euid not in (0, owner):
        raise PostgresUnavailable(f"{data_dir} belongs to {_name(owner)}; run as that user or choose another")
    if euid != 0 and _is_known(euid):
        return Identity("self")
    reasons = []
    for identity in _candidates(owner, exists):
        obstacle = _obstacle(identity, data_dir, program)
        if identity.kind == "user" and obstacle == f"may not enter {data_dir}":
            if all(entry.name in ours for entry in data_dir.iterdir()):
                os.chown(data_dir, identity.uid, identity.gid)
            obstacle = _obstacle(identity, data_dir, program)
        if obstacle is None:
            return identity
        reasons.append(f"  {identity}: {obstacle}")
    raise PostgresUnavailable(
        f"PostgreSQL refuses to run as {_name(euid)}, and nobody else can run it here:\n"
        + "\n".join(reasons)
        + "\nRun as an ordinary user, move the folder, or name a PostgreSQL server by its URL."
    )


def _candidates(owner: int, exists: bool) -> Iterator[Identity]:
    """Yield whom to try, best first, when this process cannot run PostgreSQL as itself."""
    if owner not in (0, os.geteuid()) and (exists or _is_known(owner)):
        yield Identity("user", owner, _group(owner))
        if exists:
            return
    if sys.platform == "linux":
        known = next((user for user in pwd.getpwall() if user.pw_name == "nobody"), None)
        yield Identity("namespace", *((known.pw_uid, known.pw_gid) if known else (NOBODY, NOBODY)))
    if os.geteuid() == 0:
        for name in ("postgres", "nobody"):
            with contextlib.suppress(KeyError):
                yield Identity("user", pwd.getpwnam(name).pw_uid, pwd.getpwnam(name).pw_gid)
    elif exists:  # only initdb insists on an entry in the password database
        yield Identity("self")


def _obstacle(identity: Identity, data_dir: Path, program: Path) -> str | None:
    """Try the identity in a process of its own; return what is in its way, None if nothing is."""
    command = identity.command("--reach", str(data_dir), str(program))
    tried = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)  # noqa: S603
    return None if tried.returncode == 0 else tried.stderr.strip()


def _is_known(uid: int) -> bool:
    """Return whether the user has an entry in the password database."""
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def _name(uid: int) -> str:
    return pwd.getpwuid(uid).pw_name if _is_known(uid) else f"uid {uid}"


def _group(uid: int) -> int:
    return pwd.getpwuid(uid).pw_gid if _is_known(uid) else uid
