"""A city's log, quickly: a day is played by commands, and its chains are copied to every street and grid.

Log and read models are filled side by side, as folding would have filled the latter. Everything is made up,
from a seed, and says so (模拟), except for names and codes of divisions.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import accumulate
from statistics import fmean
from typing import Any
from uuid import UUID, uuid5

from rich.console import Console
from rich.progress import Progress

from benchmarks.patterns import RECORDED, Chain, Copied, Names, Pattern
from chuishao.commands.divisions import EstablishDepartment
from chuishao.commands.execution import Envelope, Executor
from chuishao.domain.actor import SYSTEM
from chuishao.domain.case_events import CaseEvent, CaseReported
from chuishao.domain.division import Level, community_of, street_of
from chuishao.domain.event import EVENT_TYPES, SealedText
from chuishao.domain.lifecycle import Status
from chuishao.domain.whistle_events import WhistleEvent
from chuishao.eventlog.connection import connected
from chuishao.eventlog.feed import Feed
from chuishao.eventlog.log import EventLog
from chuishao.eventlog.mapper import decode, sealed_texts
from chuishao.eventlog.sql import statements
from chuishao.projections import cases, grids, history, runs, tallies, whistles, workers
from chuishao.projections.catalogue import PROJECTIONS
from chuishao.projections.engine import Engine
from chuishao.projections.table import Table
from chuishao.service.demo import DEPARTMENTS, Wish, play, progress_bar
from chuishao.service.working_day import ZONE, Post, plan

PLAYED_DISTRICT = "120101"
GRIDS_A_COMMUNITY = 3
BATCH = 4000
"""Chains copied at a time; the events of their cases lie among each other in the log."""
EVENTS_A_CASE = 4.55
SHARES = {"refused": 0.03, "whistled": 0.03}
"""Of the cases. The others have only just begun, or went as the day went."""
YOUNG = 3
"""So many events has a case at most that has only just begun."""
TABLES: tuple[tuple[str, Table[Any], str], ...] = (
    ("cases", cases.CASES, "id"),
    ("cases", cases.TEXTS, "id"),
    ("history", history.ENTRIES, "case_id"),
    ("tallies", tallies.CASES, "id"),
    ("tallies", tallies.GRIDS, "id"),
    ("whistles", whistles.WHISTLES, "id"),
    ("whistles", whistles.SUMMONS, "whistle"),
    ("whistles", whistles.ITEMS, "whistle"),
    ("grids", grids.GRIDS, "id"),
    ("workers", workers.WORKERS, "id"),
    ("runs", runs.RUNS, "case_id"),
)
"""The tables that chains leave rows in, and the column that says of which of its streams a row is."""
NAMED = [(schema, table.name) for schema, table, _ in TABLES]
CASE_STATE, GRID_STATE = NAMED.index(("tallies", "case_state")), NAMED.index(("tallies", "grid_state"))
_SQL = statements("benchmarks", "growing.sql")
_TALLIES = statements("chuishao.projections", "tallies.sql")


async def grow(
    log: EventLog, key: bytes, number: int, seed: int, console: Console, communities: int | None = None
) -> None:
    """Fill an empty log with so many cases, and its read models.

    Grids are drawn in every community of the other districts, or in the last so many.
    """
    await play(log, key, Wish(PLAYED_DISTRICT, min(1000, max(20, number // 20)), seed), console)
    executor = Executor(log, key)
    await _establish(executor)
    await Engine(Feed(log), PROJECTIONS).catch_up()
    await _begin_some(executor, seed + 1)
    await Engine(Feed(log), PROJECTIONS).catch_up()
    chance = random.Random(seed)
    drawn, begun = await _patterns(log, key)
    sink = await Sink.of(log)
    await sink.open()
    try:
        with progress_bar(console) as bar:
            elsewhere = (await _communities(log))[-communities if communities else 0 :]
            posts = await _draw(sink, drawn, elsewhere, chance, bar)
            await _begin(sink, begun, posts, await _departments(log), number, chance, bar)
        await sink.finish()
    finally:
        await sink.close()


async def _establish(executor: Executor) -> None:
    """The departments of the other districts."""
    async with connected(executor.log.pool) as connection:
        rows = await connection.fetch("SELECT code FROM divisions.division WHERE level = 'DISTRICT'")
    for district in sorted(row["code"] for row in rows):
        if district != PLAYED_DISTRICT:
            for name in DEPARTMENTS:
                command = EstablishDepartment(division_code=district, name=f"{name}部门（模拟）")
                id_ = uuid5(UUID(int=0), f"{district} {name}")
                await executor.execute(command, Envelope(id_, SYSTEM))


async def _begin_some(executor: Executor, seed: int) -> None:
    """Cases that have only just begun, which are rare at the end of a day: reported, accepted, assessed."""
    async with connected(executor.log.pool) as connection:
        rows = await connection.fetch(_SQL["posts"])
    posts = [Post(row["code"], row["worker"]) for row in rows]
    departments = list((await _departments(executor.log))[PLAYED_DISTRICT].values())
    day = datetime.now(ZONE).date() - timedelta(days=1)
    for number, script in enumerate(plan(posts, departments, day, 30 * YOUNG, seed)):
        for act in script[: 1 + number % YOUNG]:
            await executor.execute(act.command, Envelope(act.id, act.actor, occurred_at=act.at))


# Patterns


async def _patterns(log: EventLog, key: bytes) -> tuple[list[Pattern], list[Pattern]]:
    """The chains that were played, as patterns: of grids, of cases."""
    async with connected(log.pool) as connection:
        events = await connection.fetch(_SQL["played"])
        commands = await connection.fetch(_SQL["commands"])
        grid_rows = await connection.fetch(_SQL["posts"])
        texts = {t for row in events for t in sealed_texts(_event(row))}
        opened = await log.keyring.open(connection, texts)
        chain_of = {row["id"]: row["id"] for row in grid_rows}
        chain_of |= {row["worker"]: row["id"] for row in grid_rows}
        copied = _cases_alone(events, {row["code"] for row in grid_rows})
        chain_of |= {row["stream"]: row["correlation"] for row in events if row["correlation"] in copied}
        rows = await _rows(connection, chain_of)
    chains: dict[UUID, list[Any]] = defaultdict(list)
    for row in events:
        if row["stream"] in chain_of:
            chains[chain_of[row["stream"]]].append(row)
    of_event = {row["position"]: chain for chain, found in chains.items() for row in found}
    its_commands: dict[UUID, list[Any]] = defaultdict(list)
    for command in commands:
        if command["first_position"] in of_event:
            its_commands[of_event[command["first_position"]]].append(command)
    departments = (await _departments(log))[PLAYED_DISTRICT]
    posts = {row["code"]: row["worker"] for row in grid_rows}
    said = {row["id"]: _said_of_grid(row["code"], row["name"]) for row in grid_rows}
    said |= {
        chain: _said_of_case(found[0], posts, departments)
        for chain, found in chains.items()
        if found[0]["correlation"]
    }
    patterns: tuple[list[Pattern], list[Pattern]] = ([], [])
    for chain, found in chains.items():
        plain: dict[SealedText, str] = {
            text: opened[text] for row in found for text in sealed_texts(_event(row))
        }
        whole = Chain(found, its_commands[chain], rows[chain], plain, said[chain])
        patterns[bool(found[0]["correlation"])].append(Pattern(whole, key, NAMED))
    return patterns


def _cases_alone(events: Sequence[Any], grids: set[str]) -> set[UUID]:
    """The cases in these grids of which only people tell, and nothing beside them and their whistles."""
    known = frozenset(
        kind.TOPIC for kind in EVENT_TYPES.values() if issubclass(kind, CaseEvent | WhistleEvent)
    )
    others = {
        row["correlation"]
        for row in events
        if row["type"] not in known
        or b'"actor":"reaction ' in bytes(row["meta"])
        or (row["type"] == CaseReported.TOPIC and _event(row).grid not in grids)
    }
    return {row["correlation"] for row in events if row["correlation"]} - others


def _event(row: Any) -> Any:
    return decode(row["stream"], row["version"], row["type"], bytes(row["data"]))


async def _rows(connection: Any, chain_of: dict[UUID, UUID]) -> dict[UUID, dict[tuple[str, str], list[Any]]]:
    """The rows of read models by chain and table."""
    found: dict[UUID, dict[tuple[str, str], list[Any]]] = defaultdict(lambda: defaultdict(list))
    for schema, table, column in TABLES:
        query = f"SELECT {', '.join(table.columns)} FROM {schema}.{table.name} WHERE {column} = ANY($1)"
        for row in await connection.fetch(query, list(chain_of)):
            found[chain_of[row[column]]][schema, table.name].append(row)
    return found


def _said_of_grid(code: str, name: str) -> Names:
    """What a grid's chain is given: words that name its place."""
    community = community_of(code)
    bare, number = name.rsplit("第", 1)[0], code[-3:]
    return {
        "grid": code,
        "community": community,
        "name": f"{bare}第{int(number)}网格",
        "label": f"网格员 {code[-8:]}",
        "notice": f"{bare}公示栏 网格员 {number}（模拟联系方式）",
    }


