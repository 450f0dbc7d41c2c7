"""The demonstration: real divisions, one real district drawn into grids, a working day of cases played.

Household counts, people and cases are made up, from a seed, and labelled so. Whatever was done before is
kept: a second run goes on where the first one stopped.
"""

from __future__ import annotations

import asyncio
import heapq
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from time import perf_counter
from uuid import NAMESPACE_URL, UUID, uuid5

from rich.box import SIMPLE
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table

from chuishao.commands.command import Command
from chuishao.commands.divisions import EstablishDepartment
from chuishao.commands.execution import Envelope, Executor
from chuishao.commands.grids import AssignGridWorker, DrawGrid, PublishContact, RegisterGridWorker
from chuishao.domain.actor import SYSTEM
from chuishao.domain.division import Level, community_of, level_of
from chuishao.eventlog.connection import connected
from chuishao.eventlog.feed import Feed
from chuishao.eventlog.log import EventLog
from chuishao.projections import tallies
from chuishao.projections.catalogue import PROJECTIONS
from chuishao.projections.engine import Engine
from chuishao.projections.grids import overdue
from chuishao.reactions.catalogue import REACTIONS
from chuishao.reactions.follower import Reactions
from chuishao.service.importer import TIANJIN_DATE, bundled, import_divisions, read_divisions
from chuishao.service.played.boards import left_overnight
from chuishao.service.played.catalogue import PLAYED
from chuishao.service.played.mechanisms import TERMS
from chuishao.service.played.meetings import talked_over
from chuishao.service.played.stage import Stage
from chuishao.service.played.street import appraised
from chuishao.service.working_day import ZONE, Act, Post, plan, report_id

AT_ONCE = 64
WINDOW = timedelta(minutes=4)
"""Acts this close together are played side by side."""
DEPARTMENTS = ("城市管理", "公安", "市场监管", "住房建设", "应急管理", "生态环境", "民政", "卫生健康")
FEW = 8
"""Communities of which none is split."""
SEEDED = "chuishao:demo"
_BELOW = "SELECT code, name FROM divisions.division WHERE code LIKE $1 AND level = $2 ORDER BY code"

_BEGUN = """
SELECT e.occurred_at FROM command c JOIN event e ON e.log = c.log AND e.position = c.first_position
WHERE c.log = $1 AND c.id = ANY($2) LIMIT 1
"""


class UnknownDistrict(Exception):
    """The district asked for is none."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What the demonstration shall play."""

    district: str = "120101"
    cases: int = 2000
    seed: int = 1

    def __post_init__(self) -> None:
        """Refuse a code of another level, and one that is none."""
        if not re.fullmatch(r"[0-9]{6}", self.district):
            raise UnknownDistrict(f"district {self.district!r}: the code of a district has 6 digits")


