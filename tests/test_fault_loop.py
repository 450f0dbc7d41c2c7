"""Nothing is lost, doubled or reordered while everything goes wrong; `make faults` does it for longer."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

MINUTES = 0.35


async def test_a_short_run_of_everything_that_goes_wrong_finds_nothing_lost() -> None:
    command = [sys.executable, "-m", "tests.faults", "--minutes", str(MINUTES), "--seed", "3"]

    def run() -> subprocess.CompletedProcess[str]:
        root = Path(__file__).parent.parent
        return subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=300, check=False)

    done = await asyncio.to_thread(run)

    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    assert "followers saw every event once and in order" in done.stdout
