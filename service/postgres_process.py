"""Which process serves a cluster: what postmaster.pid claims, and what the system proves."""

import contextlib
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

OWNER_SETTING = "chuishao.owner"
PID_FILE_LINES = 8
# Fields 9 and 31 of /proc/PID/stat in proc(5); ours begin with the third, after the name.
FLAGS_FIELD, PENDING_FIELD = 9 - 3, 31 - 3
PF_EXITING = 0x4
SIGKILL_PENDING = 1 << (signal.SIGKILL - 1)


@dataclass(frozen=True)
class Claim:
    """What postmaster.pid says; the process may be long gone and its number another's."""

    pid: int
    socket_folder: Path
    ready: bool


@dataclass(frozen=True)
class Evidence:
    """What the system says about a process; its arguments are joined by `separator`, exact on Linux only."""

    parent: int
    arguments: str
    separator: str


@dataclass(frozen=True)
class Owner:
    """The process that started a PostgreSQL of ours; without it the PostgreSQL is an orphan."""

    pid: int
    lives: bool


def read_claim(cluster: Path) -> Claim | None:
    """Return what postmaster.pid says, None while there is none or it is incomplete."""
    try:
        lines = os.fsdecode((cluster / "postmaster.pid").read_bytes()).splitlines()
        return Claim(int(lines[0]), Path(lines[4]), lines[PID_FILE_LINES - 1].strip() == "ready")
    except (FileNotFoundError, ValueError, IndexError):
        return None


def start_arguments(cluster: Path, owner: int) -> list[str]:
    """Return the first arguments of a PostgreSQL of ours, which later prove whose it is."""
    return ["-D", str(cluster), "-c", f"{OWNER_SETTING}={owner}"]


def owner_of(pid: int, cluster: Path) -> Owner | None:
    """Return who started the PostgreSQL of ours that is `pid` on the cluster; None if it is not ours."""
    evidence = _evidence(pid)
    if evidence is None:
        return None
    marker = evidence.separator.join(["", "-D", str(cluster), "-c", f"{OWNER_SETTING}="])
    program, found, rest = evidence.arguments.partition(marker)
    owner = rest.partition(evidence.separator)[0]
    if not found or "\0" in program or Path(program).name != "postgres" or not owner.isdecimal():
        return None
    return Owner(int(owner), lives=evidence.parent == int(owner) and not _is_ending(int(owner)))


def is_running(pid: int) -> bool:
    """Return whether any process at all has this number."""
    return _evidence(pid) is not None


def is_postgres(pid: int, cluster: Path) -> bool:
    """Return whether `pid` is any PostgreSQL on the cluster, started by whomever."""
    evidence = _evidence(pid)
    if evidence is None:
        return False
    words = evidence.arguments.split(evidence.separator)
    if Path(words[0]).name not in ("postgres", "postmaster"):
        return False
    with contextlib.suppress(OSError):
        if Path(f"/proc/{pid}/cwd").readlink() == cluster:
            return True
    return str(cluster) in evidence.arguments


def _evidence(pid: int) -> Evidence | None:
    return _from_proc(pid) if sys.platform == "linux" else _from_ps(pid)


def _is_ending(pid: int) -> bool:
    """Return whether the process has been killed but has not told its children yet, which takes a moment."""
    if sys.platform != "linux":
        return False
    try:
        fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
    except OSError:
        return True
    flags, pending = int(fields[FLAGS_FIELD]), int(fields[PENDING_FIELD])
    return bool(flags & PF_EXITING or pending & SIGKILL_PENDING)


def _from_proc(pid: int) -> Evidence | None:
    try:
        status = os.fsdecode(Path(f"/proc/{pid}/stat").read_bytes())
        arguments = os.fsdecode(Path(f"/proc/{pid}/cmdline").read_bytes())
    except OSError:
        return None
    parent = status.rpartition(")")[2].split()[1]
    return Evidence(int(parent), arguments, "\0")


def _from_ps(pid: int) -> Evidence | None:
    command = ["ps", "-ww", "-o", "ppid=,command=", "-p", str(pid)]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    parent, _, arguments = answer.stdout.strip().partition(" ")
    return Evidence(int(parent), arguments.strip(), " ") if parent.isdecimal() else None
