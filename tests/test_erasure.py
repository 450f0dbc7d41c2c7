"""Erasure by right: the key and the plain words go in one transaction with the event that says so."""

from __future__ import annotations

import asyncio
import os
import pty
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any, get_type_hints
from uuid import UUID, uuid4

import asyncpg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chuishao.commands import cases, erasure, grids
from chuishao.commands.cases import resident_subject
from chuishao.commands.execution import Executor, Outcome
from chuishao.domain.actor import ANONYMOUS, Actor
from chuishao.domain.catalogue import EVENT_TYPES
from chuishao.domain.erasure import ErasureGround, PersonalTextErased
from chuishao.domain.event import SealedText
from chuishao.domain.identity import successor
from chuishao.domain.refusal import Forbidden, NothingKept, OutOfScope, SubjectErased
from chuishao.domain.vocabulary import Role
from chuishao.eventlog import writer
from chuishao.eventlog.connection import Unavailable, connected, open_pool
from chuishao.eventlog.feed import Feed
from chuishao.eventlog.log import EventLog
from chuishao.eventlog.mapper import sealed_texts
from chuishao.projections.cases import PROJECTION as CASES
from chuishao.projections.catalogue import PROJECTIONS
from chuishao.projections.engine import Engine
from chuishao.projections.rebuild import rebuild
from chuishao.service.cli.erasing import named
from chuishao.service.settings import WrongSetting
from tests.conftest import copy_of_template
from tests.personal import Person, forms, where_found
from tests.served import ADMINISTRATOR, CHUISHAO, address, environment, process, run_chuishao, until
from tests.town import COMMUNITY, GRID, KEY, STREET, Town, make_town

OFFICER = Actor("street-officer-1", Role.STREET_OFFICER, STREET)
NEIGHBOUR = Actor("resident-2", Role.RESIDENT, "")
FROM_THE_START = """subscription ($after: String) {
  events(after: $after) { position type data case { text { text state } } }
}"""
FOUND = (
    "query ($words: String!) { cases(filter: { text: $words }) { totalCount nodes { text { text state } } } }"
)
LEAVES = """
SELECT position FROM event
WHERE leaf_hash <> leaf_hash(log, position, stream, version, event_id, type, schema_version,
                             occurred_at, recorded_at, meta, data)
"""
OF_CASES = ("domain.case_events", "domain.whistle_events")


def erasing(subject: UUID, reason: ErasureGround = ErasureGround.OWN_REQUEST) -> erasure.EraseSubject:
    """The command that erases somebody."""
    return erasure.EraseSubject(subject_id=subject, reason=reason)


async def erase(town: Town, subject: UUID) -> Outcome:
    """Erase somebody."""
    return await town.do(erasing(subject), ADMINISTRATOR)


async def words_kept(town: Town) -> set[str]:
    """The plain words of the read model of cases."""
    async with connected(town.log.pool) as connection:
        return {row["text"] for row in await connection.fetch("SELECT text FROM cases.case_text")}


async def folded(town: Town) -> None:
    """Let the read models reach the head."""
    await Engine(Feed(town.log), PROJECTIONS).catch_up()


async def texts_of(town: Town) -> list[tuple[int, SealedText]]:
    """Every sealed text of the log with the position of its event."""
    return [
        (event.position, text)
        for event in await town.log.after(0, 100_000)
        for text in sealed_texts(event.event)
    ]


@pytest.fixture
async def other_town(town: Town, database: str) -> AsyncIterator[Town]:
    """The same town as another process sees it."""
    pool = await open_pool(database, size=4)
    log = EventLog(pool)
    yield replace(town, log=log, executor=Executor(log, KEY, town.clock))
    await pool.close()


# Everywhere


