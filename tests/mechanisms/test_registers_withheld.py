"""No word of the ledger or the diary without a recorded look, and after an erasure no word anywhere."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from graphql import GraphQLObjectType, get_named_type
from hypothesis import given, settings
from hypothesis import strategies as st

from chuishao.commands import erasure
from chuishao.commands.execution import Envelope, Executor
from chuishao.commands.registers import care, diary
from chuishao.domain.actor import Actor
from chuishao.domain.erasure import ErasureGround
from chuishao.domain.registers.look import LASTS, WordsRead
from chuishao.domain.registers.terms import CareGroup, DiaryTopic, LookPurpose, ResourceSource
from chuishao.domain.sight import SHOWN, Reading
from chuishao.domain.vocabulary import Role
from chuishao.eventlog.connection import open_pool
from chuishao.eventlog.log import EventLog
from chuishao.graphql.schema import schema
from tests.compiled.coverage import reachable
from tests.conftest import copy_of_template
from tests.mechanisms.steps_registers import enrolled, noted
from tests.personal import where_found
from tests.served import ADMINISTRATOR, AUDITOR, Client, Served, served
from tests.town import COMMUNITY, GRID, KEY, OTHER_COMMUNITY, STREET, Town, make_town

STAFF = Actor("community-staff-1", Role.COMMUNITY_STAFF, COMMUNITY)
STREET_OFFICER = Actor("street-officer-1", Role.STREET_OFFICER, STREET)
WORDS = """words {
  look { id register purpose actor role unit takenAt position }
  whom { text state } household { text state }
  lines { line { number kind correctedBy words { text state } } words { text state } }
} unread { code message }"""
LISTS = """query ($care: ID!, $diary: ID!, $at: Position, $after: String) {
  careEntry(id: $care, atLeast: $at) { ...Care }
  diaryEntry(id: $diary) { ...Diary }
  one: node(id: $care) { id ... on CareEntry { ...Care } }
  other: node(id: $diary) { id ... on DiaryEntry { ...Diary } }
  events(first: 100, after: $after, place: "120101001", types: [
    "CareEnrolled", "NeedRecorded", "ResourceMatched", "CareCorrected", "CareExited",
    "DiaryEntryWritten", "DiaryEntryCorrected", "WordsRead"
  ]) { type data storedData actor { id } }
}
fragment Care on CareEntry {
  id group whom { text state } household { text state } lines { words { text state } } looks { actor }
}
fragment Diary on DiaryEntry {
  id topic household { text state } lines { words { text state } } looks { actor }
}"""
PAGES = """query ($at: Position) {
  careEntries(first: 100, atLeast: $at) { nodes { id whom { text } lines { words { text } } } }
  diaryEntries(first: 100) { nodes { id household { text } lines { words { text } } } }
  looks(first: 100) { nodes { id actor careEntry { lines { words { text } } } diaryEntry { id } } }
}"""


@pytest.fixture(scope="module")
async def database(template: str) -> str:
    """One database for all of them."""
    return await copy_of_template(template)


@pytest.fixture(scope="module")
async def town(database: str) -> AsyncIterator[Town]:
    """The town that they happen in."""
    pool = await open_pool(database, size=4)
    yield await make_town(EventLog(pool))
    await pool.close()


@pytest.fixture(scope="module")
async def serving(town: Town, database: str) -> AsyncIterator[Served]:
    """The application on the town."""
    assert town
    async with served(database) as running:
        yield running


@dataclass
class File:
    """A person's entries, and every word in them, each unmistakable."""

    town: Town
    care: UUID = field(init=False)
    diary: UUID = field(init=False)
    after: str = ""
    """The cursor before their first event."""
    words: list[str] = field(default_factory=list)

    @property
    def known(self) -> dict[str, str]:
        """What a reader may ask for."""
        return {"care": str(self.care), "diary": str(self.diary), "after": self.after}

    def say(self, what: str) -> str:
        self.words.append(f"{what}〔{uuid4().hex[:12]}〕")
        return self.words[-1]

    async def write(self) -> File:
        do = self.town.do
        self.after = await self.town.log.cursor_at_head()
        enrol = care.EnrolCare(
            group=CareGroup.MENTAL_DISORDER, grid_code=GRID, whom=self.say("对象"), words=self.say("情况")
        )
        self.care = (await do(enrol, STAFF)).id
        await do(care.RecordNeed(care_id=self.care, words=self.say("需求")), STAFF)
        found = care.MatchResource(
            care_id=self.care, need=2, source=ResourceSource.SOCIETY, words=self.say("资源")
        )
        await do(found, STAFF)
        await do(care.CorrectCare(care_id=self.care, line=1, words=self.say("更正")), STAFF)
        note = diary.WriteDiaryEntry(
            topic=DiaryTopic.KEY_PERSON, grid_code=GRID, words=self.say("日志"), same_person_as=self.care
        )
        self.diary = (await do(note, self.town.worker())).id
        rewrite = diary.CorrectDiaryEntry(diary_id=self.diary, line=1, words=self.say("更正"))
        await do(rewrite, self.town.worker())
        return self

    def said_in(self, answer: object) -> list[str]:
        """Those of the words that an answer tells."""
        text = json.dumps(answer, ensure_ascii=False)
        return [word for word in self.words if word in text]