def _said_of_case(report: Any, posts: dict[str, UUID], departments: dict[str, UUID]) -> Names:
    event = _event(report)
    return _places(event.grid, posts[event.grid], departments) | _resident(report)


def _places(grid: str, worker: UUID, departments: dict[str, UUID]) -> Names:
    community = community_of(grid)
    around = {"community": community, "street": street_of(grid), "district": grid[: Level.DISTRICT.digits]}
    return {"grid": grid, "worker": worker} | around | departments


def _resident(report: Any) -> Names:
    """Who reported, where a resident did."""
    actor = bytes(report["meta"]).decode().split('"actor":"', 1)[1].split('"', 1)[0]
    return {"resident": actor} if actor.startswith("resident-") else {"resident": "resident-nobody"}


async def _departments(log: EventLog) -> dict[str, dict[str, UUID]]:
    """The departments of each district, by the name of their blank."""
    found: dict[str, dict[str, UUID]] = defaultdict(dict)
    async with connected(log.pool) as connection:
        for division, name, id_ in await connection.fetch(_SQL["departments"]):
            found[division][f"department {name}"] = id_
    return found


# Copies


async def _communities(log: EventLog) -> list[tuple[str, str]]:
    """Those without grids yet: code and name."""
    async with connected(log.pool) as connection:
        rows = await connection.fetch(_SQL["communities"])
    return [(row["code"], row["name"]) for row in rows if not row["code"].startswith(PLAYED_DISTRICT)]


