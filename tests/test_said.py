"""What an event says to whom: no more than the lists and types of the schema show of the same thing."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

import pytest

from chuishao.domain.actor import ANONYMOUS, Actor
from chuishao.domain.catalogue import EVENT_TYPES
from chuishao.domain.event import Event, SealedText
from chuishao.domain.meetings.coordination import CoordinationAnswered, CoordinationOrdered
from chuishao.domain.meetings.deliberation import AgreementReached, DeliberationConvened, OpinionRecorded
from chuishao.domain.meetings.terms import UnitKind
from chuishao.graphql.context import Context
from chuishao.graphql.types.event import said_to
from chuishao.graphql.types.said import Said
from tests.given import (
    ADMINISTRATOR,
    AUDITOR,
    CASE,
    INTEGRATOR,
    POLICE,
    POLICE_OFFICER,
    RESIDENT,
    STAFF,
    STREET_OFFICER,
    WORKS_OFFICER,
)
from tests.specimens import specimen
from tests.town import COMMUNITY, OTHER_COMMUNITY, STREET

REGISTERED = {topic for topic, kind in EVENT_TYPES.items() if kind.REGISTERED}
FOREIGN_STAFF = replace(STAFF, scope=OTHER_COMMUNITY)


def said(event: Event, to: Actor, case: UUID | None = CASE) -> Said:
    """What somebody who sees an event of the community reads of it."""
    return said_to(cast(Context, SimpleNamespace(actor=to)), event, case, COMMUNITY)


# Registers of the rounds


def test_what_tells_of_single_households_and_stewards_is_an_event_of_a_register() -> None:
    assert {
        "WatchBegun",
        "WatchResumed",
        "WatchEnded",
        "WelfareCheckDone",
        "ConcernRaised",
        "PatrolStarted",
        "VisitLogged",
        "PatrolFinished",
        "HouseholdVisited",
        "PersonScreened",
        "DutyLogged",
    } == REGISTERED


@pytest.mark.parametrize("topic", sorted(REGISTERED))
@pytest.mark.parametrize("actor", [INTEGRATOR, ADMINISTRATOR], ids=lambda actor: actor.role)
def test_machines_and_administrators_read_nothing_of_a_register(topic: str, actor: Actor) -> None:
    found = said(specimen(EVENT_TYPES[topic]), actor)

    assert set(found.fields.values()) <= {None}
    assert found.texts == []


@pytest.mark.parametrize("topic", sorted(REGISTERED))
def test_those_who_keep_a_register_read_it_and_auditors_do_but_for_the_words(topic: str) -> None:
    event = specimen(EVENT_TYPES[topic])
    words = [value for value in vars(event).values() if isinstance(value, SealedText)]

    assert None not in said(event, STAFF).fields.values()
    assert said(event, STAFF).texts == words
    assert None not in said(event, AUDITOR).fields.values()
    assert said(event, AUDITOR).texts == []


# Deliberations and orders

MINUTES = (DeliberationConvened, OpinionRecorded, AgreementReached)
ORDERS = (CoordinationOrdered, CoordinationAnswered)


@pytest.mark.parametrize("kind", [*MINUTES, *ORDERS])
@pytest.mark.parametrize("case", [CASE, None], ids=["on a case", "on a matter"])
def test_words_of_the_minutes_and_of_orders_are_for_those_who_handle_cases_there(
    kind: type[Event], case: UUID | None
) -> None:
    event = specimen(kind)

    for reader in (STAFF, STREET_OFFICER):
        assert said(event, reader, case).texts
    for stranger in (RESIDENT, ANONYMOUS, WORKS_OFFICER, FOREIGN_STAFF, AUDITOR, INTEGRATOR, ADMINISTRATOR):
        assert not said(event, stranger, case).texts


@pytest.mark.parametrize("case", [CASE, None], ids=["on a case", "on a matter"])
def test_who_spoke_in_a_deliberation_is_for_those_who_handle_cases_there_and_auditors(
    case: UUID | None,
) -> None:
    opinion = specimen(OpinionRecorded)

    for reader in (STAFF, AUDITOR):
        assert said(opinion, reader, case).fields["person"] is not None
    for stranger in (RESIDENT, ANONYMOUS, WORKS_OFFICER, FOREIGN_STAFF, INTEGRATOR):
        assert said(opinion, stranger, case).fields["person"] is None
        assert said(opinion, stranger, case).fields["label"] is not None


def ordered(kind: UnitKind, unit: str) -> Event:
    """An order to a unit, as it comes out of the log."""
    order: type[Any] = CoordinationOrdered
    return cast(
        Event, order(**(vars(specimen(CoordinationOrdered)) | {"unit_kind": kind.value, "unit": unit}))
    )


def test_whoever_speaks_for_the_unit_reads_what_it_is_asked_for() -> None:
    of_police = ordered(UnitKind.DEPARTMENT, str(POLICE))
    elsewhere = replace(STREET_OFFICER, scope="120101009")
    of_street = ordered(UnitKind.STREET, elsewhere.scope or "")

    assert said(of_police, POLICE_OFFICER).texts
    assert not said(of_police, WORKS_OFFICER).texts
    assert said(of_street, elsewhere).texts
    assert not said(ordered(UnitKind.STREET, STREET), elsewhere).texts
    assert not said(of_street, POLICE_OFFICER).texts
