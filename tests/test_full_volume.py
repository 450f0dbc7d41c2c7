"""磁盘已满 A volume without a free byte under the database: said clearly, and nothing is lost."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
VOLUME = 'mount -t tmpfs -o size=200m tmpfs "$0" && exec "$@"'
"""Makes a small volume that only the program sees which comes after it."""
ALONE = ("unshare", "--map-root-user", "--mount", "sh", "-c", VOLUME)


@pytest.fixture
def volume(tmp_path: Path) -> Path:
    """Where a small volume can be made for one program alone; skipped where the system forbids it."""
    try:
        subprocess.run([*ALONE, tmp_path, "true"], check=True, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"nobody but the administrator makes volumes here: {getattr(error, 'stderr', error)}")
    return tmp_path


def test_without_room_commands_are_refused_and_reads_go_on_and_with_room_all_goes_on(volume: Path) -> None:
    program = (sys.executable, "-m", "tests.full_volume", volume)

    ended = subprocess.run(
        [*ALONE, volume, *program], cwd=ROOT, capture_output=True, text=True, timeout=240, check=False
    )

    assert ended.returncode == 0, ended.stdout + ended.stderr