def everybody(town: Town) -> list[Actor | None]:
    """Somebody of every role in the place, whoever holds all of it, and nobody."""
    department = Actor("officer-0", Role.DEPARTMENT_OFFICER, "120101", town.departments[0])
    there = [
        Actor(f"{role.value.lower()}-7", role, "") for role in Role if role is not Role.DEPARTMENT_OFFICER
    ]
    return [*there, department, town.worker(), STAFF, None]


async def look(client: Client, name: str, entry: UUID, **given: Any) -> Any:
    """Take a look; what is asked for is all that there is."""
    fields = {"careId" if name == "readCareEntry" else "diaryId": str(entry), "purpose": "HOME_VISIT"}
    return await client.mutate(name, WORDS, **fields | given)


# Nothing without a look


def test_nothing_leads_to_words_but_the_payloads_of_looks() -> None:
    types = schema._schema
    for root in (types.query_type, types.subscription_type):
        assert not {name for name in reachable(root) if name.startswith(("WordsShown.", "LineShown."))}
    assert types.mutation_type is not None
    leading = {
        name
        for name, mutation in types.mutation_type.fields.items()
        if any(found.startswith("WordsShown.") for found in reachable(mutation.type))
    }
    assert leading == {"readCareEntry", "readDiaryEntry"}
    payload = get_named_type(types.mutation_type.fields["readCareEntry"].type)
    assert isinstance(payload, GraphQLObjectType) and "words" in payload.fields


async def test_no_query_shows_a_word_to_anybody(town: Town, serving: Served) -> None:
    file = await File(town).write()
    ids = file.known | {"at": await town.log.head()}
    for actor in everybody(town):
        client = serving.client(actor)
        answers = [await client.send(LISTS, ids), await client.send(PAGES, {"at": ids["at"]})]
        assert file.said_in(answers) == [], actor
        sees = actor is not None and actor.role in SHOWN[Reading.REGISTERS]
        data = answers[0]["data"]
        assert (data["careEntry"] is not None) is (data["diaryEntry"] is not None) is sees, actor
        assert (data["one"] is not None) is (data["other"] is not None) is sees, actor
        told = json.dumps(data["events"], ensure_ascii=False)
        assert ("MENTAL_DISORDER" in told) is ("KEY_PERSON" in told) is sees, actor
        assert (answers[1]["data"] or {"careEntries": {"nodes": []}})["careEntries"]["nodes"] or not sees


async def test_who_has_no_business_there_sees_nothing_of_it(town: Town, serving: Served) -> None:
    file = await File(town).write()
    ids = file.known | {"at": await town.log.head()}
    department = Actor("officer-0", Role.DEPARTMENT_OFFICER, "120101", town.departments[0])
    strangers = [
        Actor("staff-9", Role.COMMUNITY_STAFF, OTHER_COMMUNITY),
        Actor("auditor-9", Role.AUDITOR, "31"),
        Actor("resident-1", Role.RESIDENT, ""),
        department,
        None,
    ]
    for stranger in strangers:
        data = (await serving.client(stranger).send(LISTS, ids))["data"]
        assert data == {"careEntry": None, "diaryEntry": None, "one": None, "other": None, "events": []}, (
            stranger
        )
    refused = await serving.client(None).send(PAGES, {})
    assert {error["extensions"]["code"] for error in refused["errors"]} == {"TOKEN_REQUIRED"}