async def test_after_an_erasure_none_of_a_persons_words_is_left_and_every_hash_holds(
    town: Town, database: str, tmp_path: Path
) -> None:
    erased, other = Person(town, town.resident, "甲"), Person(town, NEIGHBOUR, "乙")
    town.log.aggregates.every = 5
    await erased.live()
    await other.live()
    await town.log.aggregates.close()
    assert await town.log.pool.fetchval("SELECT count(*) FROM snapshot")
    assert await _event_types_with_words(town) == _every_event_type_with_words()
    await folded(town)
    await rebuild(town.log, CASES)  # leaves the former read model beside the present one
    keys = await town.log.pool.fetch("SELECT subject, key FROM subject_key WHERE key IS NOT NULL")
    key = {row["subject"]: row["key"] for row in keys}[resident_subject(KEY, erased.actor.id)]
    connection = await asyncpg.connect(database)
    await connection.execute("ANALYZE")
    plain = {"cases.case_text", "cases_previous.case_text"}
    found = await where_found(connection, erased.words)
    assert set[str]().union(*found.values()) == plain, "otherwise the search below would say little"

    async with process(
        tmp_path, "--database-url", address(database), "--log-level", "debug", "--no-reactions"
    ) as server:
        officer = server.client(OFFICER)
        assert (await officer.read(FOUND, words=erased.words[-1]))["cases"]["totalCount"] == 0
        assert (await officer.read(FOUND, words=erased.words[0]))["cases"]["totalCount"] == 1
        async with officer.socket() as socket:
            await socket.subscribe(FROM_THE_START, after=town.log.start_cursor)
            before = [await socket.next() for _ in range(await town.log.head())]
            assert all(word in str(before) for word in (*erased.words, *other.words))

            run = ("--database-url", address(database), "--data-dir", tmp_path)
            for arguments in (("seal",), ("checkpoint", "--to", tmp_path / "checkpoint")):
                made = run_chuishao(*arguments, *run)
                assert made.returncode == 0, made.stderr

            number = await connection.fetchval("SELECT number FROM cases.case_row ORDER BY number LIMIT 1")
            told = run_chuishao(*("erase", number, "--reason", "consent_withdrawn", "--yes", "--scrub", *run))
            assert told.returncode == 0, told.stderr
            assert "CaseReported" in told.stdout and "Erased at position" in told.stdout
            event = (await socket.next())["events"]
            assert (event["type"], event["data"]) == ("PersonalTextErased", {"ground": "CONSENT_WITHDRAWN"})

        async with officer.socket() as socket:
            await socket.subscribe(FROM_THE_START, after=town.log.start_cursor)
            replayed = str([await socket.next() for _ in range(await town.log.head())])
        assert [word for word in erased.words if word in replayed] == []
        assert [word for word in other.words if word not in replayed] == []
        assert "'state': 'ERASED'" in replayed
        for word in erased.words:
            assert (await officer.read(FOUND, words=word))["cases"]["totalCount"] == 0
        assert (await officer.read(FOUND, words=other.words[0]))["cases"]["totalCount"] == 1
        said = server.said + told.stdout + told.stderr

    lived = await town.log.pool.fetch("SELECT t::text FROM cases.case_text t ORDER BY 1")
    await rebuild(town.log, CASES)
    assert await town.log.pool.fetch("SELECT t::text FROM cases.case_text t ORDER BY 1") == lived
    assert await where_found(connection, erased.words) == {}
    found = await where_found(connection, other.words)
    assert set[str]().union(*found.values()) == plain
    assert await connection.fetch(LEAVES) == []
    assert [word for word in (*erased.words, *other.words) if word in said] == []
    export = tmp_path / "log.export"
    made = run_chuishao("export", "log", "--to", export, *run)
    assert made.returncode == 0, made.stderr
    checked = run_chuishao("verify", export, "--checkpoint", tmp_path / "checkpoint")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    everything = export.read_bytes()
    assert [word for word in erased.words for form in forms(word) if form in everything] == []
    held = await _in_files(connection, [key, *(form for word in erased.words for form in forms(word))])
    assert held == set()
    await connection.close()


def _every_event_type_with_words() -> set[str]:
    """The types of cases and whistles that have personal text."""
    return {
        topic
        for topic, kind in EVENT_TYPES.items()
        if kind.__module__.endswith(OF_CASES)
        and any("PersonalText" in str(hint) for hint in get_type_hints(kind).values())
    }


async def _event_types_with_words(town: Town) -> set[str]:
    """The types of cases and whistles in the log that hold words in every field that can."""
    return {
        event.type
        for event in await town.log.after(0, 100_000)
        if type(event.event).__module__.endswith(OF_CASES) and list(sealed_texts(event.event))
    }


