"""Keys of people: sealed with the subject's key, opened with it or not at all, gone for good when erased."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from chuishao.commands import cases, grids
from chuishao.commands.cases import resident_subject
from chuishao.commands.execution import Executor
from chuishao.domain.case_events import CaseReported
from chuishao.domain.event import PersonalText, SealedText
from chuishao.domain.identity import successor
from chuishao.eventlog import keyring as keyring_module
from chuishao.eventlog.connection import Pool, connected, open_pool
from chuishao.eventlog.keyring import Keyring, from_bytes, from_json, to_bytes, to_json
from chuishao.eventlog.log import EventLog
from chuishao.eventlog.mapper import sealed_texts
from tests.appends import an_append
from tests.town import COMMUNITY, GRID, KEY, Town

WORDS = "张三，南京路 1 号 ☎"


@pytest.fixture
async def other_town(town: Town, database: str) -> AsyncIterator[Town]:
    """The same town as another process sees it."""
    pool = await open_pool(database, size=4)
    log = EventLog(pool)
    yield replace(town, log=log, executor=Executor(log, KEY, town.clock))
    await pool.close()


async def erase(pool: Pool, subject: UUID) -> None:
    """Erase a person's key."""
    async with connected(pool) as connection:
        query = "UPDATE subject_key SET key = NULL, erased_at = now() WHERE subject = $1"
        assert await connection.execute(query, subject) == "UPDATE 1"


async def store(log: EventLog, subject: UUID) -> None:
    """Let the log keep the key that its keyring remembers."""
    await log.writer.append(an_append(keys=[(subject, log.keyring.key_for_sealing(subject))]))


async def text_of(log: EventLog, case: UUID) -> SealedText:
    (reported, *_) = await log.stream(case)
    assert isinstance(reported, CaseReported)
    assert isinstance(reported.text, SealedText)
    return reported.text


# Sealing and opening


async def test_what_is_sealed_is_opened_with_the_stored_key(log: EventLog) -> None:
    subject = uuid4()
    sealed = log.keyring.seal(PersonalText(subject, WORDS))
    assert await log.opened([sealed]) == {}  # nothing is stored yet
    await store(log, subject)

    assert await log.opened([sealed]) == {sealed: WORDS}
    assert await log.opened([]) == {}


async def test_the_same_text_is_never_sealed_the_same_twice() -> None:
    keyring, text = Keyring(1), PersonalText(uuid4(), WORDS)
    assert keyring.seal(text).box != keyring.seal(text).box


async def test_a_text_opens_for_nobody_but_its_subject(log: EventLog) -> None:
    mine, yours = uuid4(), uuid4()
    sealed = log.keyring.seal(PersonalText(mine, WORDS))
    await store(log, mine)
    await store(log, yours)

    assert await log.opened([SealedText(yours, sealed.box)]) == {}


async def test_a_text_moved_to_another_subject_with_the_same_key_does_not_open(log: EventLog) -> None:
    mine, yours = uuid4(), uuid4()
    sealed = log.keyring.seal(PersonalText(mine, WORDS))
    key = log.keyring.key_for_sealing(mine)
    await log.writer.append(an_append(keys=[(mine, key), (yours, key)]))

    assert await log.opened([sealed, SealedText(yours, sealed.box)]) == {sealed: WORDS}


@pytest.mark.parametrize("position", [0, 12, -1])
async def test_a_text_that_was_tampered_with_does_not_open(log: EventLog, position: int) -> None:
    subject = uuid4()
    sealed = log.keyring.seal(PersonalText(subject, WORDS))
    await store(log, subject)
    box = bytearray(sealed.box)
    box[position] ^= 1

    assert await log.opened([SealedText(subject, bytes(box))]) == {}


async def test_a_sealed_text_survives_json_and_bytes() -> None:
    sealed = Keyring(1).seal(PersonalText(uuid4(), WORDS))
    assert from_json(to_json(sealed)) == sealed
    assert from_bytes(to_bytes(sealed)) == sealed
    assert from_bytes(None) is None and to_bytes(None) is None


async def test_no_word_about_a_person_is_stored_in_plain(town: Town) -> None:
    await town.report(text=WORDS, address="和平路 2 号", reporter_name="王五", reporter_phone="022-1234")
    register = grids.RegisterGridWorker(community_code=COMMUNITY, label="网格员 009", name="赵六")
    await town.do(register)

    stored = b"".join(event.data + event.stored_meta for event in await town.log.after(0, 1000))

    for word in ("张三", "和平路", "王五", "022-1234", "赵六"):
        assert word.encode() not in stored
    assert "网格员 009".encode() in stored