async def test_a_machine_learns_that_something_happened_and_not_what(town: Town, serving: Served) -> None:
    file = await File(town).write()
    await town.do(care.ReadCareEntry(care_id=file.care, purpose=LookPurpose.EMERGENCY), STAFF)
    machine = serving.client(Actor("integrator-1", Role.INTEGRATOR, ""))
    data = (await machine.read(LISTS, **file.known))["events"]
    assert len(data) > 5
    assert {value for event in data for value in event["data"].values()} == {None}


async def test_a_subscription_tells_no_word(town: Town, serving: Served) -> None:
    asked = "subscription ($after: String) { events(after: $after) { type data } }"
    file = await File(town).write()
    async with serving.client(STREET_OFFICER).socket() as socket:
        await socket.subscribe(asked, after=file.after)
        heard = [(await socket.next())["events"] for _ in range(6)]
    assert [event["type"] for event in heard][:3] == ["CareEnrolled", "NeedRecorded", "ResourceMatched"]
    assert file.said_in(heard) == []
    assert '"MASKED"' in json.dumps(heard)


async def test_writing_shows_no_word_of_what_was_written_before(town: Town, serving: Served) -> None:
    file = await File(town).write()
    shown = "careEntry { whom { text } household { text } lines { words { text } } }"
    payload = await serving.client(STAFF).do("recordNeed", shown, careId=str(file.care), words="助医")
    assert len(payload["careEntry"]["lines"]) == 5
    assert file.said_in(payload) == []


# A look


async def test_a_look_gives_out_the_words_and_is_there_for_auditors(town: Town, serving: Served) -> None:
    file = await File(town).write()
    before = await town.log.head()

    read = await look(serving.client(STREET_OFFICER), "readCareEntry", file.care, purpose="NEED_ASSESSMENT")
    noted_ = await look(serving.client(STAFF), "readDiaryEntry", file.diary, purpose="SUPERVISION")

    assert read["errors"] == noted_["errors"] == []
    assert set(file.said_in(read) + file.said_in(noted_)) == set(file.words)
    assert (read["position"], noted_["position"]) == (before + 1, before + 2)
    first, second = await town.log.after(before, 10)
    assert isinstance(first.event, WordsRead) and isinstance(second.event, WordsRead)
    assert (first.event.entry, first.event.purpose, first.actor) == (
        file.care,
        "NEED_ASSESSMENT",
        STREET_OFFICER.id,
    )
    asked = """query ($id: ID, $at: Position) { looks(entryId: $id, atLeast: $at) {
      nodes {
        register purpose actor role unit takenAt position
        grid { code } careEntry { id } diaryEntry { id }
      }
    } }"""
    auditor = serving.client(AUDITOR)
    (seen,) = (await auditor.read(asked, id=str(file.care), at=before + 2))["looks"]["nodes"]
    assert datetime.fromisoformat(seen.pop("takenAt")) > datetime.now(UTC) - timedelta(minutes=5)
    assert seen == {
        "register": "CARE",
        "purpose": "NEED_ASSESSMENT",
        "actor": STREET_OFFICER.id,
        "role": "STREET_OFFICER",
        "unit": STREET,
        "position": before + 1,
        "grid": {"code": GRID},
        "careEntry": {"id": str(file.care)},
        "diaryEntry": None,
    }
    (event,) = (
        await auditor.read(
            'query { events(first: 100, types: ["WordsRead"]) { position actor { id } data } }'
        )
    )["events"][-2:-1]
    assert event == {
        "position": before + 1,
        "actor": {"id": STREET_OFFICER.id},
        "data": {
            "register": "CARE", "entry": str(file.care), "grid": GRID, "purpose": "NEED_ASSESSMENT",
        },
    }  # fmt: skip


