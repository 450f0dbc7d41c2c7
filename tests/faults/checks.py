"""What must be true whenever everybody rests, and at the end."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from chuishao.eventlog.log import EventLog
from chuishao.eventlog.mapper import RecordedEvent
from chuishao.eventlog.merkle import Frontier
from chuishao.eventlog.sealer import seal
from chuishao.projections.catalogue import PROJECTIONS
from chuishao.projections.projection import Projection
from chuishao.projections.rebuild import rebuild
from chuishao.service.keys import seal_key
from tests.faults.people import Writer
from tests.faults.poison import POISON
from tests.served import until
from tests.test_no_event_missed import Follower
from tests.test_projections import dump_all
from tests.town import KEY

SEED = seal_key(KEY)
PAGE = 5000
WRONG_LEAVES = """SELECT position FROM event WHERE position > $1 AND leaf_hash <> leaf_hash(
    log, position, stream, version, event_id, type, schema_version, occurred_at, recorded_at, meta, data)"""


def unforeseen(folder: Path) -> list[str]:
    """What the servers logged with an exception that nobody foresaw."""
    lines = [line for log in sorted(folder.glob("*.log")) for line in log.read_text().splitlines()]
    strange = [line for line in lines if '"exception"' in line or "Traceback" in line]
    return [line for line in strange if POISON not in line]


class Violation(Exception):
    """Something is lost, doubled, out of order or different."""


def require(holds: bool, said: str) -> None:
    """Raise what is violated."""
    if not holds:
        raise Violation(said)


@dataclass
class Book:
    """What was found until now, so that each check looks at what is new."""

    position: int = 0
    versions: dict[UUID, int] = field(default_factory=dict)
    of_command: dict[str, list[int]] = field(default_factory=dict)
    leaves: Frontier = field(default_factory=Frontier)
    sealed: int = 0

    async def check(self, log: EventLog, writers: list[Writer], followers: list[Follower]) -> None:
        """Everything but the read models, since the last check."""
        begun = self.position
        fresh: list[tuple[int, str]] = []
        while events := await log.after(self.position, PAGE):
            for event in events:
                self._take(event)
                fresh.append((event.position, str(event.meta.command)))
        wrong = await log.pool.fetch(WRONG_LEAVES, begun)
        require(wrong == [], f"events differ from their leaf hashes: {wrong}")
        for writer in writers:
            self._check_acknowledged(writer)
        for number, follower in enumerate(followers):
            require(
                follower.seen == fresh, f"follower {number} saw otherwise: {_differing(follower.seen, fresh)}"
            )
            follower.seen.clear()
        await self._check_seal(log)

    def _take(self, event: RecordedEvent) -> None:
        require(event.position == self.position + 1, f"{event.position} follows {self.position}")
        version = self.versions.get(event.stream, 0) + 1
        require(event.version == version, f"{event.stream} has {event.version} where {version} is due")
        self.position, self.versions[event.stream] = event.position, version
        self.of_command.setdefault(str(event.meta.command), []).append(event.position)
        self.leaves.add(event.leaf_hash)

    def _check_acknowledged(self, writer: Writer) -> None:
        acknowledged = list(writer.hand.acknowledged.items())
        for command, position in acknowledged[writer.known :]:
            found = self.of_command.get(command)
            require(found == [position], f"command {command}, acknowledged at {position}, is at {found}")
        writer.known = len(acknowledged)

    async def _check_seal(self, log: EventLog) -> None:
        """The sealer, which goes on from its last checkpoint, and all leaves from the first give one root."""
        sealed = await seal(log, SEED)
        size = sealed.size if sealed is not None else 0
        require(size == self.position, f"the seal reaches {size}, the log {self.position}")
        require(sealed is not None and sealed.root == self.leaves.root(), "the roots differ")
        self.sealed += 1


def _differing(seen: list[tuple[int, str]], wanted: list[tuple[int, str]]) -> str:
    for got, due in zip(seen, wanted, strict=False):
        if got != due:
            return f"{got} where {due} is due"
    return f"{len(seen)} events where {len(wanted)} are due"


async def all_folded(log: EventLog) -> None:
    """Return once every read model includes the head."""

    async def folded() -> bool:
        rows = await log.pool.fetch("SELECT name, status, position, error FROM projection")
        for row in rows:
            require(row["status"] != "stopped", f"read model {row['name']} stopped: {row['error']}")
        return bool(min(row["position"] for row in rows) >= await log.head())

    await until(folded, within=120)


async def check_read_models(log: EventLog, some: list[Projection] | None = None) -> None:
    """Read models equal what a rebuild from nothing gives."""
    lived = await dump_all(log.pool)
    for projection in some or PROJECTIONS:
        await rebuild(log, projection)
    made = await dump_all(log.pool)
    for name, tables in lived.items():
        require(made[name] == tables, f"read model {name} differs from its rebuild")
