"""Where the processor time of a server goes while it works: sampled by its own timer, told by part.

    python -m benchmarks.sampling FILE serve --port 8000 …

A timer of the process's processor time interrupts it; the innermost frame that is of a part names it.
SIGUSR2 begins and ends the counting, and the end writes the counts to the file. What C code does counts where
it was called from, or at the next function that Python enters.
"""

from __future__ import annotations

import json
import signal
import sys
from collections import Counter
from pathlib import Path
from types import FrameType

EVERY = 0.001
"""Seconds of processor time between samples; the kernel's own clock may be coarser."""
REST = "HTTP: uvicorn, event loop, kernel"
PARTS = (
    ("graphql/endpoint/", "", "endpoint: headers, limits, JSON, trace, answer"),
    ("graphql/context.py", "", "endpoint: headers, limits, JSON, trace, answer"),
    ("service/app.py", "make_app.<locals>.make_context", "token"),
    ("service/logs.py", "", "access line and figures"),
    ("service/figures.py", "", "access line and figures"),
    ("graphql/compiled/mutation.py", "", "input read, payload written"),
    ("graphql/compiled/inputs.py", "", "input read, payload written"),
    ("graphql/mutations.py", "", "input read, payload written"),
    ("graphql/inputs.py", "", "input read, payload written"),
    ("commands/request.py", "", "hash of the request"),
    ("commands/recording.py", "", "events written and sealed"),
    ("commands/", "", "decision"),
    ("eventlog/aggregates.py", "", "decision"),
    ("eventlog/gathering.py", "", "loads and questions for identities"),
    ("eventlog/identities.py", "", "loads and questions for identities"),
    ("eventlog/writer.py", "", "append"),
    ("eventlog/feed.py", "", "following the log"),
    ("projections/", "", "folding the read models"),
)
"""What a part's frames are called: folder or file of ours, the beginning of the function's name, the part."""
_OURS = f"{Path(__file__).parent.parent}/"
_known: dict[object, str | None] = {}


def shares(path: Path) -> dict[str, float]:
    """The share of each part in what was sampled, the largest first."""
    counted = Counter(json.loads(path.read_text()))
    return {part: round(count / counted.total(), 3) for part, count in counted.most_common()}


def _part(frame: FrameType) -> str | None:
    """The part that a frame belongs to by itself."""
    code = frame.f_code
    if code not in _known:
        file = code.co_filename.removeprefix(_OURS).removeprefix(".types/chuishao/")
        name = code.co_qualname if sys.version_info >= (3, 11) else code.co_name
        _known[code] = next(
            (part for where, what, part in PARTS if file.startswith(where) and name.startswith(what)), None
        )
    return _known[code]


class Sampler:
    """Counts samples by part, between one signal and the next."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._counts: Counter[str] | None = None

    def sample(self, _signal: int, frame: FrameType | None) -> None:
        """Count the part that is at work."""
        if self._counts is None:
            return
        while frame is not None and (part := _part(frame)) is None:
            frame = frame.f_back
        self._counts[REST if frame is None else part or REST] += 1

    def turn(self, _signal: int, _frame: FrameType | None) -> None:
        """Begin, or end and write."""
        if self._counts is None:
            self._counts = Counter()
            return
        written = self._path.with_suffix(".new")
        written.write_text(json.dumps(self._counts))
        written.replace(self._path)
        self._counts = None


def main() -> None:
    """Run our command line, sampled."""
    from chuishao.service.cli import main as command_line  # noqa: PLC0415 its files are found by then

    sampler = Sampler(Path(sys.argv.pop(1)))
    signal.signal(signal.SIGUSR2, sampler.turn)
    signal.signal(signal.SIGPROF, sampler.sample)
    signal.setitimer(signal.ITIMER_PROF, EVERY, EVERY)
    command_line()


if __name__ == "__main__":
    main()
