"""python -m tests.faults --minutes 30 --seed 7

Two servers on one PostgreSQL are written through and followed while everything goes wrong. Whenever everybody
rests, and at the end, nothing may be lost, doubled, out of order or different; otherwise it says what is, and
the seed, and ends with exit code 1.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from chuishao.projections.catalogue import PROJECTIONS
from tests.faults.checks import Book, all_folded, check_read_models, require, unforeseen
from tests.faults.people import Gate, Writer, followers, writers
from tests.faults.world import World, pause, world
from tests.faults.wrong import FAULTS
from tests.served import until
from tests.test_no_event_missed import Follower

WRITERS = 4
PACE = 0.15
"""Seconds that a writer rests before a case."""
BETWEEN_RESTS = 8
"""Faults after which everybody rests and everything is checked."""


@dataclass
class Run:
    """What goes on, and what to say of it."""

    world: World
    gate: Gate
    writers: list[Writer]
    followers: list[Follower]
    book: Book = field(default_factory=Book)
    faults: Counter[str] = field(default_factory=Counter)
    rests: int = 0
    begun: float = field(default_factory=time.monotonic)

    def say(self, what: str) -> None:
        """Print a line of progress."""
        acknowledged = sum(len(writer.hand.acknowledged) for writer in self.writers)
        seconds = time.monotonic() - self.begun
        print(
            f"{seconds:7.1f} s  {acknowledged:7,} commands  {self.faults.total():4} faults  {what}",
            flush=True,
        )

    async def go_wrong(self, number: int) -> None:
        """Let the next thing go wrong: every one once before any comes twice."""
        if number % len(FAULTS) == 0:
            self.order = self.world.chance.sample(FAULTS, len(FAULTS))
        fault = self.order[number % len(FAULTS)]
        self.say(fault.__name__.replace("_", " "))
        await fault(self.world)
        self.faults[fault.__name__] += 1
        await pause(self.world.chance.uniform(0.2, 2))

    async def rest(self, *, thorough: bool) -> None:
        """Let everybody come to rest, and check."""
        self.gate.shut()

        async def resting() -> bool:
            return self.gate.resting == len(self.writers)

        await until(resting, within=120)
        async with self.world.log() as log:
            head = await log.head()

            async def all_seen() -> bool:
                return all(follower.seen and follower.seen[-1][0] >= head for follower in self.followers)

            if head > self.book.position:
                await until(all_seen, within=120)
            await self.book.check(log, self.writers, self.followers)
            await all_folded(log)
            await check_read_models(log, None if thorough else [self.world.chance.choice(PROJECTIONS)])
        self.rests += 1
        self.say(f"at rest: {head:,} events checked, sealed{', all read models rebuilt' if thorough else ''}")
        if not thorough:
            self.gate.open()


async def run(seconds: float, seed: int, folder: Path) -> None:
    """Let everything go wrong for so long."""
    chance = random.Random(seed)
    async with world(folder, chance) as made, asyncio.TaskGroup() as tasks:
        async with made.log() as log:
            cursor = log.start_cursor
        gate, hands = writers(made, WRITERS, PACE)
        everybody = Run(made, gate, hands, followers(made, cursor))
        at_work = [tasks.create_task(writer.work(random.Random(chance.random()))) for writer in hands]
        at_work += [tasks.create_task(follower.run()) for follower in everybody.followers]
        gate.open()
        number = 0
        while time.monotonic() - everybody.begun < seconds:
            await everybody.go_wrong(number)
            number += 1
            if number % BETWEEN_RESTS == 0:
                await everybody.rest(thorough=False)
        await everybody.rest(thorough=True)
        strange = unforeseen(folder)
        require(strange == [], f"the servers met what nobody foresaw: {strange[:3]}")
        print(summary(everybody), flush=True)
        for task in at_work:
            task.cancel()


def summary(run: Run) -> str:
    """What was held against what."""
    commands = sum(len(writer.hand.acknowledged) for writer in run.writers)
    again = sum(writer.hand.sent for writer in run.writers) - commands
    returns = sum(follower.returns for follower in run.followers)
    dead = sum(sum(server.lines.failed.values()) for server in run.world.servers)
    said = [
        f"{run.book.position:,} events; {commands:,} commands acknowledged, each there once; "
        f"{again:,} sent again;",
        f"{len(run.followers)} followers saw every event once and in order, over {returns:,} returns and "
        f"{dead:,} dead lines;",
        f"{run.rests} times at rest: positions, versions, leaf hashes, seals and read models agree.",
        *(f"{times:6} times {name.replace('_', ' ')}" for name, times in sorted(run.faults.items())),
    ]
    return "\n".join(said)


def main() -> int:
    """Read the command line, run, and give the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description="Lets everything go wrong.")
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    given = parser.parse_args()
    print(f"seed {given.seed}, {given.minutes:g} minutes", flush=True)
    with tempfile.TemporaryDirectory(prefix="faults-", ignore_cleanup_errors=True) as folder:
        try:
            asyncio.run(run(60 * given.minutes, given.seed, Path(folder)))
        except BaseExceptionGroup as group:
            for error in leaves(group):
                print(f"violated: {type(error).__name__}: {error}")
            print("\n".join(unforeseen(Path(folder))[-20:]))
            print(f"again with: python -m tests.faults --minutes {given.minutes:g} --seed {given.seed}")
            return 1
    return 0


def leaves(group: BaseExceptionGroup[BaseException]) -> list[BaseException]:
    """The exceptions of a group, and of the groups in it."""
    found: list[BaseException] = []
    for error in group.exceptions:
        found += leaves(error) if isinstance(error, BaseExceptionGroup) else [error]
    return found


if __name__ == "__main__":
    sys.exit(main())
