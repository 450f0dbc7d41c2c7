"""Courses of one case and its whistles for tests: who decided what when, as the log would hold it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from chuishao.domain.actor import Actor
from chuishao.domain.case import Case
from chuishao.domain.event import Event
from chuishao.domain.identity import identify
from chuishao.domain.lifecycle import Step, possible
from chuishao.domain.refusal import Refusal
from chuishao.domain.vocabulary import LinkageMechanism, WhistleKind
from chuishao.domain.whistle import Call, Whistle
from chuishao.eventlog.mapper import Meta, RecordedEvent
from tests.given import CASE, POLICE, WORKS, a_case, an_accepted_case, decided_by
from tests.test_domain_properties import ENDINGS, PEOPLE, steps_of_a_case, steps_of_a_whistle
from tests.town import START, STREET

ASIDE = {*ENDINGS, Step.ABSORB, Step.RETURN, Step.REQUEST}


def recorded(position: int, event: Event, by: Actor, case: UUID = CASE) -> RecordedEvent:
    """An event as the log holds it, told by somebody in their role."""
    made = RecordedEvent(
        1, position, event.originator_id, event.originator_version, identify("event", position), event.TOPIC,
        1, b"", b"", event.timestamp, event.timestamp, b"", case,
    )  # fmt: skip
    vars(made)["event"] = event
    command = identify("command", position)
    vars(made)["meta"] = Meta(by.id, by.role.value, by.unit, by.scope, "", command, case, command)
    return made


@dataclass
class Course:
    """One case, its whistles, and what was recorded of them."""

    case: Case
    now: datetime = START
    whistle: Whistle | None = None
    events: list[RecordedEvent] = field(default_factory=list)
    position: int = 0

    def record(self, by: Actor, *aggregates: Any) -> None:
        """Append what was decided; other cases' events lie between."""
        for aggregate in aggregates:
            for event in decided_by(aggregate):
                self.position += 1 + self.position % 3
                self.events.append(recorded(self.position, event, by))

    def tries(self, number: int, after: timedelta) -> None:
        """Let whoever may take one of the possible steps, chosen by a number; nothing where nobody may."""
        self.now += abs(after)
        at = self.now if after >= timedelta(0) else self.now + after
        open_whistle = self.whistle if self.whistle is not None and self.case.whistle else None
        if open_whistle is not None and number % 4:
            calls = steps_of_a_whistle("处置情况", number, open_whistle)
            self._first(lambda by: calls[number % len(calls)](open_whistle, by, at), open_whistle)
            return
        steps = possible(self.case.status)
        if number % 5:  # the main road, so that it is gone to its end
            steps = [one for one in steps if one not in ASIDE] or steps
        else:
            steps = [*steps, Step.REHOME, Step.OVERDUE]
        step = steps[number // 5 % len(steps)]
        self._first(lambda by: self._take(step, number // 50, by, at), self.case)

    def _first(self, decide: Callable[[Actor], object], aggregate: Any) -> None:
        for by in PEOPLE:
            try:
                decide(by)
            except Refusal:
                continue
            if self.whistle is not None and self.whistle is not aggregate:
                self.record(by, self.whistle)
            self.record(by, aggregate)
            return

    def _take(self, step: Step, number: int, by: Actor, at: datetime) -> None:
        case = self.case
        match step:
            case Step.MARK_DUPLICATE:
                case.mark_duplicate(an_accepted_case(), by, at)
            case Step.MERGE:
                case.merge_into(an_accepted_case(), by, at)
            case Step.UNDO_MERGE:
                other = an_accepted_case()
                other.absorbed.add(case.id)
                case.undo_merge(other, "并非同一事项", by, at)
            case Step.WHISTLE:
                self._blow(number, by, at)
            case Step.RESOLVE_BY_WHISTLE | Step.WITHDRAW_WHISTLE:
                self._end_whistle(step, by, at)
            case Step.ABSORB | Step.SPLIT:
                pass
            case _:
                steps_of_a_case("处置情况", number)[step](case, by, at)

    def _blow(self, number: int, by: Actor, at: datetime) -> None:
        identifier = identify("whistle", len(self.events))
        lead = None if number % 3 else POLICE
        linkage = LinkageMechanism.RAPID_SERVICE
        call = Call(
            kind=WhistleKind.ROUTINE, linkage=linkage, grounds="联动", departments=[POLICE, WORKS], lead=lead
        )
        whistle = Whistle.blow(identifier, self.case.id, STREET, self.case.subject, call, by, at)
        self.case.blow(identifier, call.kind, linkage, by, at)
        self.whistle = whistle

    def _end_whistle(self, step: Step, by: Actor, at: datetime) -> None:
        assert self.whistle is not None
        if step is Step.WITHDRAW_WHISTLE:
            self.whistle.withdraw("情况已变化", by, at)
            self.case.withdraw_whistle("情况已变化", by, at)
        else:
            self.whistle.resolve("各部门已处理", by, at)
            self.case.resolve_by_whistle("各部门已处理", by, at)


def a_course(choices: Sequence[tuple[int, timedelta]]) -> Course:
    """A course that choices lead to, from the report on."""
    course = Course(a_case())
    course.record(PEOPLE[0], course.case)
    for number, after in choices:
        course.tries(number, after)
    return course