async def test_events_come_back_with_their_text_sealed_and_openable(town: Town) -> None:
    case = await town.report(text=WORDS, reporter_name="王五")
    (reported, *_) = await town.log.stream(case)
    texts = list(sealed_texts(reported))

    assert set((await town.log.opened(texts)).values()) == {WORDS, "王五"}
    assert {text.subject for text in texts} == {resident_subject(KEY, town.resident.id)}


# Erasing


async def test_once_the_key_is_erased_nothing_opens_any_more_anywhere(town: Town, other_town: Town) -> None:
    case, other = await town.report(text=WORDS), await town.report(grid=GRID, text="另一件")
    texts = [await text_of(town.log, id_) for id_ in (case, other)]
    assert len(await other_town.log.opened(texts)) == 2

    await erase(town.log.pool, resident_subject(KEY, town.resident.id))

    assert await town.log.opened(texts) == {}
    assert await other_town.log.opened(texts) == {}
    assert len(await town.log.stream(case)) == 1  # the fact stays


async def test_what_was_sealed_before_the_erasure_is_refused_after_it(town: Town, other_town: Town) -> None:
    case = await town.report(text=WORDS)
    subject = resident_subject(KEY, town.resident.id)
    head = await town.log.head()

    for there in (town, other_town):
        on_its_way = an_append(keys=[(subject, there.log.keyring.key_for_sealing(subject))])
        await erase(town.log.pool, subject) if there is town else None
        assert (await there.log.writer.append(on_its_way)).verdict == "key"

    assert await town.log.head() == head
    accepted = await town.do(cases.AcceptCase(case_id=case), town.community_staff)
    assert accepted.version == 2


async def test_new_text_is_kept_under_an_identity_of_its_own(town: Town, other_town: Town) -> None:
    case = await town.report(text=WORDS)
    subject = resident_subject(KEY, town.resident.id)
    old = await text_of(town.log, case)
    await erase(town.log.pool, subject)

    for there in (town, other_town):
        new = await text_of(there.log, await there.report(text="又一件"))
        assert (old.subject, new.subject) == (subject, successor(subject))
        assert await there.log.opened([old, new]) == {new: "又一件"}
    await town.do(cases.AcceptCase(case_id=case, note="备注"), town.community_staff)
    (note,) = sealed_texts((await town.log.stream(case))[-1])
    assert (await town.log.opened([note])) == {note: "备注"}


async def test_a_command_answered_before_the_erasure_is_answered_the_same_afterwards(town: Town) -> None:
    report, id_ = cases.ReportCase(category="01001", text=WORDS, grid_code=GRID), uuid4()
    first = await town.do(report, town.resident, id=id_)
    await erase(town.log.pool, resident_subject(KEY, town.resident.id))

    assert await town.do(report, town.resident, id=id_) == first


async def test_a_key_is_either_there_or_erased(log: EventLog) -> None:
    subject = uuid4()
    await store(log, subject)
    async with connected(log.pool) as connection:
        for change in ("key = NULL", "erased_at = now()"):
            with pytest.raises(Exception, match="check constraint"):
                await connection.execute(f"UPDATE subject_key SET {change} WHERE subject = $1", subject)


# Several processes


async def test_two_processes_sealing_for_the_same_new_subject_end_with_one_key(
    town: Town, other_town: Town
) -> None:
    reported = await asyncio.gather(
        *(there.report(text=f"{WORDS} {n}") for n in range(5) for there in (town, other_town))
    )

    texts = [await text_of(town.log, case) for case in reported]
    opened = await town.log.opened(texts)
    assert sorted(opened.values()) == sorted(2 * [f"{WORDS} {n}" for n in range(5)])
    async with connected(town.log.pool) as connection:
        query = "SELECT count(*) FROM subject_key WHERE subject = $1"
        assert await connection.fetchval(query, resident_subject(KEY, town.resident.id)) == 1


async def test_a_process_with_another_candidate_learns_the_stored_key(town: Town, other_town: Town) -> None:
    subject = resident_subject(KEY, town.resident.id)
    candidate = other_town.log.keyring.key_for_sealing(subject)
    await town.report(text=WORDS)

    case = await other_town.report(text="另一件")

    stored = town.log.keyring.key_for_sealing(subject)
    assert other_town.log.keyring.key_for_sealing(subject) == stored != candidate
    text = await text_of(town.log, case)
    assert await town.log.opened([text]) == {text: "另一件"}


async def test_a_keyring_that_forgot_a_key_asks_for_it_again(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keyring_module, "REMEMBERED", 1)
    first = await town.report(text="其一")
    town.log.keyring.seal(PersonalText(uuid4(), "把第一把钥匙挤出去"))
    second = await town.report(text="其二")

    texts = [await text_of(town.log, case) for case in (first, second)]
    assert sorted((await town.log.opened(texts)).values()) == ["其一", "其二"]