async def _in_files(connection: asyncpg.Connection[Any], wanted: list[bytes]) -> set[bytes]:
    """What stands in the files of the database, and in what PostgreSQL logs."""
    await connection.execute("CHECKPOINT")
    folder = Path(await connection.fetchval("SELECT current_setting('data_directory')"))
    database = await connection.fetchval(
        "SELECT oid::text FROM pg_database WHERE datname = current_database()"
    )
    files = [path for path in (folder / "base" / database).iterdir() if path.is_file()]
    files.append(folder.with_name("postgres.log"))
    held = b"".join(path.read_bytes() for path in files)
    return {form for form in wanted if form in held}


# One command, in words


async def test_an_erasure_is_an_event_that_says_who_whom_when_and_why(town: Town) -> None:
    case = await town.report(text="井盖丢失")
    done = await town.do(erasing(case, ErasureGround.RETENTION_OVER), ADMINISTRATOR)

    (recorded,) = await town.log.after(done.position - 1, 1)
    event, subject = recorded.event, resident_subject(KEY, town.resident.id)
    assert isinstance(event, PersonalTextErased)
    assert (event.subject, event.identity, event.ground) == (subject, subject, "RETENTION_OVER")
    assert (recorded.meta.actor, recorded.meta.role) == (ADMINISTRATOR.id, "ADMINISTRATOR")
    assert recorded.occurred_at == town.clock.now
    query = "SELECT key, erased_at IS NOT NULL FROM subject_key WHERE subject = $1"
    assert [tuple(row) for row in await town.log.pool.fetch(query, subject)] == [(None, True)]


async def test_an_auditor_finds_a_key_that_was_destroyed_without_its_event(town: Town) -> None:
    page = (Path(__file__).parents[1] / "docs" / "auditors.md").read_text(encoding="utf-8")
    (question,) = re.findall(r"```sql\n(WITH erased.*?)```", page, re.DOTALL)
    await erase(town, await town.report())
    assert await town.log.pool.fetch(question) == []

    await town.report()
    subject = successor(resident_subject(KEY, town.resident.id))
    destroy = "UPDATE subject_key SET key = NULL, erased_at = now() WHERE subject = $1"
    await town.log.pool.execute(destroy, subject)
    assert [tuple(row) for row in await town.log.pool.fetch(question)] == [(subject, True)]

    await erase(town, subject)  # an erasure by hand gets its event
    assert await town.log.pool.fetch(question) == []


async def test_erasing_twice_records_it_once(town: Town, other_town: Town) -> None:
    case = await town.report()
    first = await erase(town, case)
    head = await town.log.head()

    for there in (town, other_town):
        again = await erase(there, case)
        assert (again.id, again.version) == (first.id, first.version)
    together = await town.report()
    done = await asyncio.gather(*(erase(there, together) for there in (town, other_town) for _ in range(3)))
    assert len({one.id for one in done}) == 1

    assert await town.log.head() == head + 2


