"""What was asked for in a case, why, who decided it and how? Folded with the cases: it is part of their row.

A request lapses where its case goes on before it is decided; no event says so, for the step that did says it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chuishao.domain import case_requests as facts
from chuishao.domain.calendar import TimeUnit
from chuishao.domain.case_requests import RequestKind, RequestState
from chuishao.eventlog.keyring import to_bytes
from chuishao.eventlog.mapper import RecordedEvent
from chuishao.projections.table import Table


@dataclass(slots=True)
class RequestRow:
    """A request by its number in the case; `reason` and `note` are sealed, times are of the world."""

    case_id: UUID
    number: int
    kind: str
    state: str
    asked_at: datetime
    asked_by: str
    amount: int | None
    unit: str | None
    until: datetime | None
    reason: bytes
    decided_at: datetime | None = None
    decided_by: str | None = None
    note: bytes | None = None
    resumed_at: datetime | None = None


REQUESTS = Table("case_request", RequestRow, key=("case_id", "number"))
Requests = dict[tuple[UUID, int], RequestRow]


def touched(events: Iterable[RecordedEvent]) -> set[tuple[UUID, int]]:
    """The requests that events tell of."""
    return {
        (recorded.stream, recorded.event.number)
        for recorded in events
        if isinstance(recorded.event, facts.CaseRequestEvent)
    }


def evolve(rows: Requests, recorded: RecordedEvent) -> None:
    """Fold an event that asks, decides or resumes."""
    at, case = recorded.occurred_at, recorded.stream
    match recorded.event:
        case facts.CaseRequestFiled() as filed:
            rows[case, filed.number] = RequestRow(
                case_id=case,
                number=filed.number,
                kind=filed.request,
                state=RequestState.OPEN.value,
                asked_at=at,
                asked_by=filed.by,
                amount=filed.longer,
                unit=filed.time_unit,
                until=datetime.fromisoformat(filed.stands_until) if filed.stands_until else None,
                reason=to_bytes(filed.reason) or b"",
            )
        case facts.CaseRequestGranted(number=number, by=by, note=note):
            _decide(rows[case, number], RequestState.GRANTED, at, by, to_bytes(note))
        case facts.CaseRequestDenied(number=number, by=by, reason=reason):
            _decide(rows[case, number], RequestState.DENIED, at, by, to_bytes(reason))
        case facts.CaseResumed(number=number):
            rows[case, number].resumed_at = at


def asked(row: RequestRow) -> facts.Asked:
    """What a request asks for, as its case knows it."""
    unit = TimeUnit(row.unit) if row.unit else None
    return facts.Asked(RequestKind(row.kind), row.asked_by, row.amount, unit, row.until)


def lapse(row: RequestRow, at: datetime) -> None:
    """Let a request lapse that the case went on without."""
    row.state, row.decided_at = RequestState.LAPSED.value, at


def _decide(row: RequestRow, state: RequestState, at: datetime, by: str, note: bytes | None) -> None:
    row.state, row.decided_at, row.decided_by, row.note = state.value, at, by, note
