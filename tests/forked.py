"""Starts `chuishao` in no time: forked off a process that has imported its modules, and does nothing else.

To import the schema takes seconds of processor time, which hundreds of starts in the tests would each take. A
fork runs the same `main` on the same arguments, environment, folder and files as the command does, is a
process of its own, dies by the same signals, and ends as Python ends. `python -m tests.forked SOCKET` is the
process from which they are forked.
"""

from __future__ import annotations

import gc
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from pathlib import Path
from select import select
from typing import IO, Any

FILES = 3
"""Standard input, output and error."""
WIDTH = 10
"""Digits with which a number is told."""


# Whoever asks


@dataclass
class Forked:
    """A process, as far as tests look at one; it is named and answers as `subprocess.Popen` does."""

    pid: int
    told: socket.socket = field(repr=False)
    """Where its end is told."""
    returncode: int | None = None
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def poll(self) -> int | None:
        """The exit code, or minus the signal; None while it runs."""
        if self.returncode is None and select([self.told], [], [], 0)[0]:
            self.wait()
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end, so many seconds at most."""
        if self.returncode is None and not select([self.told], [], [], timeout)[0]:
            raise subprocess.TimeoutExpired("chuishao", timeout or 0)
        with self.lock:
            if self.returncode is None:
                self.returncode = os.waitstatus_to_exitcode(_number(self.told))
                self.told.close()
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Tell it to stop."""
        self.send_signal(signal.SIGTERM)


def fork(arguments: Sequence[str], environ: Mapping[str, str], output: IO[Any], error: IO[Any]) -> Forked:
    """Start the command with a session of its own, in this folder; what it says goes to these files."""
    told = socket.socket(socket.AF_UNIX)
    told.connect(_parent())
    asked = json.dumps({"arguments": arguments, "environ": dict(environ), "folder": str(Path.cwd())}).encode()
    with Path(os.devnull).open("rb") as nothing:
        socket.send_fds(told, [_said(len(asked))], [file.fileno() for file in (nothing, output, error)])
        told.sendall(asked)
        return Forked(_number(told), told)


@cache
def _parent() -> str:
    """The socket of the process that forks, which ends with this one."""
    path = Path(tempfile.mkdtemp(prefix="chuishao-forked-"), "socket")
    root = Path(__file__).parent.parent
    parent = subprocess.Popen(
        [sys.executable, "-m", __name__, path], cwd=root, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
    )
    while not path.exists():
        assert parent.poll() is None
        time.sleep(0.01)
    _parents.append(parent)
    return str(path)


_parents: list[subprocess.Popen[bytes]] = []
"""Kept, for its standard input stays open as long as this process lives."""


def _said(number: int) -> bytes:
    return f"{number:>{WIDTH}}".encode()


def _number(connection: socket.socket) -> int:
    """The next number that is told."""
    return int(connection.recv(WIDTH, socket.MSG_WAITALL))


# The process that forks


def _imported() -> None:
    """Import what the commands are made of, and find out which code makes the read models."""
    from chuishao.projections.catalogue import PROJECTIONS  # noqa: PLC0415 only here, as below
    from chuishao.service.cli.app import MODULES  # noqa: PLC0415

    for module in sorted(set(MODULES.values())):
        import_module(f"chuishao.service.cli.{module}")
    for module in ("server", "app", "demo"):
        import_module(f"chuishao.service.{module}")
    for projection in PROJECTIONS:
        assert projection.fingerprint


def _asked(connection: socket.socket) -> tuple[dict[str, Any], Sequence[int]]:
    """A request, and the files that came with it."""
    length, files, _, _ = socket.recv_fds(connection, WIDTH, FILES)
    return json.loads(connection.recv(int(length), socket.MSG_WAITALL)), files


def _serve(path: Path) -> None:
    """Fork for whoever asks, until standard input ends; returns in each process that was forked."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those who mind
    coming = path.with_suffix(".new")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(coming))
        listener.listen()
        coming.rename(path)
        while sys.stdin not in select([listener, sys.stdin], [], [])[0]:
            connection, _ = listener.accept()
            with connection:
                asked, files = _asked(connection)
                if os.fork() == 0:
                    return _mind(connection, asked, files)
                _close(files)
    shutil.rmtree(path.parent)
    sys.exit()


def _mind(connection: socket.socket, asked: dict[str, Any], files: Sequence[int]) -> None:
    """Fork once more, and tell how that ends; returns in the process that was forked."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    pid = os.fork()
    if pid == 0:
        return _become(asked, files)
    _close(files)
    with suppress(OSError):  # whoever asked may be gone
        connection.sendall(_said(pid))
        connection.sendall(_said(os.waitpid(pid, 0)[1]))
    os._exit(0)


def _become(asked: dict[str, Any], files: Sequence[int]) -> None:
    """Be as if started by whoever asks."""
    os.setsid()
    for number, file in enumerate(files):
        os.dup2(file, number)
    _close(files)
    os.chdir(asked["folder"])
    os.environ.clear()
    os.environ.update(asked["environ"])
    sys.argv = asked["arguments"]


def _close(files: Sequence[int]) -> None:
    for file in files:
        os.close(file)


if __name__ == "__main__":
    _imported()
    gc.freeze()
    _serve(Path(sys.argv[1]))
    from chuishao.service.cli import main

    main()