async def _draw(
    sink: Sink, patterns: list[Pattern], communities: Sequence[tuple[str, str]], chance: random.Random,
    bar: Progress,
) -> list[Post]:  # fmt: skip
    """Draw grids in communities; give all posts."""
    posts = [Post(code, worker) for code, worker in sink.posts]
    task = bar.add_task("Grids of the city 网格", total=GRIDS_A_COMMUNITY * len(communities))
    made: list[tuple[Copied, Pattern]] = []
    for code, name in communities:
        for number in range(1, GRIDS_A_COMMUNITY + 1):
            said = _said_of_grid(f"{code}-G{number:03d}", f"{name}第{number}网格")
            pattern = chance.choice(patterns)
            copy = pattern.fill(said | {RECORDED: sink.moment}, chance)
            made.append((copy, pattern))
            worker = next(row[0] for table, row, _ in copy.rows if NAMED[table] == ("workers", "worker"))
            posts.append(Post(said["grid"], worker))
            if len(made) == BATCH:
                bar.advance(task, await sink.take(made))
                made = []
    bar.advance(task, await sink.take(made))
    return posts


async def _begin(
    sink: Sink, patterns: list[Pattern], posts: list[Post], departments: dict[str, dict[str, UUID]],
    number: int, chance: random.Random, bar: Progress,
) -> None:  # fmt: skip
    """Copy cases until there are so many."""
    left = number - sink.cases
    task = bar.add_task("Cases of the city 案件", total=left)
    likely = _weights(patterns, EVENTS_A_CASE)
    where = _busyness(posts, number, chance)
    while left > 0:
        size = min(left, BATCH)
        made: list[tuple[Copied, Pattern]] = []
        for pattern, post in zip(
            chance.choices(patterns, cum_weights=likely, k=size),
            chance.choices(posts, cum_weights=where, k=size),
            strict=True,
        ):
            given = _places(post.grid, post.worker, departments[post.grid[: Level.DISTRICT.digits]])
            resident = {"resident": f"resident-city-{sink.cases + len(made)}"}
            made.append((pattern.fill(given | resident | {RECORDED: sink.moment}, chance), pattern))
        bar.advance(task, await sink.take(made))
        sink.cases += size
        left -= size


