"""Processes that are measured: started, waited for, their processor time read from /proc, ended."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")
WAIT = 60.0


@dataclass(frozen=True, slots=True)
class Running:
    """A process and all that it began."""

    pid: int

    def processor_seconds(self) -> float:
        """What it and its children have used so far, those that ended included. Linux only."""
        parents = {}
        used = {}
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    fields = (entry / "stat").read_text().rpartition(")")[2].split()
                except OSError:
                    continue  # it has just ended
                pid = int(entry.name)
                parents[pid] = int(fields[1])
                used[pid] = sum(map(int, fields[11:15]))
        return sum(ticks for pid, ticks in used.items() if self._holds(pid, parents)) / TICK

    def _holds(self, pid: int, parents: Mapping[int, int]) -> bool:
        while pid:
            if pid == self.pid:
                return True
            pid = parents.get(pid, 0)
        return False


@contextmanager
def running(
    command: Sequence[str | Path], port: int, log: Path, environment: Mapping[str, str]
) -> Iterator[Running]:
    """A server process that listens at a port, until the end of the block."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            list(map(str, command)), stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            env=dict(environment), start_new_session=True,
        )  # fmt: skip
    try:
        _wait(process, port, log)
        yield Running(process.pid)
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    """Return once somebody listens; raise with what the process said if it ends or takes long."""
    deadline = time.monotonic() + WAIT
    while process.poll() is None and time.monotonic() < deadline:
        if _listening(port):
            return
        time.sleep(0.05)
    raise RuntimeError(f"the server did not start: {log.read_text(errors='replace')[-3000:]}")


def _listening(port: int) -> bool:
    """Whether a socket listens there, by the kernel's table: nobody is disturbed by a connection."""
    wanted = f":{port:04X}"
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        _, local, _, state, *_ = line.split()
        if state == "0A" and local.endswith(wanted):
            return True
    return False


def postmaster(data_dir: Path) -> Running:
    """The PostgreSQL of a data folder."""
    return Running(int((data_dir / "postgres" / "postmaster.pid").read_text().split("\n", 1)[0]))
