"""The files of the embedded PostgreSQL: made whole or not at all, refused if another major version's."""

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

from chuishao.service.postgres_binaries import PostgresUnavailable, binaries_of_major, major_version
from chuishao.service.privileges import Identity

NAME = "chuishao"  # of the database and of its user
ENVIRONMENT = ("PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")


def environment() -> dict[str, str]:
    """Return what PostgreSQL sees of our environment: no secrets, no PG* and no locale of the caller."""
    kept = {name: os.environ[name] for name in ENVIRONMENT if name in os.environ}
    return {**kept, "LC_ALL": "C", "TZ": "UTC"}


def is_empty(cluster: Path) -> bool:
    """Return whether a cluster is still to be made in this folder."""
    return not cluster.exists() or not any(cluster.iterdir())


def create_cluster(cluster: Path, binaries: Path, identity: Identity, lock: int) -> None:
    """Make the cluster with its database beside the folder and move it there when it is complete and on disk.

    The programs inherit the lock, so that the leftover of an interrupted start is never cleared under them.
    """
    partial = cluster.with_name("postgres.partial")
    if partial.exists():
        shutil.rmtree(partial)
    partial.mkdir(mode=0o700)
    identity.take(partial)
    place = ("-D", str(partial))
    initdb = identity.command(binaries / "initdb", *place, *initdb_arguments(major_version(binaries)))
    _run(initdb, "", lock)
    single_user = ("--single", *place, "-c", "exit_on_error=on", "template1")
    _run(
        identity.command(binaries / "postgres", *single_user),
        f"CREATE DATABASE {NAME} STRATEGY file_copy",
        lock,
    )
    partial.replace(cluster)
    _flush(cluster.parent)


def initdb_arguments(major: int) -> list[str]:
    """Return how a cluster is made: Chinese letters are letters (pg_trgm needs it), order by code point."""
    letters = "en_US.UTF-8" if sys.platform == "darwin" else "C.UTF-8"
    arguments = [f"--username={NAME}", "--auth-local=trust", "--auth-host=reject", "--data-checksums"]
    arguments += ["--encoding=UTF8", "--locale=C", f"--lc-ctype={letters}", "--no-instructions"]
    if major >= 17:  # noqa: PLR2004 - the first with a provider that does not depend on the C library
        arguments += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    return arguments


def refuse_other_major(cluster: Path, binaries: Path, identity: Identity) -> None:
    """Raise, with the commands that upgrade it, if another major version made the cluster."""
    version_file = cluster / "PG_VERSION"
    if not version_file.exists():
        raise PostgresUnavailable(
            f"{cluster} holds something else than PostgreSQL's files; choose another folder"
        )
    theirs, ours = int(version_file.read_text().partition(".")[0]), major_version(binaries)
    if theirs == ours:
        return
    made = f"{cluster} was made by PostgreSQL {theirs}, but {binaries} is PostgreSQL {ours}."
    if theirs > ours:
        raise PostgresUnavailable(f"{made} Install PostgreSQL {theirs}: an older one cannot read its data.")
    commands = upgrade_commands(cluster, binaries, theirs, identity)
    raise PostgresUnavailable(f"{made}\nTo upgrade it:\n{commands}")


def upgrade_commands(cluster: Path, binaries: Path, theirs: int, identity: Identity) -> str:
    """Return the shell commands that upgrade the cluster in place and keep the old one beside it."""
    old = binaries_of_major(theirs)
    place = shlex.quote(str(old)) if old else f"/path/to/bin  # of PostgreSQL {theirs}, to be installed first"
    initdb = shlex.join(initdb_arguments(major_version(binaries)))
    lines = [
        identity.shell(),
        f"cd {shlex.quote(str(cluster.parent))}",
        f"OLD={place}",
        f"NEW={shlex.quote(str(binaries))}",
        f"$NEW/initdb {initdb} -D postgres.new",
        f"$NEW/pg_upgrade -b $OLD -B $NEW -d postgres -D postgres.new -U {NAME} --socketdir=/tmp",
        f"mv postgres postgres.{theirs} && mv postgres.new postgres",
    ]
    return "\n".join(f"  {line}" for line in lines if line)


def _run(command: list[str], text: str, lock: int) -> None:
    """Run one of PostgreSQL's programs to its end, out of the terminal's reach; raise with what it said."""
    done = subprocess.run(  # noqa: S603
        command,
        input=text,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        env=environment(),
        pass_fds=(lock,),
        start_new_session=True,
    )
    if done.returncode != 0:
        raise PostgresUnavailable(f"PostgreSQL could not make its files:\n{done.stdout.strip()}")


def _flush(folder: Path) -> None:
    """Bring the folder's own entries to disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
