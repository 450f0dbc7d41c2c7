"""Which cases does a reader see? The answer is a condition, so that nothing is loaded that is not shown."""

from __future__ import annotations

from uuid import UUID

from chuishao.domain.sight import SHOWN, Reader, Reading, Sight
from chuishao.domain.vocabulary import Role
from chuishao.eventlog.connection import Connection
from chuishao.projections.paging import Where

SEEN_BY = frozenset({"cases", "whistles"})
"""The read models that say who sees a case; whether another one has stopped is nothing to a follower."""

# ruff: noqa: S608 every name in these conditions is a table of our own


def seen(where: Where, reader: Reader, case: str = "case_row") -> None:
    """Require of a row of the cases read model, known as `case`, that the reader sees it."""
    match reader.sight:
        case Sight.SCOPE:
            _in_scope(where, reader, case)
        case Sight.SUMMONED:
            _in_scope(where, reader, case)
            department = where.add(reader.actor.department)
            where.also(
                "EXISTS (SELECT FROM whistles.summons s JOIN whistles.whistle w ON w.id = s.whistle"
                f" WHERE w.case_id = {case}.id AND s.department = {department})"
            )
        case Sight.OWN:
            own = f"{case}.id = ANY({where.add(sorted(reader.proven))}::uuid[])"
            where.also(f"{own} OR {case}.subject = {where.add(reader.subject)}::uuid")


def case_seen(where: Where, reader: Reader, column: str, unless: str | None = None) -> None:
    """Require of a row that names its case in `column` that the reader sees that case.

    It is required of all rows but those of which the condition `unless` holds.
    """
    if reader.sight is Sight.SCOPE and reader.actor.scope == "":
        return
    inner = Where(arguments=where.arguments)
    seen(inner, reader, "seen_case")
    seen_case = f"EXISTS (SELECT FROM cases.case_row seen_case{inner.sql} AND seen_case.id = {column})"
    where.also(f"{unless} OR {seen_case}" if unless else seen_case)


def minutes_seen(where: Where, reader: Reader, row: str) -> None:
    """Require of a deliberation known as `row` that its case is seen, where it is about one."""
    case_seen(where, reader, f"{row}.case_id", unless=f"{row}.case_id IS NULL")


def order_seen(where: Where, reader: Reader, row: str) -> None:
    """Require of an order known as `row` that its case is seen, or that it is the reader's to answer."""
    unless = f"{row}.case_id IS NULL"
    if reader.actor.department is not None:
        unless += f" OR {row}.department = {where.add(reader.actor.department)}"
    if reader.actor.role is Role.STREET_OFFICER and reader.actor.scope is not None:
        unless += f" OR {row}.street = {where.add(reader.actor.scope)}"
    case_seen(where, reader, f"{row}.case_id", unless)


def register_seen(where: Where, reader: Reader, column: str) -> None:
    """Require of a row of a register that names its grid in `column` that registers are shown there."""
    actor = reader.actor
    if actor.scope is None or reader.sight is not Sight.SCOPE or actor.role not in SHOWN[Reading.REGISTERS]:
        where.also("false")
    elif actor.scope:
        where.within(column, actor.scope)


def _in_scope(where: Where, reader: Reader, case: str) -> None:
    scope = reader.actor.scope
    if scope is None:
        where.also("false")
    elif scope:
        where.within(f"{case}.place", scope)


async def cases_seen(connection: Connection, reader: Reader) -> frozenset[UUID]:
    """The cases that a reader sees, all of them: for a department or a resident, who see few."""
    where = Where()
    seen(where, reader)
    rows = await connection.fetch(f"SELECT id FROM cases.case_row{where.sql}", *where.arguments)
    return frozenset(row["id"] for row in rows)
