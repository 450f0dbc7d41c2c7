"""Connections kept at hand: a lost one is replaced, and nobody is told of it who did not use it."""

from __future__ import annotations

import asyncio

from chuishao.eventlog.connection import Pool, connected
from chuishao.eventlog.lanes import Lanes


async def test_a_lane_is_kept_for_the_next_and_replaced_where_the_database_ended_it(pool: Pool) -> None:
    lanes = Lanes(pool, most=1)
    async with lanes.one() as connection:
        first = await connection.fetchval("SELECT pg_backend_pid()")
        ended = asyncio.Event()
        connection.add_termination_listener(lambda *_: ended.set())
    async with lanes.one() as connection:
        assert await connection.fetchval("SELECT pg_backend_pid()") == first

    async with connected(pool) as other:
        await other.execute("SELECT pg_terminate_backend($1)", first)
    await ended.wait()

    async with lanes.one() as connection:
        assert await connection.fetchval("SELECT pg_backend_pid()") != first
    await lanes.close()