async def test_who_is_erased_elsewhere_while_an_erasure_is_decided_is_erased_once(
    town: Town, other_town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    case, head = await town.report(), await town.log.head()
    keeps, faster = town.log.keeps, list[Outcome]()

    async def keeps_after_another(identity: UUID) -> bool:
        if not faster:
            faster.append(await erase(other_town, case))
        return await keeps(identity)

    monkeypatch.setattr(town.log, "keeps", keeps_after_another)

    again = await erase(town, case)

    assert [(again.id, again.version)] == [(one.id, one.version) for one in faster]
    assert await town.log.head() == head + 1


async def test_nothing_is_erased_of_whom_nothing_is_known_and_by_nobody_but_an_administrator(
    town: Town,
) -> None:
    case, head = await town.report(), await town.log.head() + 0
    with pytest.raises(NothingKept):
        await erase(town, uuid4())
    with pytest.raises(OutOfScope):
        await town.do(erasing(case), replace(ADMINISTRATOR, scope="12"))
    for role in set(Role) - {Role.ADMINISTRATOR}:
        with pytest.raises(Forbidden):
            await town.do(erasing(case), Actor("somebody", role, ""))

    assert await town.log.head() == head
    assert len(await town.log.opened([text for _, text in await texts_of(town)])) > 1


async def test_a_worker_is_erased_by_the_worker_and_nobody_else_with_them(town: Town) -> None:
    register = grids.RegisterGridWorker(community_code=COMMUNITY, label="网格员 007", name="张三")
    worker = (await town.do(register)).id
    await town.do(grids.PublishContact(worker_id=worker, contact="022-0007"))
    await town.report(text="别人的事")
    before = await town.log.opened([text for _, text in await texts_of(town)])

    await erase(town, worker)

    after = await town.log.opened([text for _, text in await texts_of(town)])
    assert set(before.values()) - set(after.values()) == {"张三", "022-0007"}


async def test_words_about_an_anonymous_report_are_those_of_the_case(town: Town) -> None:
    mine, other = [
        (await town.do(cases.ReportCase(category="01001", text=said, grid_code=GRID), ANONYMOUS)).id
        for said in ("其一", "其二")
    ]
    await town.do(cases.AcceptCase(case_id=mine, note="备注"), town.community_staff)
    await folded(town)

    await erase(town, mine)

    assert await words_kept(town) == {"其二"}
    assert other != mine


# Read models


async def test_words_go_with_the_key_whatever_becomes_of_the_read_model(town: Town) -> None:
    case = await town.report(text="要删除的话")
    await town.do(cases.ReportCase(category="01001", text="别人的话", grid_code=GRID), NEIGHBOUR)
    await folded(town)
    assert await words_kept(town) == {"要删除的话", "别人的话"}
    async with connected(town.log.pool) as connection:
        await connection.execute("UPDATE projection SET status = 'stopped' WHERE name = 'cases'")

    await erase(town, case)

    assert await words_kept(town) == {"别人的话"}


async def test_an_erasure_waits_for_a_fold_that_has_opened_the_words(town: Town, other_town: Town) -> None:
    case = await town.report(text="正在折叠的话")
    ((_, text),) = [(at, text) for at, text in await texts_of(town) if text.subject != case][-1:]

    async with connected(other_town.log.pool) as folding, folding.transaction():
        opened = await other_town.log.keyring.open_to_keep(folding, [text])
        assert opened == {text: "正在折叠的话"}
        erasure_under_way = asyncio.create_task(erase(town, case))
        await until(lambda: _waits_for_a_lock(other_town))
        for there in (town, other_town):  # no other writer waits meanwhile
            await there.report(text="别处的事")
        insert = "INSERT INTO cases.case_text (id, log, subject, text) VALUES ($1, 1, $2, $3)"
        await folding.execute(insert, case, text.subject, opened[text])
        assert not erasure_under_way.done()
    await erasure_under_way

    assert await words_kept(town) == set()


async def _waits_for_a_lock(town: Town) -> bool:
    async with connected(town.log.pool) as connection:
        query = (
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return bool(await connection.fetchval(query))


async def test_no_read_model_keeps_words_of_somebody_whose_key_is_gone(town: Town) -> None:
    case = await town.report(text="要删除的话")
    ((_, text),) = (await texts_of(town))[-1:]
    await erase(town, case)

    async with connected(town.log.pool) as connection:
        insert = "INSERT INTO cases.case_text (id, log, subject, text) VALUES ($1, 1, $2, '要删除的话')"
        with pytest.raises(asyncpg.ForeignKeyViolationError):
            await connection.execute(insert, case, text.subject)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE subject_key SET key = '\\x00' WHERE subject = $1",
        "UPDATE subject_key SET key = '\\x00', erased_at = NULL WHERE subject = $1",
        "DELETE FROM subject_key WHERE subject = $1",
    ],
)
async def test_an_erased_key_never_comes_back(town: Town, change: str) -> None:
    case = await town.report()
    await erase(town, case)

    async with connected(town.log.pool) as connection:
        with pytest.raises(asyncpg.RestrictViolationError):
            await connection.execute(change, resident_subject(KEY, town.resident.id))


# At the same time


