"""A bare Starlette endpoint a question, as one would write it by hand: SQL, rows, dicts, JSON.

    python -m benchmarks.peers.bare PORT DATABASE_URL POOL

`/list`, `/trace`, `/dashboard` make the JSON in Python; under `/json` PostgreSQL makes it.
"""

from __future__ import annotations

import json
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import asyncpg
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from benchmarks.peers.serving import open_pool, run
from chuishao.eventlog.sql import statements

_SQL = statements("benchmarks.peers", "bare.sql")


def _case(row: asyncpg.Record) -> dict[str, Any]:
    due, since = row[6], row[14]
    worker = {"id": row[12], "label": row[13], "servingSince": since and since.isoformat()}
    return {
        "id": row[0],
        "number": row[1],
        "status": row[2],
        "tier": row[3],
        "severity": row[4],
        "reportedAt": row[5].isoformat(),
        "dueAt": due and due.isoformat(),
        "holder": row[7],
        "assignee": row[8],
        "grid": {
            "code": row[9],
            "name": row[10],
            "households": row[11],
            "worker": worker if row[12] else None,
        },
        "division": {"code": row[15], "name": row[16], "level": row[17]},
    }  # fmt: skip


def _entry(row: asyncpg.Record) -> dict[str, Any]:
    meta = json.loads(row[7])
    return {
        "status": row[0],
        "tier": row[1],
        "holder": row[2],
        "event": {
            "position": row[3],
            "type": row[4],
            "version": row[5],
            "occurredAt": row[6].isoformat(),
            "recordedAt": row[8].isoformat(),
            "place": meta["place"],
            "actor": {name: meta[stored] for name, stored in _ACTOR},
        },
    }


_ACTOR = (("id", "actor"), ("role", "role"), ("unit", "unit"), ("scope", "scope"))


def _grid(row: asyncpg.Record) -> dict[str, Any]:
    label, counts = row[3], row[4]
    rated = counts[15]
    return {
        "code": row[0],
        "name": row[1],
        "households": row[2],
        "worker": label and {"label": label},
        "tally": {
            "cases": counts[0],
            "open": counts[1],
            "resolved": counts[7],
            "resolvedOnSpot": counts[8],
            "closed": counts[9],
            "rated": rated,
            "answered": counts[16],
            "solved": counts[17],
            "averageRating": round(counts[18] / rated, 4) if rated else None,
        },
    }


async def _list(request: Request) -> Response:
    rows = await request.app.state.pool.fetch(_SQL["list"], request.query_params["grid"])
    return _json({"cases": {"nodes": [_case(row) for row in rows]}})


async def _trace(request: Request) -> Response:
    id_ = UUID(request.query_params["id"])
    rows = await request.app.state.pool.fetch(_SQL["trace"], id_)
    if not rows:
        return _json({"case": None})
    first = rows[0]
    case = {
        "id": str(id_),
        "number": first[9],
        "status": first[10],
        "tier": first[11],
        "reportedAt": first[12].isoformat(),
        "history": [_entry(row) for row in rows],
    }
    return _json({"case": case})


async def _dashboard(request: Request) -> Response:
    rows = await request.app.state.pool.fetch(_SQL["dashboard"], request.query_params["place"])
    return _json({"grids": {"nodes": [_grid(row) for row in rows]}})


def _json(data: Any) -> Response:
    body = json.dumps({"data": data}, ensure_ascii=False, separators=(",", ":")).encode()
    return Response(body, media_type="application/json")


def _made(statement: str, parameter: str, read: Callable[[str], Any] = str) -> Any:
    async def answer(request: Request) -> Response:
        made = await request.app.state.pool.fetchval(_SQL[statement], read(request.query_params[parameter]))
        return Response(made, media_type="application/json")

    return answer


@asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[None]:
    app.state.pool = await open_pool(sys.argv[2], int(sys.argv[3]))
    yield
    await app.state.pool.close()


if __name__ == "__main__":
    routes = [
        Route("/list", _list),
        Route("/trace", _trace),
        Route("/dashboard", _dashboard),
        Route("/json/list", _made("json_list", "grid")),
        Route("/json/trace", _made("json_trace", "id", UUID)),
        Route("/json/dashboard", _made("json_dashboard", "place")),
    ]
    run(Starlette(routes=routes, lifespan=_lifespan))
