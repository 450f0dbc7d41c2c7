"""Whatever is decided, by whomever and whenever: what stays true of cases and their whistles."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from datetime import timedelta
from typing import Any
from uuid import UUID

from eventsourcing.domain import BaseAggregate
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, multiple, rule

from chuishao.commands.work import fold
from chuishao.domain import case_events as facts
from chuishao.domain.actor import Actor
from chuishao.domain.case import Case, Part
from chuishao.domain.event import Event, SealedText
from chuishao.domain.identity import identify
from chuishao.domain.lifecycle import STAGES, Status
from chuishao.domain.refusal import Refusal
from chuishao.domain.summons import WhistleStatus
from chuishao.domain.vocabulary import LinkageMechanism, Role, Severity, Stage, Tier, WhistleKind
from chuishao.domain.whistle import Call, Whistle
from chuishao.eventlog.keyring import Keyring
from chuishao.eventlog.mapper import decode, make_mapper
from tests.given import (
    ADMINISTRATOR,
    DISPUTE,
    EVERYBODY,
    OTHER_STAFF,
    OTHER_STREET_OFFICER,
    POLICE,
    WORKS,
    WORKS_OFFICER,
    a_report,
    assert_history_of_a_case,
    assert_history_of_a_whistle,
    decided_by,
)
from tests.town import COMMUNITY, GRID, OTHER_COMMUNITY, OTHER_GRID, START, STREET, THIRD_GRID

PEOPLE = [
    *EVERYBODY.values(),
    OTHER_STAFF,
    OTHER_STREET_OFFICER,
    WORKS_OFFICER,
    Actor("grid-worker-2", Role.GRID_WORKER, OTHER_GRID),
    Actor("district-officer-1", Role.STREET_OFFICER, "120101"),
    Actor("nobody", Role.COMMUNITY_STAFF, None),
]
PLACES = [(COMMUNITY, GRID), (COMMUNITY, OTHER_GRID), (COMMUNITY, None), (OTHER_COMMUNITY, THIRD_GRID)]
BY = st.one_of(st.none(), st.none(), st.sampled_from(PEOPLE))
"""Somebody in particular, or whoever may: then everybody tries in turn."""
AFTER = st.sampled_from([timedelta(0), timedelta(minutes=1), timedelta(hours=5), timedelta(hours=-3)])
WORDS = st.sampled_from(["处置情况", "一段话", "", "  ", "\0", "\udfff", "长" * 4001])
SAID = st.one_of(st.just("处置情况"), WORDS)
NOTE = st.one_of(st.none(), SAID)
TIERS = st.sampled_from(Tier)
LINKAGES = st.sampled_from(LinkageMechanism)
DEPARTMENTS = st.sampled_from([POLICE, WORKS, identify("department", 3)])

mapper = make_mapper(Keyring(0))


def stored(event: Event) -> Event:
    """The event as it comes back from the log, its personal text sealed."""
    row = mapper.to_stored_event(event)
    return decode(event.originator_id, event.originator_version, row.topic, row.state)


def recorded(identifier: UUID, histories: dict[UUID, list[Event]]) -> Any:
    """An aggregate folded from zero."""
    return fold(histories[identifier])


class CasesAndWhistles(RuleBasedStateMachine):
    """A few cases and their whistles; each decision is taken as a command takes it, from zero."""

    cases = Bundle("cases")
    whistles = Bundle("whistles")

    def __init__(self) -> None:
        super().__init__()
        self.histories: dict[UUID, list[Event]] = {}
        self.live: dict[UUID, Any] = {}
        self.now = START
        self.made = 0
        self.before_merge: dict[UUID, Status] = {}

    def new_id(self, kind: str) -> UUID:
        self.made += 1
        return identify(kind, self.made)

    def record(self, *aggregates: BaseAggregate[UUID]) -> None:
        """Append what was decided; what is folded from zero equals what was decided on."""
        for aggregate in aggregates:
            decided = [stored(event) for event in decided_by(aggregate)]
            self.histories.setdefault(aggregate.id, []).extend(decided)
            assert recorded(aggregate.id, self.histories) == aggregate
            self.live[aggregate.id] = aggregate
            assert aggregate.version == len(self.histories[aggregate.id])

    def decide(
        self, by: Actor | None, after: timedelta, decision: Callable[..., object], *identifiers: UUID
    ) -> bool:
        """Let somebody decide, on one aggregate or several at once; a refusal leaves no trace."""
        self.now += abs(after)
        at = self.now if after >= timedelta(0) else self.now + after
        for actor in [by] if by else PEOPLE:
            loaded = [recorded(identifier, self.histories) for identifier in identifiers]
            assert loaded == [self.live[identifier] for identifier in identifiers]
            before = deepcopy(loaded)
            try:
                decision(*loaded, actor, at)
            except Refusal as refusal:
                assert refusal.sentence("en")
                assert refusal.sentence("zh")
                if len(loaded) == 1 or loaded[0] is not None:
                    assert loaded == before
                    assert all(not aggregate.pending_events for aggregate in loaded)
                continue
            self.record(*loaded)
            return True
        return False

    @initialize(target=cases, place=st.sampled_from(PLACES), severity=st.sampled_from(Severity))
    def begin(self, place: tuple[str, str | None], severity: Severity) -> UUID:
        """There is at least one report."""
        return self.report(place, severity)

    def report(self, place: tuple[str, str | None], severity: Severity) -> UUID:
        told = a_report(community=place[0], grid=place[1], severity=severity)
        case = Case.report(self.new_id("case"), told, EVERYBODY[Role.RESIDENT], self.now)
        self.record(case)
        return case.id

    @rule(target=cases, place=st.sampled_from(PLACES), severity=st.sampled_from(Severity))
    def another_report(self, place: tuple[str, str | None], severity: Severity) -> UUID:
        return self.report(place, severity)

    # One case

    @rule(case=cases, by=BY, after=AFTER, note=NOTE)
    def accept(self, case: UUID, by: Actor | None, after: timedelta, note: str | None) -> None:
        self.decide(by, after, lambda one, actor, at: one.accept(note, actor, at), case)

    @rule(case=cases, by=st.sampled_from(PEOPLE), after=AFTER, reason=SAID)
    def refuse(self, case: UUID, by: Actor, after: timedelta, reason: str) -> None:
        self.decide(by, after, lambda one, actor, at: one.refuse(reason, actor, at), case)

    @rule(
        case=cases,
        by=BY,
        after=AFTER,
        severity=st.sampled_from(Severity),
        linkage=st.one_of(st.none(), st.just(DISPUTE), LINKAGES),
    )
    def assess(
        self,
        case: UUID,
        by: Actor | None,
        after: timedelta,
        severity: Severity,
        linkage: LinkageMechanism | None,
    ) -> None:
        self.decide(
            by, after, lambda one, actor, at: one.assess("16001", severity, linkage, None, actor, at), case
        )

    @rule(case=cases, by=BY, after=AFTER, tier=TIERS)
    def assign(self, case: UUID, by: Actor | None, after: timedelta, tier: Tier) -> None:
        self.decide(by, after, lambda one, actor, at: one.assign(tier, None, None, actor, at), case)

    @rule(case=cases, by=BY, after=AFTER, tier=TIERS, reason=SAID)
    def escalate(self, case: UUID, by: Actor | None, after: timedelta, tier: Tier, reason: str) -> None:
        self.decide(by, after, lambda one, actor, at: one.escalate(tier, None, reason, actor, at), case)

    @rule(case=cases, by=BY, after=AFTER, place=st.sampled_from(PLACES), reason=SAID)
    def transfer(
        self, case: UUID, by: Actor | None, after: timedelta, place: tuple[str, str | None], reason: str
    ) -> None:
        self.decide(by, after, lambda one, actor, at: one.transfer(*place, None, reason, actor, at), case)

    @rule(case=cases, by=BY, after=AFTER, reason=SAID)
    def return_(self, case: UUID, by: Actor | None, after: timedelta, reason: str) -> None:
        self.decide(by, after, lambda one, actor, at: one.return_(reason, actor, at), case)

    @rule(case=cases, by=BY, after=AFTER, result=SAID)
    def resolve(self, case: UUID, by: Actor | None, after: timedelta, result: str) -> None:
        if not self.decide(by, after, lambda one, who, at: one.resolve_on_spot(result, who, at), case):
            self.decide(by, after, lambda one, who, at: one.resolve(result, who, at), case)

    @rule(case=cases, by=BY, after=AFTER, passed=st.booleans(), note=SAID)
    def verify(self, case: UUID, by: Actor | None, after: timedelta, passed: bool, note: str) -> None:
        def find(one: Case, actor: Actor, at: Any) -> None:
            (one.verify if passed else one.fail_verification)(note, actor, at)

        self.decide(by, after, find, case)

    @rule(case=cases, by=BY, after=AFTER, satisfied=st.integers(0, 6), comment=NOTE)
    def rate(
        self, case: UUID, by: Actor | None, after: timedelta, satisfied: int, comment: str | None
    ) -> None:
        self.decide(
            by, after, lambda one, actor, at: one.rate(True, False, satisfied, comment, actor, at), case
        )

    @rule(case=cases, by=BY, after=AFTER, note=NOTE)
    def close(self, case: UUID, by: Actor | None, after: timedelta, note: str | None) -> None:
        self.decide(by, after, lambda one, actor, at: one.close(note, actor, at), case)

    @rule(case=cases, by=BY, after=AFTER, reason=SAID)
    def reopen(self, case: UUID, by: Actor | None, after: timedelta, reason: str) -> None:
        self.decide(by, after, lambda one, actor, at: one.reopen(reason, actor, at), case)

    # Two cases, and parts

    @rule(case=cases, other=cases, by=BY, after=AFTER)
    def mark_duplicate(self, case: UUID, other: UUID, by: Actor | None, after: timedelta) -> None:
        of = self.live[other]
        self.decide(by, after, lambda one, actor, at: one.mark_duplicate(of, actor, at), case)

    @rule(case=cases, other=cases, by=BY, after=AFTER)
    def merge(self, case: UUID, other: UUID, by: Actor | None, after: timedelta) -> None:
        if case == other:
            self.decide(by, after, lambda one, actor, at: one.merge_into(one, actor, at), case)
            return
        stood: Status = self.live[case].status
        if self.decide(by, after, lambda one, two, actor, at: one.merge_into(two, actor, at), case, other):
            self.before_merge[case] = stood

    @rule(case=cases, by=BY, after=AFTER, reason=SAID)
    def undo_merge(self, case: UUID, by: Actor | None, after: timedelta, reason: str) -> None:
        carrier = self.live[case].joined
        if self.live[case].status is not Status.MERGED:
            self.decide(by, after, lambda one, actor, at: one.undo_merge(one, reason, actor, at), case)
        elif self.decide(
            by, after, lambda one, two, who, at: one.undo_merge(two, reason, who, at), case, carrier
        ):
            assert self.live[case].status is self.before_merge.pop(case)
            assert case not in self.live[carrier].absorbed

    @rule(target=cases, case=cases, by=BY, after=AFTER, text=SAID, count=st.integers(1, 3))
    def split(self, case: UUID, by: Actor | None, after: timedelta, text: str, count: int) -> Any:
        parts = [Part(id=self.new_id("part"), text=text) for _ in range(count)]
        made: list[Case] = []

        def divide(one: Case, actor: Actor, at: Any) -> None:
            made.extend(one.split(parts, actor, at))

        if self.decide(by, after, divide, case):
            self.record(*made)
        return multiple(*(part.id for part in made))

    # A case and its whistle

    @rule(
        target=whistles,
        case=cases,
        by=BY,
        after=AFTER,
        linkage=st.one_of(LINKAGES, st.just(DISPUTE), st.just(LinkageMechanism.LAST_MILE)),
        departments=st.lists(st.sampled_from([POLICE, WORKS]), max_size=3),
        lead=st.one_of(st.none(), DEPARTMENTS),
    )
    def blow(
        self,
        case: UUID,
        by: Actor | None,
        after: timedelta,
        linkage: LinkageMechanism,
        departments: list[UUID],
        lead: UUID | None,
    ) -> Any:
        identifier = self.new_id("whistle")
        call = Call(
            kind=WhistleKind.ROUTINE, linkage=linkage, grounds="联动", departments=departments, lead=lead
        )
        made: list[Whistle] = []

        def whistle(one: Case, actor: Actor, at: Any) -> None:
            blown = Whistle.blow(identifier, one.id, STREET, one.subject, call, actor, at)
            one.blow(identifier, call.kind, linkage, actor, at)
            made.append(blown)

        if self.decide(by, after, whistle, case):
            self.record(*made)
        return multiple(*(one.id for one in made))

    @rule(whistle=whistles, by=BY, after=AFTER, text=SAID, withdrawn=st.booleans())
    def end(self, whistle: UUID, by: Actor | None, after: timedelta, text: str, withdrawn: bool) -> None:
        case = self.live[whistle].case

        def finish(one: Whistle, its: Case, actor: Actor, at: Any) -> None:
            tried = deepcopy(one), deepcopy(its)
            for signal, matter in (tried, (one, its)):  # both or neither, as a command does it
                if withdrawn:
                    signal.withdraw(text, actor, at)
                    matter.withdraw_whistle(text, actor, at)
                else:
                    signal.resolve(text, actor, at)
                    matter.resolve_by_whistle(text, actor, at)

        self.decide(by, after, finish, whistle, case)

    # A whistle

    @rule(whistle=whistles, by=BY, after=AFTER, department=DEPARTMENTS)
    def summon(self, whistle: UUID, by: Actor | None, after: timedelta, department: UUID) -> None:
        self.decide(by, after, lambda one, actor, at: one.summon(department, actor, at), whistle)

    @rule(whistle=whistles, by=BY, after=AFTER, department=DEPARTMENTS)
    def sign(self, whistle: UUID, by: Actor | None, after: timedelta, department: UUID) -> None:
        self.decide(by, after, lambda one, actor, at: one.sign(department, actor, at), whistle)

    @rule(whistle=whistles, by=BY, after=AFTER, department=DEPARTMENTS)
    def check_in(self, whistle: UUID, by: Actor | None, after: timedelta, department: UUID) -> None:
        self.decide(by, after, lambda one, actor, at: one.check_in(department, actor, at), whistle)

    @rule(whistle=whistles, by=BY, after=AFTER, department=DEPARTMENTS, text=SAID)
    def answer(self, whistle: UUID, by: Actor | None, after: timedelta, department: UUID, text: str) -> None:
        self.decide(by, after, lambda one, actor, at: one.answer(department, text, actor, at), whistle)

    @rule(whistle=whistles, by=BY, after=AFTER, department=DEPARTMENTS, text=SAID)
    def refuse_summons(
        self, whistle: UUID, by: Actor | None, after: timedelta, department: UUID, text: str
    ) -> None:
        self.decide(by, after, lambda one, actor, at: one.refuse(department, text, actor, at), whistle)

    @rule(whistle=whistles, after=AFTER, department=DEPARTMENTS, days=st.integers(-1, 3))
    def miss(self, whistle: UUID, after: timedelta, department: UUID, days: int) -> None:
        due = self.live[whistle].created_on + timedelta(days=days)
        self.decide(
            ADMINISTRATOR,
            after,
            lambda one, actor, at: one.miss_check_in(department, due, "rule", actor, at),
            whistle,
        )

    @rule(whistle=whistles, by=BY, after=AFTER, department=DEPARTMENTS, score=st.integers(0, 6))
    def rate_department(
        self, whistle: UUID, by: Actor | None, after: timedelta, department: UUID, score: int
    ) -> None:
        self.decide(by, after, lambda one, actor, at: one.rate(department, score, None, actor, at), whistle)

    @rule(whistle=whistles, by=BY, after=AFTER, items=st.lists(SAID, max_size=2))
    def open_meeting(self, whistle: UUID, by: Actor | None, after: timedelta, items: list[str]) -> None:
        self.decide(by, after, lambda one, actor, at: one.open_meeting(items, actor, at), whistle)

    @rule(whistle=whistles, by=BY, after=AFTER, item=st.integers(0, 2))
    def settle_item(self, whistle: UUID, by: Actor | None, after: timedelta, item: int) -> None:
        self.decide(by, after, lambda one, actor, at: one.settle_item(item, actor, at), whistle)

    @rule(whistle=whistles, by=BY, after=AFTER)
    def close_meeting(self, whistle: UUID, by: Actor | None, after: timedelta) -> None:
        self.decide(by, after, lambda one, actor, at: one.close_meeting(actor, at), whistle)

    # What stays true

    @invariant()
    def every_history_holds(self) -> None:
        for identifier, history in self.histories.items():
            if isinstance(self.live[identifier], Case):
                assert_history_of_a_case(history)
            else:
                assert_history_of_a_whistle(history)

    @invariant()
    def stages_are_reached_in_order(self) -> None:
        """闭环: whatever goes back, no stage is reached before the one that precedes it."""
        for identifier, history in self.histories.items():
            if isinstance(self.live[identifier], Case):
                order = stages_in_order_of_arrival(history)
                first = Stage.ACCEPTED if isinstance(history[0], facts.CaseSplitOff) else Stage.FOUND
                expected = list(Stage)[list(Stage).index(first) :]
                assert order == expected[: len(order)]

    @invariant()
    def case_and_whistle_agree(self) -> None:
        for whistle in self.live.values():
            if isinstance(whistle, Whistle):
                case: Case = self.live[whistle.case]
                is_open = whistle.status is WhistleStatus.OPEN
                assert (case.whistle == whistle.id) is is_open
                assert not is_open or case.status is Status.WHISTLED

    @invariant()
    def merges_are_told_in_both_histories(self) -> None:
        cases = {one.id: one for one in self.live.values() if isinstance(one, Case)}
        for carrier in cases.values():
            inside = {
                one.id for one in cases.values() if one.joined == carrier.id and one.status is Status.MERGED
            }
            assert carrier.absorbed == inside

    @invariant()
    def no_personal_text_is_stored_in_plain(self) -> None:
        for history in self.histories.values():
            for name, value in vars(history[-1]).items():
                if name in ("text", "note", "reason", "result", "comment", "grounds", "address"):
                    assert value is None or isinstance(value, SealedText), name


def stages_in_order_of_arrival(history: list[Event]) -> list[Stage]:
    """The stages that a case came to, each when it came there first."""
    reached: list[Stage] = []
    case: Any = None
    for event in history:
        case = event.mutate(case)
        stage = STAGES[case.status]
        if stage is not None and stage not in reached:
            reached.append(stage)
    return reached


CasesAndWhistles.TestCase.settings = settings(max_examples=60, stateful_step_count=50)
TestCasesAndWhistles = CasesAndWhistles.TestCase