async def test_whoever_writes_meanwhile_comes_before_and_is_erased_or_after_and_is_not(
    town: Town, other_town: Town
) -> None:
    case = await town.report(text="先到的话")
    subject = resident_subject(KEY, town.resident.id)

    async def write(there: Town, number: int) -> str:
        try:
            await there.report(text=f"同时的话 {number}")
        except SubjectErased:
            return "refused"
        return "kept"

    writing = [write(there, number) for number in range(40) for there in (town, other_town)]
    answers = await asyncio.gather(*writing[:40], erase(town, case), *writing[40:])

    events = [event for event in await town.log.after(0, 100_000) if event.type == "PersonalTextErased"]
    (erased_at,) = [event.position for event in events]
    opened = await town.log.opened([text for _, text in await texts_of(town)])
    reported = [
        (at, text) for at, text in await texts_of(town) if text.subject in (subject, successor(subject))
    ]
    assert len(reported) == 1 + sum(answer == "kept" for answer in answers)
    for at, text in reported:
        assert (text.subject == subject) is (at < erased_at) is (text not in opened)


async def test_a_command_on_its_way_is_refused_and_may_be_sent_again(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = await town.report(text="先到的话")
    report, id_ = cases.ReportCase(category="01001", text="路上的话", grid_code=GRID), uuid4()
    append = town.log.writer.append

    async def overtaken(command: writer.Append) -> writer.Verdict:
        monkeypatch.undo()
        await erase(town, case)
        return await append(command)

    monkeypatch.setattr(town.log.writer, "append", overtaken)
    with pytest.raises(SubjectErased):
        await town.do(report, town.resident, id=id_)

    await town.do(report, town.resident, id=id_)
    opened = await town.log.opened([text for _, text in await texts_of(town)])
    assert "路上的话" in opened.values() and "先到的话" not in opened.values()


async def test_an_erasure_that_is_cut_off_has_not_happened_and_can_be_sent_again(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    case, id_ = await town.report(text="要删除的话"), uuid4()
    await folded(town)
    head = await town.log.head()
    killed = "SELECT pg_terminate_backend(pg_backend_pid()), $1::int, $2::uuid[]"
    with monkeypatch.context() as patch:
        patch.setitem(writer._SQL, "destroy_keys", killed)
        with pytest.raises(Unavailable):
            await town.do(erasing(case), ADMINISTRATOR, id=id_)
    assert await town.log.head() == head
    assert await words_kept(town) == {"要删除的话"}

    await town.do(erasing(case), ADMINISTRATOR, id=id_)
    assert (await town.log.head(), await words_kept(town)) == (head + 1, set())


# Coming back


async def test_a_resident_who_comes_back_is_heard_and_sees_all_own_cases_and_can_be_erased_again(
    town: Town,
) -> None:
    before = await town.report(text="从前的话")
    await erase(town, before)
    after = await town.report(text="后来的话")
    await town.do(cases.AcceptCase(case_id=before, note="从前案件的备注"), town.community_staff)
    await folded(town)
    async with connected(town.log.pool) as connection:
        subjects = await connection.fetch("SELECT DISTINCT subject FROM cases.case_row")
    assert [row["subject"] for row in subjects] == [resident_subject(KEY, town.resident.id)]
    opened = (await town.log.opened([text for _, text in await texts_of(town)])).values()
    assert {"后来的话", "从前案件的备注"} <= set(opened) and "从前的话" not in opened

    await erase(town, after)

    opened = (await town.log.opened([text for _, text in await texts_of(town)])).values()
    assert not {"后来的话", "从前的话", "从前案件的备注"} & set(opened)
    assert await words_kept(town) == set()
    events = [event.event for event in await town.log.after(0, 100_000) if event.type == "PersonalTextErased"]
    subject = resident_subject(KEY, town.resident.id)
    assert [vars(event)["identity"] for event in events] == [subject, successor(subject)]


# Random histories

STEPS = st.lists(
    st.tuples(st.sampled_from(["report", "note", "erase", "fold"]), st.integers(0, 2)),
    min_size=5,
    max_size=40,
)


@pytest.fixture(scope="module")
async def long_lived_town(template: str) -> AsyncIterator[Town]:
    """One town for all histories; every one has residents of its own."""
    pool = await open_pool(await copy_of_template(template), size=8)
    yield await make_town(EventLog(pool))
    await pool.close()


@settings(max_examples=25)
@given(steps=STEPS)
async def test_a_text_is_shown_exactly_until_its_person_is_erased(
    long_lived_town: Town, steps: list[tuple[str, int]]
) -> None:
    town = long_lived_town
    residents = [Actor(f"resident-{uuid4()}", Role.RESIDENT, "") for _ in range(3)]
    latest: dict[int, UUID] = {}
    shown: dict[int, set[str]] = {0: set(), 1: set(), 2: set()}
    searched: dict[int, set[str]] = {0: set(), 1: set(), 2: set()}
    gone: set[str] = set()
    for number, (step, who) in enumerate(steps):
        said = f"{number} {uuid4()}"
        if step == "report":
            report = cases.ReportCase(category="01001", text=said, grid_code=GRID)
            latest[who] = (await town.do(report, residents[who])).id
            shown[who].add(said)
            searched[who].add(said)
        elif step == "note" and who in latest:
            assess = cases.RefuseCase(case_id=latest[who], reason=said)
            await town.do(assess, OFFICER)
            del latest[who]
            shown[who].add(said)
        elif step == "erase" and who in latest:
            await erase(town, latest[who])
            gone |= shown[who]
            shown[who], searched[who] = set(), set()
        elif step == "fold":
            await folded(town)
    await folded(town)

    opened = set((await town.log.opened([text for _, text in await texts_of(town)])).values())
    kept = await words_kept(town)
    for who in range(3):
        assert shown[who] <= opened
        assert searched[who] <= kept
    assert gone & (opened | kept) == set()


# What is remembered of a command


async def test_the_hash_of_a_command_cannot_be_found_by_trying_without_the_key(town: Town) -> None:
    command, id_ = grids.PublishContact(worker_id=town.workers[GRID], contact="022-1234"), uuid4()
    await town.do(command, id=id_)
    first = await town.log.remembered(id_)
    elsewhere = await town.log.remembered(id_)
    assert first is not None and elsewhere is not None

    other = replace(town, executor=Executor(town.log, b"another key, also 32 bytes long.", town.clock))
    with pytest.raises(Exception, match="was used for other content"):
        await other.do(command, id=id_)
    assert (await town.do(command, id=id_)).position == first.last_position


# The command line


async def test_the_command_says_what_it_would_erase_and_erases_nothing_unless_told(
    town: Town, database: str
) -> None:
    at = ("--database-url", address(database))
    case, resident = await town.report(text="要删除的话"), town.resident.id
    await folded(town)
    head = await town.log.head()

    for arguments, said in (
        ((case, "--reason", "own_request"), "nobody can be asked whether to erase; add --yes"),
        ((case, "--reason", "张三要求", "--yes"), "Invalid value for '--reason'"),
        ((uuid4(), "--reason", "own_request", "--yes"), "Nothing is kept about"),
    ):
        refused = run_chuishao("erase", *arguments, *at)
        assert refused.returncode == 2 and said in refused.stderr, refused
    for unknown in ("999999", "resident-1"):
        with pytest.raises((NothingKept, WrongSetting)):
            await named(town.log, unknown)
    assert await asked(case, "n", *at) == 130
    assert await town.log.head() == head

    done = run_chuishao("erase", resident, "--resident", "--reason", "OWN_REQUEST", "--yes", *at)
    assert done.returncode == 0, done.stderr
    assert await town.log.head() == head + 1
    assert "CaseReported" in done.stdout and "要删除的话" not in done.stdout
    await town.report()
    assert await asked(case, "y", *at) == 0
    assert await town.log.head() == head + 3
    scrubbed = run_chuishao("scrub", *at)
    assert "Rewritten: subject_key, cases.case_text." in scrubbed.stdout


async def asked(case: UUID, answer: str, *arguments: str) -> int:
    """The exit code of the command on a terminal, where somebody answers its question."""
    ours, theirs = pty.openpty()
    try:
        command = [str(CHUISHAO), "erase", str(case), "--reason", "own_request", *arguments]
        os.write(ours, f"{answer}\n".encode())
        done = await asyncio.create_subprocess_exec(
            *command, env=environment(), stdin=theirs, stdout=asyncio.subprocess.PIPE
        )
        said, _ = await done.communicate()
    finally:
        os.close(ours)
        os.close(theirs)
    assert b"Erase this for good (" in said
    assert done.returncode is not None
    return done.returncode
