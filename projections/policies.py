"""Which policies were adopted, and which holds at a moment?"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime

from chuishao.domain.policy import PolicyAdopted, PolicyRevised
from chuishao.eventlog.connection import Connection
from chuishao.projections.projection import Batch, Projection
from chuishao.projections.table import Table


@dataclass(slots=True)
class PolicyRow:
    """A policy document as adopted; `document` is its JSON."""

    position: int
    version: str
    effective_from: date
    adopted_at: datetime
    document: str


POLICIES = Table("policy", PolicyRow, key=("position",))


async def fold(connection: Connection, batch: Batch) -> None:
    """Keep every adopted document."""
    rows = [
        PolicyRow(
            position=recorded.position,
            version=str(recorded.event.document["version"]),
            effective_from=date.fromisoformat(recorded.event.document["effectiveFrom"]),
            adopted_at=recorded.occurred_at,
            document=json.dumps(recorded.event.document, ensure_ascii=False),
        )
        for recorded in batch.events
        if isinstance(recorded.event, PolicyAdopted | PolicyRevised)
    ]
    await POLICIES.save(connection, rows)


PROJECTION = Projection("policies", version=1, fold=fold, on=(PolicyAdopted, PolicyRevised))


async def all_policies(connection: Connection) -> list[PolicyRow]:
    """Every policy ever adopted, the latest first."""
    columns = ", ".join(POLICIES.columns)
    rows = await connection.fetch(f"SELECT {columns} FROM policies.policy ORDER BY position DESC")  # noqa: S608
    return [PolicyRow(*row) for row in rows]
