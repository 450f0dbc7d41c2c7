"""Whoever trusts nobody gets from the API what proves a case's history, and checks it alone."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from chuishao.commands import cases
from chuishao.domain.actor import Actor
from chuishao.domain.vocabulary import Role
from chuishao.eventlog.connection import open_pool
from chuishao.eventlog.log import EventLog
from chuishao.eventlog.merkle import consistent, included
from chuishao.eventlog.note import opened, parse_note, parse_verifier
from chuishao.eventlog.sealer import seal
from tests.conftest import copy_of_template
from tests.served import AUDITOR, Served, served, token
from tests.tampering import superuser
from tests.town import Town, make_town

SEED = bytes(range(32))
VERIFIER = Path(__file__).parent.parent / "examples" / "audit" / "verify_case.py"
HISTORY = """query ($id: ID!, $at: Position) { log { checkpoint { origin size root text key } }
  case(id: $id, atLeast: $at) { history { event { position leafHash
    proof { leafIndex leafHash hashes checkpoint { size } } } } } }"""
GROWN = """query ($since: Position!, $until: Position) {
  consistency(since: $since, until: $until) { since hashes checkpoint { size root } } }"""


def program(path: Path = VERIFIER) -> Any:
    """An example program as a module."""
    spec = spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@dataclass(frozen=True)
class Place:
    town: Town
    server: Served
    case: UUID
    database: str

    async def history(self, actor: Actor = AUDITOR) -> Any:
        at = await self.town.log.head()
        return await self.server.client(actor).read(HISTORY, id=str(self.case), at=at)


@pytest.fixture
async def place(template: str) -> AsyncIterator[Place]:
    database = await copy_of_template(template)
    pool = await open_pool(database, size=4)
    town = await make_town(EventLog(pool))
    case = await town.assigned()
    async with served(database) as server:
        yield Place(town, server, case, database)
    await pool.close()


async def test_before_the_first_seal_there_is_nothing_to_prove_with(place: Place) -> None:
    answer = await place.history()

    assert answer["log"]["checkpoint"] is None
    assert [entry["event"]["proof"] for entry in answer["case"]["history"]] == [None] * 4
    refusal = await place.server.client(AUDITOR).fails(GROWN, since=0)
    assert refusal["code"] == "NOT_SEALED"


async def test_each_event_of_a_history_is_proved_in_the_signed_checkpoint(place: Place) -> None:
    await seal(place.town.log, SEED)

    answer = await place.history()

    shown = answer["log"]["checkpoint"]
    checkpoint = opened(parse_note(shown["text"]), [parse_verifier(shown["key"])])
    assert (checkpoint.origin, checkpoint.size) == (shown["origin"], shown["size"])
    assert checkpoint.root.hex() == shown["root"]
    events = [entry["event"] for entry in answer["case"]["history"]]
    assert len(events) == 4
    for event in events:
        proof = event["proof"]
        path = [bytes.fromhex(value) for value in proof["hashes"]]
        assert (proof["leafHash"], proof["leafIndex"]) == (event["leafHash"], event["position"] - 1)
        leaf = bytes.fromhex(event["leafHash"])
        assert included(leaf, proof["leafIndex"], checkpoint.size, path, checkpoint.root)


async def test_what_came_after_the_seal_is_not_proved_yet(place: Place) -> None:
    await seal(place.town.log, SEED)
    await place.town.do(cases.ResolveOnSpot(case_id=place.case, result="已处理"), place.town.worker())

    events = [entry["event"] for entry in (await place.history())["case"]["history"]]

    assert [event["proof"] is not None for event in events] == [True] * 4 + [False]


async def test_the_log_is_proved_to_have_only_grown_between_any_two_checkpoints(place: Place) -> None:
    kept = []
    for _ in range(4):
        await place.town.assigned()
        newest = await seal(place.town.log, SEED)
        assert newest is not None
        kept.append(newest)
    client = place.server.client()

    for older in kept:
        for newer in kept:
            if older.size > newer.size:
                refusal = await client.fails(GROWN, since=older.size, until=newer.size)
                assert refusal["code"] == "NOT_SEALED"
                continue
            proof = (await client.read(GROWN, since=older.size, until=newer.size))["consistency"]
            path = [bytes.fromhex(value) for value in proof["hashes"]]
            assert consistent(older.size, older.root, newer.size, newer.root, path)
            assert proof["checkpoint"] == {"size": newer.size, "root": newer.root.hex()}


async def test_the_checkpoints_are_listed_page_by_page_for_everybody(place: Place) -> None:
    sizes = []
    for _ in range(3):
        await place.town.assigned()
        newest = await seal(place.town.log, SEED)
        assert newest is not None
        sizes.append(newest.size)
    client = place.server.client()
    page = "query ($after: Position) { checkpoints(first: 2, after: $after) { size text } }"

    first = (await client.read(page))["checkpoints"]
    second = (await client.read(page, after=first[-1]["size"]))["checkpoints"]

    assert [checkpoint["size"] for checkpoint in first + second] == sizes
    assert (await client.fails("{ checkpoints(first: 101) { size } }"))["code"] == "OUT_OF_RANGE"


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.AUDITOR])
async def test_the_stored_texts_are_for_auditors(place: Place, role: Role) -> None:
    unit = place.town.departments[0] if role is Role.DEPARTMENT_OFFICER else None
    await place.town.whistled(departments=1)
    everything = "{ events(first: 100) { storedMeta storedData } }"

    shown = await place.server.client(Actor("somebody-1", role, "", unit)).read(everything)
    to_auditors = await place.server.client(AUDITOR).read(everything)

    assert {(event["storedMeta"], event["storedData"]) for event in shown["events"]} == {(None, None)}
    assert all(event["storedMeta"] and event["storedData"] for event in to_auditors["events"])


async def verify(place: Place, key: str, *more: str) -> subprocess.CompletedProcess[str]:
    """The example program, in a process of its own."""
    command = [sys.executable, str(VERIFIER), f"http://{place.server.base}/graphql", str(place.case)]
    return await asyncio.to_thread(
        subprocess.run,
        [*command, "--key", key, *more],
        env=os.environ | {"TOKEN": token(AUDITOR)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


async def test_a_program_that_knows_only_the_documentation_verifies_a_case(
    place: Place, tmp_path: Path
) -> None:
    first = await seal(place.town.log, SEED)
    assert first is not None
    kept = tmp_path / "kept.txt"
    kept.write_text(first.text, encoding="utf-8")
    await place.town.do(cases.ResolveOnSpot(case_id=place.case, result="已处理"), place.town.worker())
    newest = await seal(place.town.log, SEED)
    assert newest is not None
    at = await place.town.log.head()
    await place.server.client(AUDITOR).read(HISTORY, id=str(place.case), at=at)

    done = await verify(place, first.key, "--kept", str(kept))

    assert done.returncode == 0, done.stderr
    assert f"5 events are in the log of {newest.size} events" in done.stdout
    assert f"since your checkpoint of {first.size} events it only grew" in done.stdout


async def test_the_program_notices_events_of_another_case_and_events_left_out(place: Place) -> None:
    other = await place.town.assigned()
    sealed = await seal(place.town.log, SEED)
    assert sealed is not None
    verifier, at = program(), await place.town.log.head()
    await place.server.client(AUDITOR).read(HISTORY, id=str(other), at=at)
    true = await place.server.client(AUDITOR).read(verifier.QUERY, case=str(place.case))
    of_another = await place.server.client(AUDITOR).read(verifier.QUERY, case=str(other))
    history = true["case"]["history"]
    left_out = true | {"case": true["case"] | {"history": [*history[:1], *history[2:]]}}
    whistled, _ = await place.town.whistled(departments=2)
    assert await seal(place.town.log, SEED) is not None
    at = await place.town.log.head()
    await place.server.client(AUDITOR).read(HISTORY, id=str(whistled), at=at)
    assert (await verify(replace(place, case=whistled), sealed.key)).returncode == 0
    for answer, told in ((of_another, "is of another case"), (left_out, "an event that the server left out")):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(verifier, "ask", lambda *_, answer=answer, **__: answer)
            patch.setattr(sys, "argv", ["verify_case.py", "nowhere", str(place.case), "--key", sealed.key])
            with pytest.raises(SystemExit, match=told):
                verifier.main()


async def test_the_program_notices_a_change_and_a_strange_key(place: Place, tmp_path: Path) -> None:
    first = await seal(place.town.log, SEED)
    assert first is not None
    position = (await place.history())["case"]["history"][1]["event"]["position"]
    stranger = await verify(place, first.key[:-4] + "AAA=")
    async with superuser(place.database) as connection:
        await connection.execute(
            "UPDATE event SET data = replace(data::text, '}', ' }')::json WHERE position = $1", position
        )

    changed = await verify(place, first.key)

    assert (stranger.returncode, changed.returncode) == (1, 1)
    assert "key" in stranger.stderr
    assert f"position {position} (CaseAccepted): the event is not what its hash says" in changed.stderr