def _weights(patterns: Sequence[Pattern], mean: float) -> list[float]:
    """How likely each pattern is, summed up: those of a kind alike, and of the cases as many have only just
    begun as it takes for a case to have so many events on average.
    """
    lengths: dict[str, list[int]] = defaultdict(list)
    for pattern in patterns:
        lengths[_kind(pattern)].append(pattern.length)
    means = {kind: fmean(found) for kind, found in lengths.items()}
    shares = {kind: share for kind, share in SHARES.items() if kind in means}
    left = 1 - sum(shares.values())
    fixed = sum(share * means[kind] for kind, share in shares.items())
    young = (fixed + left * means["others"] - mean) / (means["others"] - means["young"])
    shares |= {"young": young, "others": left - young}
    assert all(share > 0 for share in shares.values()), shares
    return list(accumulate(shares[kind] / len(lengths[kind]) for kind in map(_kind, patterns)))


def _kind(pattern: Pattern) -> str:
    state = tallies.CaseState(*pattern.row(CASE_STATE))
    if state.status == Status.REFUSED:
        return "refused"
    if state.whistles:
        return "whistled"
    return "young" if pattern.length <= YOUNG else "others"


def _busyness(posts: Sequence[Post], number: int, chance: random.Random) -> list[float]:
    """How likely a case falls on each post, summed up: some are busy, most are not."""
    ranks = list(range(len(posts)))
    chance.shuffle(ranks)
    flat = max(2.5, number / 4000)
    return list(accumulate(1 / (rank + flat) for rank in ranks))