@pytest.mark.parametrize("name", ["readCareEntry", "readDiaryEntry"])
async def test_a_refused_look_gives_out_nothing(name: str, town: Town, serving: Served) -> None:
    file = await File(town).write()
    entry = file.care if name == "readCareEntry" else file.diary
    head = await town.log.head()
    may = care.ReadCareEntry.roles if name == "readCareEntry" else diary.ReadDiaryEntry.roles
    for actor in everybody(town):
        if actor is not None and actor.role in may:
            continue
        payload = await look(serving.client(actor), name, entry)
        assert payload["words"] is None and file.said_in(payload) == []
        assert [error["code"] for error in payload["errors"]] == ["FORBIDDEN"], actor
    elsewhere = Actor("staff-9", Role.COMMUNITY_STAFF, OTHER_COMMUNITY)
    refused = await look(serving.client(elsewhere), name, entry)
    stale = await look(serving.client(STAFF), name, entry, expectedVersion=5)
    assert [error["code"] for error in refused["errors"] + stale["errors"]] == [
        "OUT_OF_SCOPE",
        "STALE_VERSION",
    ]
    assert refused["words"] is stale["words"] is None
    assert await town.log.head() == head


async def test_a_look_is_taken_now_whatever_the_client_says(town: Town, serving: Served) -> None:
    entry = await enrolled(town)
    payload = await look(
        serving.client(STAFF), "readCareEntry", entry, occurredAt="2026-03-02T09:00:00+08:00"
    )
    taken = datetime.fromisoformat(payload["words"]["look"]["takenAt"])
    assert abs(taken - datetime.now(UTC)) < timedelta(minutes=5)


async def test_a_look_sent_again_shows_what_was_seen_and_nothing_newer(town: Town, serving: Served) -> None:
    entry, staff, command = await enrolled(town), serving.client(STAFF), str(uuid4())
    first = await look(staff, "readCareEntry", entry, commandId=command)
    await staff.do("correctCare", careId=str(entry), line=1, words="后来的话")
    head = await town.log.head()

    again = await look(staff, "readCareEntry", entry, commandId=command)

    assert again == first
    assert await town.log.head() == head
    anew = await look(staff, "readCareEntry", entry)
    assert [line["words"]["text"] for line in anew["words"]["lines"]] == ["独居", "助餐", "后来的话"]
    assert [line["line"]["correctedBy"] for line in anew["words"]["lines"]] == [3, None, None]
    assert {line["line"]["words"]["state"] for line in anew["words"]["lines"]} == {"MASKED"}
    other = await look(serving.client(STREET_OFFICER), "readCareEntry", entry, commandId=command)
    assert [error["code"] for error in other["errors"]] == ["COMMAND_REUSED"]


async def test_a_look_is_over_after_ten_minutes(town: Town, serving: Served) -> None:
    entry, command = await noted(town), uuid4()
    long_ago = Executor(town.log, KEY, lambda: datetime.now(UTC) - LASTS - timedelta(seconds=1))
    read = diary.ReadDiaryEntry(diary_id=entry, purpose=LookPurpose.HOME_VISIT)
    await long_ago.execute(read, Envelope(id=command, actor=STAFF))

    payload = await look(serving.client(STAFF), "readDiaryEntry", entry, commandId=str(command))

    assert payload["words"] is None and payload["errors"] == [] and payload["position"]
    assert payload["unread"]["code"] == "LOOK_OVER"


# Erasure


