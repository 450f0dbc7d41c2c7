"""Whatever is decided, by whomever and whenever: what stays true of cases and their whistles."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

from eventsourcing.domain import BaseAggregate
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from chuishao.domain import case_events as facts
from chuishao.domain.actor import Actor
from chuishao.domain.calendar import TimeUnit
from chuishao.domain.case import Case, Part
from chuishao.domain.event import Event, SealedText, fold
from chuishao.domain.identity import identify
from chuishao.domain.lifecycle import STAGES, Status, Step, possible
from chuishao.domain.refusal import Refusal
from chuishao.domain.summons import SummonsState, WhistleStatus
from chuishao.domain.vocabulary import LinkageMechanism, Role, Severity, Stage, Tier, WhistleKind
from chuishao.domain.whistle import Call, Whistle
from chuishao.eventlog.keyring import Keyring
from chuishao.eventlog.mapper import decode, make_mapper
from tests.given import (
    DISPUTE,
    EVERYBODY,
    OTHER_STAFF,
    OTHER_STREET_OFFICER,
    POLICE,
    POLICY,
    WORKS,
    WORKS_OFFICER,
    a_report,
    assert_history_of_a_case,
    assert_history_of_a_whistle,
    decided_by,
)
from tests.town import COMMUNITY, GRID, OTHER_COMMUNITY, OTHER_GRID, START, STREET, THIRD_GRID

A = TypeVar("A")

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
BY = st.one_of(st.none(), st.sampled_from(PEOPLE))
"""Somebody in particular, or whoever may: then everybody tries in turn."""
AFTER = st.sampled_from([timedelta(0), timedelta(minutes=1), timedelta(hours=5), timedelta(hours=-3)])
WORDS = st.sampled_from(["处置情况", "处置情况", "", "  ", "\0", "\udfff", "长" * 4001])
DEPARTMENTS = [POLICE, WORKS, identify("department", 3)]
NUMBERS = st.sampled_from(range(840))
CASES_AT_MOST = 5
ENDINGS = {Step.REFUSE, Step.MARK_DUPLICATE, Step.MERGE, Step.SPLIT, Step.WITHDRAW_WHISTLE}
"""What leads out of the main road; taken less often, so that the road is gone to its end."""

STARTS: list[list[Step]] = [
    [],
    [Step.ACCEPT, Step.ASSESS],
    [Step.ACCEPT, Step.ASSESS, Step.ASSIGN],
    [Step.ACCEPT, Step.ASSESS, Step.ASSIGN, Step.WHISTLE],
]

CaseStep = Callable[[Case, Actor, datetime], object]
WhistleStep = Callable[[Whistle, Actor, datetime], object]


def steps_of_a_case(text: str, number: int) -> dict[Step, CaseStep]:
    """The steps that concern one case alone, in words and details that are given."""
    tier = list(Tier)[number % 4]
    severity = list(Severity)[number % 3]
    linkage = [None, DISPUTE, *LinkageMechanism][number % 7]
    place = PLACES[number % len(PLACES)]
    return {
        Step.ACCEPT: lambda case, by, at: case.accept(text, by, at),
        Step.REFUSE: lambda case, by, at: case.refuse(text, by, at),
        Step.ASSESS: lambda case, by, at: case.assess("16001", severity, linkage, text, by, at),
        Step.ASSIGN: lambda case, by, at: case.assign(tier, None, None, by, at),
        Step.TRANSFER: lambda case, by, at: case.transfer(*place, None, text, by, at),
        Step.ESCALATE: lambda case, by, at: case.escalate(tier, None, text, by, at),
        Step.RETURN: lambda case, by, at: case.return_(text, by, at),
        Step.RESOLVE_ON_SPOT: lambda case, by, at: case.resolve_on_spot(text, by, at),
        Step.RESOLVE: lambda case, by, at: case.resolve(text, by, at),
        Step.VERIFY: lambda case, by, at: case.verify(text, by, at),
        Step.FAIL_VERIFICATION: lambda case, by, at: case.fail_verification(text, by, at),
        Step.RATE: lambda case, by, at: case.rate(True, False, number % 7, text, by, at),
        Step.CLOSE: lambda case, by, at: case.close(text, by, at),
        Step.REOPEN: lambda case, by, at: case.reopen(text, by, at),
        Step.REHOME: lambda case, by, at: case.rehome(*place, None, by, at),
        Step.OVERDUE: lambda case, by, at: case.let_pass(
            case.since + timedelta(hours=number % 7), "rule", by, at, escalates=number % 2 > 0
        ),
        Step.REQUEST: asked_for(text, number),
        Step.DECIDE_REQUEST: lambda case, by, at: case.decide_request(
            text, POLICY, by, at, granted=number % 3 > 0
        ),
        Step.RESUME: lambda case, by, at: case.resume(text, by, at),
    }


def asked_for(text: str, number: int) -> CaseStep:
    """One of the three that may be asked for."""
    asking: list[CaseStep] = [
        lambda case, by, at: case.ask_suspension(None, text, by, at),
        lambda case, by, at: case.ask_suspension(at + timedelta(days=number % 4), text, by, at),
        lambda case, by, at: case.ask_extension(number % 9, TimeUnit.WORKING_DAYS, text, POLICY, by, at),
        lambda case, by, at: case.ask_return(text, by, at),
    ]
    return asking[number % 4]


def steps_of_a_whistle(text: str, number: int, whistle: Whistle) -> list[WhistleStep]:
    """The steps that concern one whistle alone."""
    department = DEPARTMENTS[number % 3]
    due = whistle.created_on + timedelta(days=number % 5 - 1)
    return [
        lambda one, by, at: one.summon(department, by, at),
        lambda one, by, at: one.sign(department, by, at),
        lambda one, by, at: one.check_in(department, by, at),
        lambda one, by, at: one.answer(department, text, by, at),
        lambda one, by, at: one.check_in(department, by, at),
        lambda one, by, at: one.answer(department, text, by, at),
        lambda one, by, at: one.refuse(department, text, by, at),
        lambda one, by, at: one.miss_check_in(department, due, "rule", by, at),
        lambda one, by, at: one.rate(department, number % 7, text, by, at),
        lambda one, by, at: one.open_meeting([text] * (number % 3), by, at),
        lambda one, by, at: one.settle_item(number % 3, by, at),
        lambda one, by, at: one.settle_item(number % 3, by, at),
        lambda one, by, at: one.close_meeting(by, at),
    ]


mapper = make_mapper(Keyring(0))


def acting(step: Callable[..., object], whistle: Whistle, by: Actor, at: datetime) -> object:
    """Take a step whose details are settled."""
    return step(whistle, by=by, at=at)


def next_steps_of_a_whistle(whistle: Whistle) -> list[WhistleStep]:
    """What a willing department and a diligent street would do next; nothing where all is done."""
    steps: list[Callable[..., object]] = []
    for department, summons in whistle.summons.items():
        if summons.state in (SummonsState.SUMMONED, SummonsState.SIGNED):
            steps.append(partial(Whistle.check_in, department=department))
        elif summons.state is SummonsState.CHECKED_IN:
            steps.append(partial(Whistle.answer, department=department, result="已办"))
        elif not summons.rated:
            steps.append(partial(Whistle.rate, department=department, score=4, comment=None))
    if whistle.linkage is LinkageMechanism.LAST_MILE and not whistle.meeting_held:
        still = [item for item, settled in whistle.items.items() if not settled]
        if not whistle.meeting_open:
            steps.append(partial(Whistle.open_meeting, items=["清运", "修路"]))
        elif still:
            steps.append(partial(Whistle.settle_item, item=still[0]))
        else:
            steps.append(Whistle.close_meeting)
    return [partial(acting, step) for step in steps]


def stored(event: Event) -> Event:
    """The event as it comes back from the log, its personal text sealed."""
    row = mapper.to_stored_event(event)
    return decode(event.originator_id, event.originator_version, row.topic, row.state)


def chosen(among: list[A], number: int) -> A:
    """The one that a number stands for."""
    return among[number % len(among)]


def recorded(identifier: UUID, histories: dict[UUID, list[Event]]) -> Any:
    """An aggregate folded from zero."""
    return fold(histories[identifier])


class CasesAndWhistles(RuleBasedStateMachine):
    """A few cases and their whistles; each decision is taken as a command takes it, from zero."""

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
                assert loaded == before
                assert all(not aggregate.pending_events for aggregate in loaded)
                continue
            self.record(*loaded)
            return True
        return False

    @initialize(
        place=st.sampled_from(PLACES[:2]), severity=st.sampled_from(Severity), start=st.sampled_from(STARTS)
    )
    def begin(self, place: tuple[str, str | None], severity: Severity, start: list[Step]) -> None:
        """There is at least one case, which may have come some way."""
        self.report(place, severity)
        (case,) = self.live
        for step in start:
            number = {Step.ASSESS: 0, Step.ASSIGN: 3, Step.WHISTLE: 14}.get(step, 0)
            self.take(step, self.live[case], None, timedelta(minutes=1), "处置情况", number)

    def report(self, place: tuple[str, str | None], severity: Severity) -> None:
        told = a_report(community=place[0], grid=place[1], severity=severity)
        self.record(Case.report(self.new_id("case"), told, EVERYBODY[Role.RESIDENT], self.now))

    def all(self, kind: type[A]) -> list[A]:
        return [one for one in self.live.values() if isinstance(one, kind)]

    @precondition(lambda self: len(self.all(Case)) < CASES_AT_MOST)
    @rule(place=st.sampled_from(PLACES), severity=st.sampled_from(Severity))
    def another_report(self, place: tuple[str, str | None], severity: Severity) -> None:
        self.report(place, severity)

    @rule(which=NUMBERS, choice=NUMBERS, number=NUMBERS)
    def go_on(self, which: int, choice: int, number: int) -> None:
        """Somebody who may takes a step that the table allows."""
        case = chosen(self.all(Case), which)
        steps = [step for step in possible(case.status) if choice % 5 == 0 or step not in ENDINGS]
        if steps:
            self.take(chosen(steps, choice), case, None, timedelta(minutes=1), "处置情况", number)

    @rule(which=NUMBERS, step=st.sampled_from(Step), by=BY, after=AFTER, text=WORDS, number=NUMBERS)
    def try_anything(
        self, which: int, step: Step, by: Actor | None, after: timedelta, text: str, number: int
    ) -> None:
        """Anybody tries any step, at any time, in any words."""
        self.take(step, chosen(self.all(Case), which), by, after, text, number)

    @precondition(lambda self: self.all(Whistle))
    @rule(which=NUMBERS, choice=NUMBERS, number=NUMBERS)
    def report_to_the_whistle(self, which: int, choice: int, number: int) -> None:
        """A department or the street does what may be possible."""
        whistle = chosen(self.all(Whistle), which)
        willing = next_steps_of_a_whistle(whistle) if choice % 3 else []
        step = chosen(willing or steps_of_a_whistle("处置情况", number, whistle), choice // 3)
        self.decide(None, timedelta(hours=7), step, whistle.id)

    @precondition(lambda self: self.all(Whistle))
    @rule(which=NUMBERS, choice=NUMBERS, by=BY, after=AFTER, text=WORDS, number=NUMBERS)
    def try_anything_with_a_whistle(
        self, which: int, choice: int, by: Actor | None, after: timedelta, text: str, number: int
    ) -> None:
        whistle = chosen(self.all(Whistle), which)
        self.decide(by, after, chosen(steps_of_a_whistle(text, number, whistle), choice), whistle.id)

    @precondition(lambda self: any(whistle.meeting_open for whistle in self.all(Whistle)))
    @rule(which=NUMBERS, way=st.sampled_from(["close", "resolve", "withdraw"]))
    def try_to_leave_the_meeting(self, which: int, way: str) -> None:
        whistle = chosen([one for one in self.all(Whistle) if one.meeting_open], which)
        if way == "close":
            self.decide(None, timedelta(0), lambda one, who, at: one.close_meeting(who, at), whistle.id)
        else:
            case: Case = self.live[whistle.case]
            self.end(case, None, timedelta(0), "都已办结", withdrawn=way == "withdraw")

    def take(
        self, step: Step, case: Case, by: Actor | None, after: timedelta, text: str, number: int
    ) -> None:
        """Take a step, with whatever other aggregates it concerns."""
        other = chosen(self.all(Case), number)
        match step:
            case Step.REPORT | Step.ABSORB:
                return
            case Step.MARK_DUPLICATE:
                self.decide(by, after, lambda one, who, at: one.mark_duplicate(other, who, at), case.id)
            case Step.MERGE:
                self.merge(case, other, by, after)
            case Step.UNDO_MERGE:
                self.undo_merge(case, by, after, text)
            case Step.SPLIT:
                self.split(case, by, after, text, number % 4)
            case Step.WHISTLE:
                self.blow(case, by, after, number)
            case Step.WITHDRAW_WHISTLE | Step.RESOLVE_BY_WHISTLE:
                self.end(case, by, after, text, withdrawn=step is Step.WITHDRAW_WHISTLE)
            case _:
                self.decide(by, after, steps_of_a_case(text, number)[step], case.id)

    def merge(self, case: Case, other: Case, by: Actor | None, after: timedelta) -> None:
        if case is other:
            self.decide(by, after, lambda one, who, at: one.merge_into(one, who, at), case.id)
        elif self.decide(
            by, after, lambda one, two, who, at: one.merge_into(two, who, at), case.id, other.id
        ):
            self.before_merge[case.id] = case.status

    def undo_merge(self, case: Case, by: Actor | None, after: timedelta, reason: str) -> None:
        if case.status is not Status.MERGED:
            self.decide(by, after, lambda one, who, at: one.undo_merge(one, reason, who, at), case.id)
            return
        assert case.joined is not None
        carrier = case.joined
        if self.decide(
            by, after, lambda one, two, who, at: one.undo_merge(two, reason, who, at), case.id, carrier
        ):
            assert self.live[case.id].status is self.before_merge.pop(case.id)
            assert case.id not in self.live[carrier].absorbed

    def split(self, case: Case, by: Actor | None, after: timedelta, text: str, count: int) -> None:
        parts = [Part(id=self.new_id("part"), text=text) for _ in range(count)]
        made: list[Case] = []

        def divide(one: Case, actor: Actor, at: datetime) -> None:
            made.extend(one.split(parts, actor, at))

        if self.decide(by, after, divide, case.id):
            self.record(*made)

    def blow(self, case: Case, by: Actor | None, after: timedelta, number: int) -> None:
        identifier = self.new_id("whistle")
        call = Call(
            kind=WhistleKind.ROUTINE,
            linkage=[LinkageMechanism.LAST_MILE, DISPUTE, *LinkageMechanism][number % 7],
            grounds="联动",
            departments=DEPARTMENTS[: number % 3],
            lead=None if number % 4 else DEPARTMENTS[number % 3],
        )
        made: list[Whistle] = []

        def whistle(one: Case, actor: Actor, at: datetime) -> None:
            blown = Whistle.blow(identifier, one.id, STREET, one.subject, call, actor, at)
            one.blow(identifier, call.kind, call.linkage, actor, at)
            made.append(blown)

        if self.decide(by, after, whistle, case.id):
            self.record(*made)

    def end(self, case: Case, by: Actor | None, after: timedelta, text: str, *, withdrawn: bool) -> None:
        """Whistle and case end together or not at all, as their command does it."""

        def finish(one: Whistle, its: Case, actor: Actor, at: datetime) -> None:
            for signal, matter in ((deepcopy(one), deepcopy(its)), (one, its)):
                if withdrawn:
                    signal.withdraw(text, actor, at)
                    matter.withdraw_whistle(text, actor, at)
                else:
                    signal.resolve(text, actor, at)
                    matter.resolve_by_whistle(text, actor, at)

        if case.whistle is not None:
            self.decide(by, after, finish, case.whistle, case.id)
        elif withdrawn:
            self.decide(by, after, lambda one, who, at: one.withdraw_whistle(text, who, at), case.id)
        else:
            self.decide(by, after, lambda one, who, at: one.resolve_by_whistle(text, who, at), case.id)

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


CasesAndWhistles.TestCase.settings = settings(max_examples=120, stateful_step_count=40)
TestCasesAndWhistles = CasesAndWhistles.TestCase
