"""The embedded PostgreSQL: a server of our own on a unix socket, started and ended with this process.

Linux and macOS; on Windows use WSL or a PostgreSQL server by its URL.

    with EmbeddedPostgres.start(Path(".chuishao")) as database:
        await asyncpg.connect(database.url)

The data folder holds `postgres` (the cluster), `postgres.log` (this run), `postgres.log.1` (the run before),
`postgres.lock` and `run` (the socket). Whoever holds the lock may touch the cluster: PostgreSQL inherits it,
so it is free only when the last process of PostgreSQL on this folder is gone, whatever postmaster.pid says.
"""

import atexit
import contextlib
import fcntl
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from chuishao.service.postgres_binaries import PostgresUnavailable, find_binaries
from chuishao.service.postgres_cluster import NAME, create_cluster, environment, is_empty, refuse_other_major
from chuishao.service.postgres_process import is_postgres, is_running, owner_of, read_claim, start_arguments
from chuishao.service.postgres_socket import PORT, socket_folder, url
from chuishao.service.privileges import choose_identity

__all__ = ["EmbeddedPostgres", "PostgresUnavailable", "find_binaries"]

SETTINGS = {
    "listen_addresses": "",
    "port": PORT,
    "unix_socket_permissions": "0700",
    "max_connections": 200,
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "hot_standby": "off",  # what is recovered from a backup is shown when it has reached its moment
    "random_page_cost": 1.1,
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    # Statements and their values hold personal text, which has no place in a log.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_parameter_max_length": 0,
    "log_parameter_max_length_on_error": 0,
}
FILES = frozenset({"postgres", "postgres.partial", "postgres.log", "postgres.log.1", "postgres.lock", "run"})
SECONDS_FOR_RECOVERY = 300
SECONDS_FOR_OTHERS = 60
SECONDS_FOR_SHUTDOWN = 30
SECONDS_BETWEEN_LOOKS = 0.005


class EmbeddedPostgres:
    """A running PostgreSQL, ours to stop or another's that we share; `url` suits asyncpg and libpq."""

    def __init__(self, url: str, process: subprocess.Popen[bytes] | None) -> None:
        self.url = url
        self._process = process
        self._owner = os.getpid()
        atexit.register(self.stop)

    @classmethod
    def start(cls, data_dir: Path) -> Self:
        """Start PostgreSQL on the data folder, which is made if need be, or share the one that runs there.

        Must be called from the main thread: the kernel ends PostgreSQL with the thread that started it.
        Raises PostgresUnavailable.
        """
        if threading.current_thread() is not threading.main_thread():
            raise RuntimeError("EmbeddedPostgres.start must be called from the main thread")
        data_dir = data_dir.resolve()
        cluster = data_dir / "postgres"
        try:
            with _lock_file(data_dir) as lock:
                shared = _lock_or_share(lock, cluster)
                if shared is not None:
                    return cls(url(shared, NAME), None)
                return cls._start(data_dir, cluster, lock)
        except OSError as error:
            raise PostgresUnavailable(f"PostgreSQL cannot run on {data_dir}: {error}") from error

    @classmethod
    def _start(cls, data_dir: Path, cluster: Path, lock: int) -> Self:
        binaries = find_binaries()
        identity = choose_identity(data_dir, cluster, binaries / "postgres", FILES)
        identity.take(data_dir / "postgres.lock")
        _clear_stale_claim(cluster)
        if is_empty(cluster):
            create_cluster(cluster, binaries, identity, lock)
        refuse_other_major(cluster, binaries, identity)
        identity.take(cluster)
        sockets = socket_folder(data_dir, identity)
        settings = {**SETTINGS, "unix_socket_directories": sockets}
        arguments = start_arguments(cluster, os.getpid())
        arguments += [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        log = data_dir / "postgres.log"
        with _fresh_log(log) as output:
            process = subprocess.Popen(  # noqa: S603
                identity.command(binaries / "postgres", *arguments),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=environment(),
                pass_fds=(lock,),
                start_new_session=True,  # Ctrl-C in the terminal is for us, not for PostgreSQL
            )
        database = cls(url(sockets, NAME), process)
        try:
            _wait_until_ready(process, cluster, log)
        except BaseException:
            database.stop()
            raise
        identity.take(log)
        return database

    @property
    def shared(self) -> bool:
        """Whether another process, or another call, started this PostgreSQL and will stop it."""
        return self._process is None

    def stop(self) -> None:
        """End PostgreSQL and wait for it; nothing happens if it is shared or has ended already."""
        atexit.unregister(self.stop)
        process = self._process
        if process is None or self._owner != os.getpid():  # a forked child has no say
            return
        fast, immediate = signal.SIGINT, signal.SIGQUIT
        for request in (fast, immediate, signal.SIGKILL):
            if process.poll() is None:
                process.send_signal(request)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(SECONDS_FOR_SHUTDOWN)
                return

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


@contextlib.contextmanager
def _lock_file(data_dir: Path) -> Iterator[int]:
    """Open the lock file of the data folder; PostgreSQL keeps its own copy when ours is closed."""
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(data_dir / "postgres.lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _lock_or_share(lock: int, cluster: Path) -> Path | None:
    """Wait until the lock is ours (None) or the PostgreSQL that has it can be shared (its socket folder)."""
    deadline = time.monotonic() + SECONDS_FOR_OTHERS
    while True:
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return None
        claim = read_claim(cluster)
        owner = owner_of(claim.pid, cluster) if claim else None
        if claim and owner:
            if owner.lives and claim.ready:
                return claim.socket_folder
            if not owner.lives and sys.platform != "linux":  # on Linux the kernel has told the orphan to end
                with contextlib.suppress(ProcessLookupError):
                    os.kill(claim.pid, signal.SIGINT)
        if time.monotonic() > deadline:
            raise PostgresUnavailable(
                f"{cluster.parent} is in use by another process, perhaps in another container; stop it first"
            )
        time.sleep(SECONDS_BETWEEN_LOOKS)


def _clear_stale_claim(cluster: Path) -> None:
    """Remove a postmaster.pid that is torn or names an innocent process, over which PostgreSQL would give up.

    If nobody has the number, PostgreSQL makes sure that none of its kind is left, and needs the file for it.
    """
    claim = read_claim(cluster)
    if claim and is_postgres(claim.pid, cluster):
        raise PostgresUnavailable(
            f"A PostgreSQL that we did not start runs on {cluster} (process {claim.pid}); stop it"
        )
    if claim is None or is_running(claim.pid):
        (cluster / "postmaster.pid").unlink(missing_ok=True)


def _fresh_log(log: Path) -> BinaryIO:
    """Open an empty log that only we can read; the log of the run before stays beside it, older ones go."""
    with contextlib.suppress(FileNotFoundError):
        log.replace(log.with_name("postgres.log.1"))
    return open(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600), "ab")  # noqa: PTH123


def _wait_until_ready(process: subprocess.Popen[bytes], cluster: Path, log: Path) -> None:
    """Return when PostgreSQL takes connections; raise with the end of its log if it ends or takes long."""
    deadline = time.monotonic() + SECONDS_FOR_RECOVERY
    while process.poll() is None and time.monotonic() < deadline:
        claim = read_claim(cluster)
        if claim and claim.pid == process.pid and claim.ready:
            return
        time.sleep(SECONDS_BETWEEN_LOOKS)
    what = "took too long to start" if process.returncode is None else "did not start"
    tail = "\n".join(log.read_text(errors="replace").splitlines()[-10:])
    raise PostgresUnavailable(f"PostgreSQL {what}; the end of {log}:\n{tail}")