async def test_after_an_erasure_no_word_is_anywhere_and_a_look_says_so(
    town: Town, database: str, serving: Served
) -> None:
    gone, kept = await File(town).write(), await File(town).write()
    staff = serving.client(STAFF)
    for file in (gone, kept):
        assert file.said_in(await look(staff, "readCareEntry", file.care))
    erase = erasure.EraseSubject(subject_id=gone.diary, reason=ErasureGround.OWN_REQUEST)
    await town.do(erase, ADMINISTRATOR)

    answers = [
        await look(staff, "readCareEntry", gone.care),
        await look(staff, "readDiaryEntry", gone.diary),
    ]

    assert gone.said_in(answers) == []
    for answer in answers:
        assert {line["words"]["state"] for line in answer["words"]["lines"]} == {"ERASED"}
    assert answers[0]["words"]["whom"] == {"text": None, "state": "ERASED"}
    assert len(answers[0]["words"]["lines"]) == 4, "that something was written stays known"
    assert file.said_in(await look(staff, "readCareEntry", kept.care))
    connection = await asyncpg.connect(database)
    try:
        assert await where_found(connection, [*gone.words, *kept.words]) == {}, (
            "read models keep no plain word"
        )
    finally:
        await connection.close()
    texts = await town.log.opened(
        [
            text
            for recorded in await town.log.after(0, 100_000)
            for text in vars(recorded.event).values()
            if type(text).__name__ == "SealedText"
        ]
    )
    assert gone.said_in(sorted(texts.values())) == []
    assert set(kept.said_in(sorted(texts.values()))) == set(kept.words)


async def test_what_is_written_after_an_erasure_is_read_again(town: Town, serving: Served) -> None:
    file, staff = await File(town).write(), serving.client(STAFF)
    erase = erasure.EraseSubject(subject_id=file.care, reason=ErasureGround.RETENTION_OVER)
    await town.do(erase, ADMINISTRATOR)
    await staff.do("recordNeed", careId=str(file.care), words="新的需求")
    payload = await look(staff, "readCareEntry", file.care)
    said = [line["words"]["text"] for line in payload["words"]["lines"]]
    assert said == [None, None, None, None, "新的需求"]


# Whatever is done


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["write", "need", "correct", "list", "look", "look", "again", "erase"]),
        st.integers(0, 1),
        st.integers(0, 9),
    ),
    min_size=4,
    max_size=14,
)


@settings(max_examples=25)
@given(steps=STEPS)
async def test_words_are_told_by_recorded_looks_alone_and_never_after_an_erasure(
    town: Town, serving: Served, steps: list[tuple[str, int, int]]
) -> None:
    files: dict[int, File] = {}
    gone: set[str] = set()
    sent: dict[int, str] = {}
    people = everybody(town)
    for step, who, number in steps:
        file = files.get(who)
        if file is None or step == "write":
            file = files[who] = await File(town).write()
            sent.pop(who, None)
        living = set(file.words) - gone
        client, head = serving.client(people[number % len(people)]), await town.log.head()
        ids = file.known | {"at": head}
        match step:
            case "need":
                await town.do(care.RecordNeed(care_id=file.care, words=file.say("需求")), STAFF)
            case "correct":
                lines = (await town.log.aggregates.load(file.diary)).version
                rewrite = diary.CorrectDiaryEntry(diary_id=file.diary, line=lines, words=file.say("更正"))
                await town.do(rewrite, STAFF)
            case "list":
                answers = [await client.send(LISTS, ids), await client.send(PAGES, {"at": head})]
                assert file.said_in(answers) == []
                assert await town.log.head() == head
            case "look":
                sent[who] = str(uuid4())
                payload = await look(client, "readCareEntry", file.care, commandId=sent[who])
                new = await town.log.after(head, 10)
                if payload["errors"]:
                    assert file.said_in(payload) == [] and new == []
                    continue
                assert [type(one.event) for one in new] == [WordsRead]
                assert new[0].position == payload["position"] == payload["words"]["look"]["position"]
                assert set(file.said_in(payload)) <= living
            case "again" if who in sent:
                payload = await look(client, "readCareEntry", file.care, commandId=sent[who])
                assert set(file.said_in(payload)) <= living
                assert [type(one.event) for one in await town.log.after(head, 10)] in ([], [WordsRead])
            case "erase":
                erase = erasure.EraseSubject(subject_id=file.care, reason=ErasureGround.OWN_REQUEST)
                await town.do(erase, ADMINISTRATOR)
                gone |= set(file.words)
    told = [await look(serving.client(STAFF), "readCareEntry", file.care) for file in files.values()]
    told += [await look(serving.client(STAFF), "readDiaryEntry", file.diary) for file in files.values()]
    assert [word for word in gone if word in json.dumps(told, ensure_ascii=False)] == []
    left = {word for file in files.values() for word in file.words} - gone
    assert [word for word in left if word not in json.dumps(told, ensure_ascii=False)] == []
