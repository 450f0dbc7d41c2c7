"""What a process remembers: never a decision that the log would not have led to, whoever else writes."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chuishao.commands import cases, grids, policies
from chuishao.commands.command import Command
from chuishao.commands.execution import Envelope, Executor, Outcome
from chuishao.domain.case import Case
from chuishao.domain.event import fold
from chuishao.domain.identity import POLICY_ID, grid_id
from chuishao.domain.refusal import IllegalTransition, Refusal
from chuishao.domain.summons import Summons
from chuishao.domain.vocabulary import Severity, Tier
from chuishao.eventlog import snapshot
from chuishao.eventlog.connection import Unavailable, connected, open_pool
from chuishao.eventlog.gathering import AT_ONCE, Gathering
from chuishao.eventlog.log import EventLog
from chuishao.eventlog.recall import Recall
from chuishao.eventlog.twin import twin
from chuishao.eventlog.writer import Append, Verdict
from tests.losses import LOSE, lose
from tests.numbers import seeded_ids
from tests.test_snapshots import copy_of, history, settled
from tests.town import GRID, KEY, Town
from tests.wandering import Wanderer

__all__ = ["settled"]


@pytest.fixture
async def elsewhere(town: Town, database: str) -> AsyncIterator[Town]:
    """The same town, seen from another process."""
    pool = await open_pool(database, size=4)
    yield seen_from(town, EventLog(pool))
    await pool.close()


def seen_from(town: Town, log: EventLog) -> Town:
    return replace(town, log=log, executor=Executor(log, KEY, town.clock))


async def remembered(log: EventLog) -> dict[UUID, Any]:
    return dict(log.recall._known)


async def assert_true(log: EventLog) -> None:
    """Where the log has the event that the memory rests on, what is remembered is what its events make."""
    rests = log.recall.rests
    if [event.leaf_hash for event in await log.after(rests.position - 1, 1)] != [rests.leaf_hash]:
        return
    for stream, known in (await remembered(log)).items():
        assert fold((await log.stream(stream))[: known.version]) == known, stream


# Decisions


@dataclass
class Several:
    """Executors of several processes that take turns by chance."""

    executors: Sequence[Executor]
    chance: random.Random

    async def execute(self, command: Command, envelope: Envelope) -> Outcome:
        return await self.chance.choice(self.executors).execute(command, envelope)


PHASES = st.lists(st.tuples(st.integers(5, 40), st.integers(0, 12)), min_size=1, max_size=4)


@settings(max_examples=6)
@given(seed=st.integers(0, 2**32), phases=PHASES)
async def test_processes_that_remember_record_what_one_without_memory_does_also_when_the_log_is_set_back(
    settled: str, template: str, seed: int, phases: list[tuple[int, int]]
) -> None:
    async with copy_of(settled, template) as town, copy_of(settled, template) as forgetful:
        forgetful.log.recall = forgetful.log.aggregates.recall = forgetful.log.writer._recall = Recall(most=0)
        other = EventLog(town.log.pool)
        executors = [town.executor, Executor(other, KEY, town.clock)]
        town.executor = Several(executors, random.Random(seed))  # type: ignore[assignment]
        town.ids, forgetful.ids = seeded_ids(seed), seeded_ids(seed)
        walks = [Wanderer(walked, random.Random(seed)) for walked in (town, forgetful)]
        for steps, lost in phases:
            for walk in walks:
                await walk.walk(steps)
            assert await history(town.log) == await history(forgetful.log)
            for log in (town.log, other):
                await assert_true(log)
            assert len(town.log.recall) and not len(forgetful.log.recall)
            for walk in walks:
                await set_back(walk, lost)


async def set_back(walk: Wanderer, lost: int) -> None:
    """Lose the last events; the walk goes on with what is left."""
    log = walk.town.log
    async with connected(log.pool) as connection, connection.transaction():
        head = await log.head()
        for statement in LOSE:
            await connection.execute(statement.format(position=head - lost))
    walk.cases = [case for case in walk.cases if await log.version(case)]
    walk.whistles = [whistle for whistle in walk.whistles if await log.version(whistle)]


async def test_what_somebody_else_has_done_is_neither_refused_nor_done_again(
    town: Town, elsewhere: Town
) -> None:
    case = await town.report()
    await elsewhere.do(cases.AcceptCase(case_id=case), town.community_staff)
    with pytest.raises(IllegalTransition, match="ACCEPTED"):
        await town.do(cases.AcceptCase(case_id=case), town.community_staff)
    await elsewhere.do(cases.AssessCase(case_id=case, severity=Severity.MINOR), town.community_staff)

    await town.do(cases.AssignCase(case_id=case, tier=Tier.ON_SPOT), town.community_staff)

    events = [type(event).__name__ for event in await town.log.stream(case)]
    assert events == ["CaseReported", "CaseAccepted", "SeverityGraded", "CaseAssigned"]


async def test_what_is_only_read_is_judged_too(town: Town, elsewhere: Town) -> None:
    await town.report()
    await elsewhere.do(grids.RelieveGridWorker(grid_code=GRID, reason="轮岗"))
    await elsewhere.do(grids.RetireGrid(grid_code=GRID, reason="调整"))
    with pytest.raises(Refusal, match=GRID):
        await town.report()


async def test_a_policy_that_another_process_adopts_holds_at_once(town: Town, elsewhere: Town) -> None:
    await town.report(category="01001")
    document = policies.default_policy()
    document["version"] = "without the first category"
    document["categories"] = [entry for entry in document["categories"] if entry["code"] != "01001"]
    await elsewhere.do(policies.AdoptPolicy(document=document))
    with pytest.raises(Refusal, match="01001"):
        await town.report(category="01001")


async def test_of_many_who_take_the_same_step_at_once_one_takes_it(town: Town, elsewhere: Town) -> None:
    case = await town.report()

    async def accept(there: Town) -> str:
        try:
            await there.do(cases.AcceptCase(case_id=case), town.community_staff)
        except IllegalTransition:
            return "refused"
        return "accepted"

    answers = await asyncio.gather(*(accept(there) for _ in range(8) for there in (town, elsewhere)))
    assert sorted(answers) == ["accepted", *["refused"] * 15]
    assert len(await town.log.stream(case)) == 2


async def test_a_command_on_a_remembered_case_reads_nothing_before_it_is_appended(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = await town.report()

    async def none(_streams: Sequence[UUID]) -> Mapping[UUID, Any]:
        raise AssertionError("it was read")

    monkeypatch.setattr(town.log.aggregates._loading, "_fetch", none)
    assert (await town.do(cases.AcceptCase(case_id=case), town.community_staff)).version == 2
    await town.report()


# A log that was set back


@pytest.mark.parametrize("grown", ["AcceptCase", None])
async def test_nothing_is_decided_on_a_history_that_is_lost(
    town: Town, elsewhere: Town, database: str, grown: str | None
) -> None:
    """Also where the stream has grown to the version that is remembered."""
    case = await town.report()
    await town.do(cases.RefuseCase(case_id=case, reason="重复"), town.community_staff)
    await lose(database, await town.log.head() - 1)
    if grown:
        await elsewhere.do(cases.AcceptCase(case_id=case), town.community_staff)
    epoch = town.log.recall.epoch

    reopen = cases.ReopenCase(case_id=case, reason="并非重复")
    with pytest.raises(IllegalTransition, match="ACCEPTED" if grown else "REPORTED"):
        await town.do(reopen, town.street_officer)
    await town.do(cases.MarkDuplicate(case_id=case, of_id=await town.report()), town.community_staff)

    assert town.log.recall.epoch == epoch + 1
    await assert_true(town.log)


async def test_an_append_that_rests_on_nothing_remembered_is_judged_in_any_history(
    town: Town, database: str
) -> None:
    case = await town.report()
    head = await town.log.head()
    await lose(database, head - 1)
    commands: list[Append] = []
    append = town.log.writer.append

    async def heard(command: Append) -> Verdict:
        commands.append(command)
        return await append(command)

    town.log.writer.append = heard  # type: ignore[method-assign]
    town.log.recall._known.clear()
    assert (await town.report()) != case
    assert [command.epoch for command in commands] == [None]
    assert await town.log.head() == head


# Memory


async def test_no_word_about_a_person_is_remembered(town: Town) -> None:
    walk = Wanderer(town, random.Random(11))
    await walk.walk(150)
    known = await remembered(town.log)
    assert {type(aggregate).__name__ for aggregate in known.values()} >= {"Case", "Whistle", "GridWorker"}
    for aggregate in known.values():
        assert snapshot.encode(aggregate), "a text that is not sealed cannot be written"


async def test_what_was_not_asked_for_longest_is_forgotten_first(town: Town) -> None:
    recall = Recall(most=2)
    first, second, third = [await town.log.aggregates.load(await town.report()) for _ in range(3)]
    recall.keep(first, 0)
    recall.keep(second, 0)
    assert recall.own(first.id) == first
    recall.keep(third, 0)
    assert (recall.own(second.id), len(recall)) == (None, 2)


async def test_an_older_version_never_takes_the_place_of_a_newer_one(town: Town) -> None:
    case = await town.report()
    old = await town.log.aggregates.load(case)
    await town.do(cases.AcceptCase(case_id=case), town.community_staff)
    town.log.recall.keep(old, town.log.recall.epoch)
    assert town.log.recall.own(case).version == 2
    town.log.recall.forget(case, 1)
    assert town.log.recall.own(case).version == 2


async def test_nothing_of_a_lost_history_is_kept(town: Town) -> None:
    recall, case = Recall(), await town.log.aggregates.load(await town.report())
    recall.lose(0)
    recall.lose(0)
    recall.keep(case, 0)
    assert (recall.epoch, len(recall)) == (1, 0)


async def test_a_twin_is_equal_and_its_own(town: Town) -> None:
    _, whistle = await town.whistled()
    one = await town.log.aggregates.load(whistle)
    other = twin(one)
    assert other == one and type(other) is type(one)
    department = town.departments[0]
    other.summons[department].missed_at = town.clock.now
    other.items[1] = True
    assert one.summons[department] == Summons(town.clock.now) and one.items == {}
    policy = await town.log.aggregates.load(POLICY_ID)
    twin(policy).documents[0]["version"] = "another"
    assert policy.documents[0]["version"] != "another"


async def test_a_decision_that_is_refused_leaves_no_trace_in_memory(town: Town) -> None:
    case = await town.report()
    known: Case = town.log.recall.own(case)
    with pytest.raises(Refusal):
        await town.do(cases.AcceptCase(case_id=case), town.community_staff, expected_version=7)
    assert town.log.recall.own(case) == known
    assert town.log.recall.own(grid_id(GRID)).place == GRID


# Questions asked together


class Database:
    """Answers when it is told to."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []
        self.answers = asyncio.Semaphore(0)
        self.away = False

    async def fetch(self, keys: Sequence[str]) -> dict[str, str]:
        self.asked.append(list(keys))
        await self.answers.acquire()
        if self.away:
            raise Unavailable("away")
        return {key: key.upper() for key in keys}


