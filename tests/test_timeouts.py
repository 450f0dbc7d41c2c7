"""What takes too long is given up: nobody waits for ever, and no connection is left behind."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
import strawberry

from chuishao.eventlog.connection import OutOfTime, connected, open_pool
from chuishao.graphql.endpoint.execution import Engine, GraphQLRequest
from chuishao.graphql.endpoint.limits import Limits
from chuishao.projections.catalogue import PROJECTIONS
from chuishao.projections.rebuild import rebuild
from chuishao.service.settings import Settings
from tests.served import AUDITOR, Client, Served, mutation, served, until
from tests.town import GRID, Town

HASTY = Settings(execution_seconds=1)
CASES = "{ cases(first: 1) { nodes { id } } }"


@asynccontextmanager
async def locked(database: str, table: str) -> AsyncIterator[None]:
    """Somebody else holds a table for as long as the block lasts."""
    connection = await asyncpg.connect(database)
    try:
        async with connection.transaction():
            await connection.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
            yield
    finally:
        await connection.close()


@pytest.fixture
async def serving(town: Town, database: str) -> AsyncIterator[Served]:
    """A server that waits one second."""
    assert town
    async with served(database, HASTY) as running:
        yield running


async def busy_or_stuck(town: Town) -> list[str]:
    """What other connections to the database are doing, where it is not nothing."""
    query = """SELECT query FROM pg_stat_activity WHERE datname = current_database()
               AND pid <> pg_backend_pid() AND state <> 'idle'"""
    return [row["query"] for row in await town.log.pool.fetch(query)]


def timed_out(result: Any) -> bool:
    """Whether a result says so, and nothing else."""
    return {error["extensions"]["code"] for error in result["errors"]} == {"TIMEOUT"}


async def test_queries_that_wait_for_a_lock_come_back_and_leave_the_pool_as_it_was(
    town: Town, database: str, serving: Served, caplog: pytest.LogCaptureFixture
) -> None:
    case = await town.report()
    client = serving.client(AUDITOR)
    await caught_up(town, client)
    one = "query ($id: ID!) { case(id: $id) { id } }"

    async with locked(database, "cases.case_row"):
        asked = [client.send(CASES) for _ in range(20)]  # more than there are connections
        asked += [client.send(one, {"id": str(case)}) for _ in range(20)]  # through a loader
        answers = await asyncio.gather(*asked)

    assert all(timed_out(answer) for answer in answers)
    assert all(error["extensions"]["retry"] for answer in answers for error in answer["errors"])
    again = await asyncio.gather(*(client.read(CASES) for _ in range(40)))
    assert [len(answer["cases"]["nodes"]) for answer in again] == [1] * 40

    async def quiet() -> bool:
        return not await busy_or_stuck(town)

    await until(quiet)
    assert [record for record in caplog.records if record.exc_info] == []


async def test_a_field_that_times_out_leaves_the_others_their_answers(town: Town, database: str) -> None:
    document = '{ log { head } case(id: "00000000-0000-0000-0000-000000000001") { id } }'
    settings = Settings(execution_seconds=4, reactions=False)  # a statement: 0.8 s less
    async with served(database, settings) as serving:
        client = serving.client(AUDITOR)
        await caught_up(town, client)
        async with locked(database, "cases.case_row"):
            answer = await client.send(document)

    assert timed_out(answer)
    assert answer["data"] == {"log": {"head": await town.log.head()}, "case": None}
    assert answer["errors"][0]["path"] == ["case"]


async def test_a_command_that_timed_out_is_sent_again_and_recorded_once(
    town: Town, database: str, serving: Served
) -> None:
    client = serving.client()
    head = await town.log.head()
    given = {"category": "01001", "text": "井盖丢失", "gridCode": GRID, "commandId": str(uuid4())}
    document = mutation("reportCase", "case { id }")

    async with locked(database, "event"):
        first = await client.send(document, {"input": given})
        other = await client.speaking("zh").send(document, {"input": given | {"commandId": str(uuid4())}})
    assert timed_out(first) and timed_out(other)
    assert first["errors"][0]["message"].endswith("it is safe to send the same command again.")
    assert other["errors"][0]["message"].endswith("或可安全地重新发送同一命令。")

    answers = [(await client.read(document, input=given))["reportCase"] for _ in range(2)]
    assert answers[0] == answers[1]
    assert answers[0]["errors"] == []
    assert answers[0]["position"] in (head + 1, head + 2)


async def test_folding_is_never_cut_short(
    town: Town, database: str, serving: Served, caplog: pytest.LogCaptureFixture
) -> None:
    client = serving.client(AUDITOR)
    await caught_up(town, client)

    async with locked(database, "cases.case_row"):
        await town.report()
        assert timed_out(await client.send(CASES))  # longer than a statement of those who ask may take
        assert timed_out(await client.send(CASES))

    await caught_up(town, client)
    standing = await client.read("{ log { projections { status error } } }")
    assert {(row["status"], row["error"]) for row in standing["log"]["projections"]} == {("live", None)}
    assert [record for record in caplog.records if record.exc_info] == []


async def test_only_the_connections_of_those_who_ask_are_bounded(town: Town, database: str) -> None:
    assert await town.log.pool.fetchval("SHOW statement_timeout") == "0"
    bounded = await open_pool(database, size=1, statement_seconds=0.05)
    try:
        with pytest.raises(OutOfTime):
            async with connected(bounded) as connection:
                await connection.execute("SELECT pg_sleep(20)")
        async with connected(bounded) as connection:
            assert await connection.fetchval("SELECT 1") == 1
            assert not connection.is_in_transaction()
    finally:
        await bounded.close()
    await rebuild(town.log, PROJECTIONS[0])


async def caught_up(town: Town, client: Client) -> None:
    """Wait until the read models show everything."""
    head = await town.log.head()

    async def there() -> bool:
        document = "query ($at: Position) { cases(first: 0, atLeast: $at) { nodes { id } } }"
        return "errors" not in await client.send(document, {"at": head})

    await until(there)


# The engine alone


@strawberry.type
class Slow:
    @strawberry.field
    async def never(self) -> str | None:
        await asyncio.Event().wait()
        return None

    @strawberry.field
    def at_once(self) -> str:
        return "done"


async def test_whatever_never_ends_is_given_up_with_an_answer() -> None:
    engine = Engine(strawberry.Schema(Slow), limits=Limits(execution_seconds=0.05))
    request = GraphQLRequest("{ atOnce never }")

    result = await engine.execute(engine.prepare(request), request, None)

    assert timed_out(result)
    assert "data" not in result