def progress_bar(console: Console) -> Progress:
    """The bar that everything long shows."""
    return Progress(
        TextColumn("{task.description:<28}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
    )


async def play(log: EventLog, key: bytes, wish: Wish, console: Console) -> None:
    """Import, draw, seat, play and sum up; what was done before is left as it is."""
    executor = Executor(log, key)
    engine = Engine(Feed(log), PROJECTIONS)
    reactions = Reactions(engine.feed, engine, executor, REACTIONS)
    began, head = perf_counter(), await log.head()
    await engine.catch_up()
    await reactions.begin()
    with progress_bar(console) as bar:
        await _import(executor, bar)
        await engine.catch_up()
        stage = await _set_up(executor, wish, bar)
        await _play_mechanisms(executor, stage, bar)
        await _play_day(executor, wish, stage, bar)
        await _project(engine, bar)
        await _react(reactions, bar)
    console.print(await _summary(log, wish))
    console.print("四十项机制 The forty mechanisms")
    for number, line in sorted((await _told(log, wish.district)).items()):
        console.print(f"{number:>2} {TERMS[number]}: {line}", soft_wrap=True, highlight=False)
    written = await log.head() - head
    console.print(
        f"{written:,} events recorded in {perf_counter() - began:.1f} s; the log ends at {head + written:,}."
    )


async def _told(log: EventLog, district: str) -> dict[int, str]:
    """What came of each mechanism, by its number."""
    told: dict[int, str] = {}
    async with connected(log.pool) as connection:
        for played in PLAYED:
            told |= await played.told(connection, district)
    return told


async def _react(reactions: Reactions, bar: Progress) -> None:
    """Let follow what follows, now that everything is played: so it is the same however often it was cut off.

    What time alone brings (a check that is missed today) is left to whoever serves.
    """
    task = bar.add_task("What follows 反应", total=1)
    await reactions.catch_up()
    bar.advance(task)


async def _import(executor: Executor, bar: Progress) -> None:
    rows = read_divisions(bundled())
    task = bar.add_task("Divisions of Tianjin 行政区划", total=len(rows))
    await import_divisions(executor, rows, TIANJIN_DATE, lambda done: bar.advance(task, done))


async def _set_up(executor: Executor, wish: Wish, bar: Progress) -> Stage:
    """Draw the grids of the district, seat a worker on each, establish its departments.

    One community is left out: it is too large, and split.
    """
    communities = [
        (row.code, row.name)
        for row in read_divisions(bundled())
        if row.code.startswith(wish.district) and level_of(row.code) is Level.COMMUNITY
    ]
    if not communities:
        raise UnknownDistrict(
            f"district {wish.district}: there is no district with communities under this code"
        )
    oversize = communities.pop() if len(communities) > FEW else None
    departments = [uuid5(_name(wish.district, name), "") for name in DEPARTMENTS]
    commands: list[list[tuple[UUID, Command]]] = [
        [
            (
                _name(wish.district, name),
                EstablishDepartment(division_code=wish.district, name=f"{name}部门（模拟）"),
            )
        ]
        for name in DEPARTMENTS
    ]
    posts = []
    for code, name in communities:
        for grid, households in _grids(code, wish.seed):
            worker = uuid5(_name(grid, "register"), "")
            posts.append(Post(grid, worker, households))
            commands.append(_drawn(grid, name, households, worker))
    await _execute(executor, commands, bar, "Grids and workers 网格")
    day = await _day(executor.log, wish)
    return Stage(wish.district, communities, posts, departments, day, wish.seed, oversize)


def _grids(community: str, seed: int) -> list[tuple[str, int]]:
    """The grids of a community: (code, synthetic households), about 300 each."""
    chance = random.Random(f"{seed}:{community}")  # noqa: S311 a repeatable demonstration, no secret
    number = max(1, round(chance.randint(1500, 3600) / 300))
    return [(f"{community}-G{n:03d}", chance.randint(255, 345)) for n in range(1, number + 1)]


def _drawn(grid: str, community: str, households: int, worker: UUID) -> list[tuple[UUID, Command]]:
    number = grid[-3:]
    name = f"{community}第{int(number)}网格"
    contact = f"{community}公示栏 网格员 {number}（模拟联系方式）"
    return [
        (_name(grid, "draw"), DrawGrid(grid_code=grid, name=name, households=households, synthetic=True)),
        (
            _name(grid, "register"),
            RegisterGridWorker(community_code=community_of(grid), label=f"网格员 {grid[-8:]}"),
        ),
        (_name(grid, "assign"), AssignGridWorker(grid_code=grid, worker_id=worker)),
        (_name(grid, "publish"), PublishContact(worker_id=worker, contact=contact)),
    ]


def _name(*parts: str) -> UUID:
    return uuid5(NAMESPACE_URL, ":".join((SEEDED, *parts)))


async def _execute(
    executor: Executor, chains: Sequence[list[tuple[UUID, Command]]], bar: Progress, title: str
) -> None:
    """Execute chains of commands side by side, each chain in its order, without those recorded before."""
    done = await _recorded(executor.log, [id_ for chain in chains for id_, _ in chain])
    task = bar.add_task(title, total=sum(map(len, chains)), completed=len(done))
    slots = asyncio.Semaphore(AT_ONCE)

    async def run(chain: list[tuple[UUID, Command]]) -> None:
        async with slots:
            for id_, command in chain:
                if id_ not in done:
                    await executor.execute(command, Envelope(id_, SYSTEM))
                    bar.advance(task)

    async with asyncio.TaskGroup() as tasks:
        for chain in chains:
            tasks.create_task(run(chain))


async def _recorded(log: EventLog, ids: list[UUID]) -> set[UUID]:
    """Which commands were accepted before."""
    async with connected(log.pool) as connection:
        query = "SELECT id FROM command WHERE log = $1 AND id = ANY($2)"
        return {row["id"] for row in await connection.fetch(query, log.id, ids)}


async def _play_mechanisms(executor: Executor, stage: Stage, bar: Progress) -> None:
    """Play the chains of every package, those of one package side by side."""
    slots = asyncio.Semaphore(AT_ONCE)
    for played in PLAYED:
        if not (chains := played.acts(stage)):
            continue
        done = await _recorded(executor.log, [act.id for chain in chains for act in chain])
        task = bar.add_task(played.title, total=sum(map(len, chains)), completed=len(done))

        async def run(chain: list[Act], done: set[UUID] = done, task: TaskID = task) -> None:
            async with slots:
                for act in chain:
                    if act.id not in done:
                        await _act(executor, act)
                        bar.advance(task)

        async with asyncio.TaskGroup() as tasks:
            for chain in chains:
                tasks.create_task(run(chain))


async def _play_day(executor: Executor, wish: Wish, stage: Stage, bar: Progress) -> None:
    """Play the acts of all cases in the order of their times, those of a moment side by side."""
    cases = list(plan(stage.posts, stage.departments, stage.day, wish.cases, wish.seed))
    scripts = list(appraised(list(left_overnight(talked_over(cases)))))
    acts = [act for script in scripts for act in script]
    done = await _recorded(executor.log, [act.id for act in acts])
    task = bar.add_task("A working day 一个工作日", total=len(acts), completed=len(done))
    waiting = [[act for act in script if act.id not in done] for script in scripts]
    queue = [(script[0].at, number, 0) for number, script in enumerate(waiting) if script]
    heapq.heapify(queue)
    while queue:
        until = queue[0][0] + WINDOW
        now: list[Act] = []
        follow = []
        while queue and queue[0][0] <= until and len(now) < AT_ONCE:
            _, number, step = heapq.heappop(queue)
            now.append(waiting[number][step])
            if step + 1 < len(waiting[number]):
                follow.append((waiting[number][step + 1].at, number, step + 1))
        await asyncio.gather(*(_act(executor, act) for act in now))
        bar.advance(task, len(now))
        for entry in follow:
            heapq.heappush(queue, entry)


async def _act(executor: Executor, act: Act) -> None:
    await executor.execute(act.command, Envelope(act.id, act.actor, occurred_at=act.at))


async def _day(log: EventLog, wish: Wish) -> date:
    """The day to play: the one begun before, or the last working day that is over."""
    async with connected(log.pool) as connection:
        reports = [report_id(wish.district, wish.seed, number) for number in range(wish.cases)]
        begun: datetime | None = await connection.fetchval(_BEGUN, log.id, reports)
    if begun is not None:
        return begun.astimezone(ZONE).date()
    day = datetime.now(ZONE).date() - timedelta(days=1)
    while day.isoweekday() > 5:  # noqa: PLR2004 Saturday and Sunday
        day -= timedelta(days=1)
    return day


async def _project(engine: Engine, bar: Progress) -> None:
    task = bar.add_task("Read models 读模型", total=len(PROJECTIONS))
    await engine.feed.refresh()
    for projection in PROJECTIONS:
        while await engine.step(projection):
            pass
        bar.advance(task)


async def _summary(log: EventLog, wish: Wish) -> Table:
    async with connected(log.pool) as connection:
        rows = await connection.fetch(_BELOW, wish.district + "%", "STREET")
        rows += await connection.fetch(_BELOW, wish.district, "DISTRICT")
        counts = await tallies.of_places(connection, [row["code"] for row in rows])
        late = await overdue(connection, [row["code"] for row in rows], datetime.now(ZONE))
    title = "当日结束 The end of the working day (households, people and cases are synthetic 模拟)"
    table = Table(title=title, box=SIMPLE, padding=(0, 1, 0, 0))
    headings = ("", "grids", "homes", "cases", "open", "late", "on spot", "whistles", "closed", "rating")
    for heading in headings:
        table.add_column(heading, justify="right" if heading else "left", no_wrap=True)
    for code, name in rows:
        tally = counts[code]
        figures = (tally.grids, tally.households, tally.cases, tally.open, late[code], tally.resolved_on_spot)
        rating = f"{tally.satisfaction_sum / tally.rated:.2f} of {tally.rated}" if tally.rated else "-"
        cells = [f"{figure:,}" for figure in (*figures, tally.whistles, tally.closed)]
        table.add_row(name, *cells, rating, style="bold" if code == wish.district else None)
    return table