async def turn() -> None:
    """Let everybody do what can be done without an answer."""
    for _ in range(5):
        await asyncio.sleep(0)


async def test_those_who_ask_at_a_time_are_answered_by_one_statement() -> None:
    database = Database()
    gathering = Gathering(database.fetch)
    asking = asyncio.gather(*(gathering.get(key) for key in "abba"))
    await turn()
    database.answers.release()
    assert await asking == ["A", "B", "B", "A"]
    assert database.asked == [["a", "b"]]


async def test_nobody_is_answered_by_a_statement_that_began_before_the_question() -> None:
    database = Database()
    gathering = Gathering(database.fetch)
    asking = []
    for _ in range(AT_ONCE + 3):
        asking.append(asyncio.create_task(gathering.get("a")))
        await turn()
    assert database.asked == [["a"]] * AT_ONCE
    for _ in range(AT_ONCE + 1):
        database.answers.release()
    assert await asyncio.gather(*asking) == ["A"] * (AT_ONCE + 3)
    assert database.asked == [["a"]] * (AT_ONCE + 1)


async def test_a_statement_that_fails_fails_for_those_who_wait_and_nobody_else() -> None:
    database = Database()
    gathering = Gathering(database.fetch)
    asking = [asyncio.create_task(gathering.get(key)) for key in "ab"]
    await turn()
    asking[1].cancel()
    database.away = True
    database.answers.release()
    with pytest.raises(Unavailable):
        await asking[0]
    database.away = False
    database.answers.release()
    assert await gathering.get("a") == "A"