@dataclass
class Sink:
    """Where copies go: the log and the read models, a batch at a time."""

    log: EventLog
    head: int
    moment: datetime
    cases: int
    posts: list[tuple[str, UUID]]
    places: tallies.Deltas = field(default_factory=lambda: defaultdict(lambda: [0] * tallies.SIZE))
    workers: tallies.Deltas = field(default_factory=lambda: defaultdict(lambda: [0] * tallies.SIZE))
    _connection: Any = None

    @classmethod
    async def of(cls, log: EventLog) -> Sink:
        """Behind what there is."""
        async with connected(log.pool) as connection:
            head = await connection.fetchval("SELECT max(position) FROM event")
            moment = await connection.fetchval("SELECT max(recorded_at) FROM event")
            number = await connection.fetchval("SELECT count(*) FROM cases.case_row")
            posts = await connection.fetch(_SQL["posts"])
        return cls(log, head, moment, number, [(row["code"], row["worker"]) for row in posts])

    async def open(self) -> None:
        """Take a connection whose commits wait for no disk."""
        self._connection = await self.log.pool.acquire()
        await self._connection.execute("SET synchronous_commit = off")
        await self._connection.execute(_SQL["stage"])

    async def finish(self) -> None:
        """Add up the tallies, move the checkpoints, and let the planner see what is there.

        Reactions have nothing to do: cases that they acted upon are not copied.
        """
        run = self._connection.execute
        async with self._connection.transaction():
            await run("SET LOCAL search_path = tallies, public")
            for name, deltas in (("add_places", self.places), ("add_workers", self.workers)):
                for rows in _pieces(_as_rows(deltas), 5000):
                    await run(_TALLIES[name], ("[" + ",".join(rows) + "]").encode())
        await self._connection.execute(_SQL["covered"])
        await self._connection.execute(_SQL["moved"])
        await self._connection.execute("VACUUM ANALYZE")
        await self.log.make_partitions()

    async def close(self) -> None:
        """End the connection, whose settings are its own."""
        await self._connection.close()
        await self.log.pool.release(self._connection)

    async def take(self, made: Sequence[tuple[Copied, Pattern]]) -> int:
        """Store copies, their events in the order of their times; give how many."""
        if not made:
            return 0
        order = sorted(
            (at, copy, event)
            for copy, (_, pattern) in enumerate(made)
            for event, at in enumerate(pattern.times)
        )
        positions = [[0] * pattern.length for _, pattern in made]
        for position, (_, copy, event) in enumerate(order, start=self.head + 1):
            positions[copy][event] = position
        async with self._connection.transaction():
            await self._stage(made, order, positions)
            await self._connection.execute(_SQL["append"])
            await self._models(made, positions)
        self.head += len(order)
        return len(made)

    async def _stage(self, made: Any, order: Any, positions: list[list[int]]) -> None:
        copy = self._connection.copy_records_to_table
        events = [(positions[at][event], *made[at][0].events[event], self.moment) for _, at, event in order]
        await copy("staged", records=events)
        commands = [
            (id_, digest, result, places[first], places[last])
            for (copied, _), places in zip(made, positions, strict=True)
            for id_, digest, result, first, last in copied.commands
        ]
        await copy("staged_command", records=commands)
        await copy("staged_key", records=[key for copied, _ in made for key in copied.keys])

    async def _models(self, made: Any, positions: list[list[int]]) -> None:
        found: dict[int, list[list[Any]]] = defaultdict(list)
        for (copied, _), places in zip(made, positions, strict=True):
            for table, row, at in copied.rows:
                for column, event in at:
                    row[column] = places[event]
                found[table].append(row)
        texts = found.get(NAMED.index(("cases", "case_text")), [])
        subjects = sorted({(row[1], row[2]) for row in texts})
        await self._connection.copy_records_to_table("opened_subject", records=subjects)
        for number, rows in sorted(found.items()):
            schema, table, _ = TABLES[number]
            await self._connection.copy_records_to_table(
                table.name, schema_name=schema, columns=table.columns, records=rows
            )
        self._count(found)

    def _count(self, found: dict[int, list[list[Any]]]) -> None:
        """Add what rows contribute to the tallies of their places and people."""
        for row in found.get(CASE_STATE, []):
            case = tallies.CaseState(*row)
            contribution = tallies.of_case(case)
            self._add(case.grid or case.community, contribution)
            if case.assignee is not None:
                _sum(self.workers[case.assignee], contribution)
        for row in found.get(GRID_STATE, []):
            grid = tallies.GridState(*row)
            self._add(grid.code, tallies.of_grid(grid))

    def _add(self, place: str, contribution: dict[str, int]) -> None:
        for code in tallies.prefixes(place):
            _sum(self.places[code], contribution)


def _sum(sums: list[int], contribution: dict[str, int]) -> None:
    for name, amount in contribution.items():
        sums[tallies.FIELDS[name]] += amount


def _as_rows(deltas: tallies.Deltas) -> list[str]:
    return [
        f'{{"place":"{place}","counts":"{{{",".join(map(str, map(int, counts)))}}}"}}'
        for place, counts in sorted(deltas.items())
    ]


def _pieces(rows: Sequence[str], size: int) -> Iterator[Iterable[str]]:
    for first in range(0, len(rows), size):
        yield rows[first : first + size]
