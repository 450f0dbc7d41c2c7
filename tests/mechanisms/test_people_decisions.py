"""任职与成长 Posts and who holds them, the ladder and its rungs, trainings, appraisals and incentives."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given as forall
from hypothesis import strategies as st

from chuishao.domain.event import fold
from chuishao.domain.grid import ServiceGrid
from chuishao.domain.identity import identify
from chuishao.domain.people import person as growing
from chuishao.domain.people import post as posting
from chuishao.domain.people.person import Person, next_rung
from chuishao.domain.people.post import CHARTERS, Post, post_id, require_place, require_unit
from chuishao.domain.people.refusals import (
    AlreadyAppraised,
    BadPeriod,
    ElectionRequired,
    NotAppraised,
    PostOccupied,
    PostVacant,
    RungOutOfOrder,
    WrongGround,
    WrongPostPlace,
)
from chuishao.domain.people.terms import ChiefStanding, PostKind, Rung, TrainingTier
from chuishao.domain.refusal import BadCode, BadTime, OutOfRange, Refusal, TextEmpty
from tests.given import decided_by, event, given, later, when_made
from tests.town import COMMUNITY, GRID, START, STREET

ONE, OTHER = identify("person", 1), identify("person", 2)
ELECTION, SECTOR = identify("election", 1), identify("sector", 1)
SECRETARY, DIRECTOR = PostKind.PARTY_SECRETARY, PostKind.COMMITTEE_DIRECTOR
ELECTED = [kind for kind, charter in CHARTERS.items() if charter.elected]
CODES = {"MUNICIPALITY": "12", "DISTRICT": "120101", "STREET": STREET, "COMMUNITY": COMMUNITY, "GRID": GRID}

kinds = st.sampled_from(PostKind)
moments = st.integers(-2, 40).map(lambda days: START + timedelta(days=days))
people = st.sampled_from([ONE, OTHER, identify("person", 3)])


# 岗位 Posts


def a_post(kind: PostKind = SECRETARY, person: UUID = ONE) -> Post:
    place = CODES[min(CHARTERS[kind].places)]
    return Post.establish(kind, place, SECTOR if CHARTERS[kind].of_unit else None, person, START)


def ground(kind: PostKind) -> tuple[UUID | None, ChiefStanding | None]:
    """What a post of this kind needs to be filled."""
    standing = ChiefStanding.SECTION_CADRE if kind is PostKind.SECTOR_CHIEF else None
    return (ELECTION if CHARTERS[kind].elected else None), standing


def fill(post: Post) -> None:
    post.fill(ONE, *ground(post.kind), later(post))


def test_every_kind_of_post_has_its_charter() -> None:
    assert set(CHARTERS) == set(PostKind)
    assert all(charter.places for charter in CHARTERS.values())
    assert {kind for kind, charter in CHARTERS.items() if charter.elected} == {
        PostKind.COMMITTEE_DIRECTOR,
        PostKind.RESIDENTS_COMMITTEE_MEMBER,
    }


@pytest.mark.parametrize("kind", PostKind)
def test_a_post_is_filled_and_vacated(kind: PostKind) -> None:
    election, standing = ground(kind)
    post = (
        given(a_post(kind))
        .when(fill)
        .then(event(posting.PostFilled, person=ONE, election=election, standing=standing))
    )
    assert (post.holder, post.id) == (ONE, post_id(kind, post.place, post.unit, ONE))
    post = (
        given(post)
        .when(lambda post: post.vacate("调任", later(post)))
        .then(event(posting.PostVacated, person=ONE, reason="调任"))
    )
    assert post.holder is None


def test_a_post_is_established_where_it_lies() -> None:
    when_made(a_post).then(
        event(posting.PostEstablished, post_kind="PARTY_SECRETARY", place=COMMUNITY, unit=None)
    )


def test_who_would_take_a_post_that_is_held_is_told_who_holds_it() -> None:
    given(a_post(), fill).when(fill).refused(PostOccupied, post=SECRETARY, place=COMMUNITY, holder=ONE)
    given(a_post(), fill).when(lambda post: post.fill(OTHER, None, None, later(post))).refused(
        PostOccupied, post=SECRETARY, place=COMMUNITY, holder=ONE
    )


def test_nobody_leaves_a_vacant_post_and_nobody_leaves_without_a_reason() -> None:
    given(a_post()).when(lambda post: post.vacate("调任", later(post))).refused(PostVacant, post=SECRETARY)
    given(a_post(), fill).when(lambda post: post.vacate(" ", later(post))).refused(TextEmpty, field="reason")


def test_a_post_changes_forward_in_time_only() -> None:
    before = START - timedelta(days=1)
    given(a_post()).when(lambda post: post.fill(ONE, None, None, before)).refused(BadTime)
    given(a_post(), fill).when(lambda post: post.vacate("调任", before)).refused(BadTime)


def test_a_post_that_many_hold_has_a_stream_for_each_and_another_one_has_one() -> None:
    for kind, charter in CHARTERS.items():
        one, other = (post_id(kind, COMMUNITY, None, person) for person in (ONE, OTHER))
        assert (one != other) is charter.many
        assert post_id(kind, COMMUNITY, SECTOR, ONE) != one


@forall(st.lists(st.tuples(st.booleans(), people, moments)), kinds, moments)
def test_a_post_has_at_most_one_holder_at_every_moment(
    steps: list[tuple[bool, UUID, datetime]], kind: PostKind, asked: datetime
) -> None:
    """Whoever fills or vacates it, in whatever order, at whatever times: earlier moments included."""
    post = a_post(kind)
    answers = []
    for fills, person, at in steps:
        try:
            if fills:
                post.fill(person, *ground(kind), at)
            else:
                post.vacate("轮岗", at)
        except Refusal:
            continue
        answers.append(post.holder_at(asked))
    for one, following in pairwise(post.tenures):
        assert one.until is not None and one.since <= one.until <= following.since
    there = [
        tenure.person
        for tenure in post.tenures
        if tenure.since <= asked and (tenure.until is None or asked < tenure.until)
    ]
    assert len(there) <= 1
    assert post.holder_at(asked) == (there[0] if there else None)
    assert fold(decided_by(post)).tenures == post.tenures


@forall(st.sampled_from(ELECTED), people, st.sampled_from([None, *ChiefStanding]))
def test_nobody_is_appointed_to_an_elected_post_by_hand(
    kind: PostKind, person: UUID, standing: ChiefStanding | None
) -> None:
    given(a_post(kind)).when(lambda post: post.fill(person, None, standing, later(post))).refused(
        ElectionRequired, post=kind
    )


@forall(kinds.filter(lambda kind: kind not in ELECTED), people)
def test_nobody_is_elected_to_an_appointed_post(kind: PostKind, person: UUID) -> None:
    standing = ground(kind)[1]
    given(a_post(kind)).when(lambda post: post.fill(person, ELECTION, standing, later(post))).refused(
        WrongGround, post=kind
    )


def test_a_sectors_chief_has_a_standing_and_nobody_else_has() -> None:
    given(a_post(PostKind.SECTOR_CHIEF)).when(lambda post: post.fill(ONE, None, None, START)).refused(
        WrongGround, post=PostKind.SECTOR_CHIEF
    )
    given(a_post()).when(lambda post: post.fill(ONE, None, ChiefStanding.OTHER, START)).refused(
        WrongGround, post=SECRETARY
    )


@forall(kinds, st.sampled_from(sorted(CODES)))
def test_a_post_lies_where_its_charter_says(kind: PostKind, place: str) -> None:
    allowed = place in CHARTERS[kind].places
    try:
        require_place(kind, CODES[place])
    except WrongPostPlace as refused:
        assert not allowed and refused.sentence("zh")
    else:
        assert allowed


@pytest.mark.parametrize("code", ["", "12010100", "\0", f"{COMMUNITY}-G1", "-"])
def test_a_post_lies_nowhere_that_has_no_code(code: str) -> None:
    with pytest.raises(BadCode):
        require_place(SECRETARY, code)
    with pytest.raises(WrongPostPlace):
        require_place(SECRETARY, "120101")


@forall(kinds, st.sampled_from([None, SECTOR]))
def test_a_post_of_a_unit_names_it_and_no_other_does(kind: PostKind, unit: UUID | None) -> None:
    try:
        require_unit(kind, unit)
    except WrongGround as refused:
        assert CHARTERS[kind].of_unit is (unit is None) and refused.sentence("en")
    else:
        assert CHARTERS[kind].of_unit is (unit is not None)


@forall(
    st.lists(st.sampled_from([PostKind.PARTY_MEMBER, PostKind.BUILDING_HEAD, PostKind.VOLUNTEER]), min_size=1)
)
def test_auxiliaries_never_count_as_the_one_worker_of_a_grid(enlisted: list[PostKind]) -> None:
    grid = ServiceGrid.draw(GRID, "第1网格", 300, START)
    for number, kind in enumerate(enlisted):
        assert CHARTERS[kind].many
        person = identify("person", number)
        post = Post.establish(kind, GRID, None, person, START)
        post.fill(person, None, None, START)
        assert (post.holder, post.place) == (person, grid.code) and post.id != grid.id
    assert grid.worker is None
    grid.assign(ONE, START)
    assert grid.worker == ONE


# 人员 Persons


def a_person() -> Person:
    return Person.register(ONE, COMMUNITY, "社区工作者 001", "某人", START)


def appraise(person: Person) -> None:
    person.appraise("2026", 88, None, later(person))


def test_somebody_enters_a_roster_under_role_and_number() -> None:
    person = when_made(a_person).then(
        event(growing.PersonRegistered, place=COMMUNITY, label="社区工作者 001", name="某人")
    )
    assert (person.place, person.correlation) == (COMMUNITY, None)
    when_made(lambda: Person.register(ONE, COMMUNITY, " ", None, START)).refused(TextEmpty, field="label")


@forall(st.lists(st.sampled_from(Rung), max_size=12))
def test_the_rungs_of_the_ladder_are_attained_in_order(asked: list[Rung]) -> None:
    person, attained = a_person(), list[Rung]()
    for rung in asked:
        expected = next_rung(person.rung)
        try:
            person.attain(rung, later(person))
        except RungOutOfOrder as refused:
            assert rung is not expected
            assert refused.sentence("en") and refused.sentence("zh")
        else:
            attained.append(rung)
    assert attained == list(Rung)[: len(attained)]


def test_a_rung_is_attained_after_the_one_below() -> None:
    first = Rung.CITY_SOCIAL_WORKER
    given(a_person()).when(lambda person: person.attain(first, START)).then(
        event(growing.LevelAttained, rung="CITY_SOCIAL_WORKER")
    )
    before = START - timedelta(days=1)
    given(a_person(), lambda person: person.attain(first, START)).when(
        lambda person: person.attain(Rung.ASSISTANT_SOCIAL_WORKER, before)
    ).refused(BadTime)


def test_a_training_has_a_tier_a_course_and_hours() -> None:
    given(a_person()).when(lambda person: person.train(TrainingTier.CITY, "协商", 16, later(person))).then(
        event(growing.TrainingCompleted, training_tier="CITY", course="协商", hours=16)
    )
    given(a_person()).when(lambda person: person.train(TrainingTier.CITY, "", 1, START)).refused(TextEmpty)


@pytest.mark.parametrize("hours", [0, -1, 1001])
def test_a_training_has_some_hours_and_not_too_many(hours: int) -> None:
    given(a_person()).when(lambda person: person.train(TrainingTier.CITY, "协商", hours, START)).refused(
        OutOfRange, field="hours", value=hours
    )


def test_a_period_is_appraised_once() -> None:
    given(a_person()).when(lambda person: person.appraise("2026-Q1", 88, "扎实", START)).then(
        event(growing.AppraisalRecorded, period="2026-Q1", points=88, comment="扎实")
    )
    given(a_person(), appraise).when(appraise).refused(AlreadyAppraised, period="2026")
    given(a_person(), appraise).when(lambda person: person.appraise("2025", 101, None, START)).refused(
        OutOfRange, field="points"
    )


@pytest.mark.parametrize("period", ["26", "2026-Q5", "2026-13", "今年"])
def test_a_period_is_a_year_or_a_quarter(period: str) -> None:
    given(a_person()).when(lambda person: person.appraise(period, 1, None, START)).refused(
        BadPeriod, period=period
    )


@forall(st.lists(st.tuples(st.booleans(), st.sampled_from(["2024", "2025", "2026", "2026-Q1"]))))
def test_an_incentive_is_granted_only_after_an_appraisal_of_that_period(
    steps: list[tuple[bool, str]],
) -> None:
    person, appraised = a_person(), set[str]()
    for appraises, period in steps:
        try:
            if appraises:
                person.appraise(period, 90, None, later(person))
                appraised.add(period)
            else:
                person.grant(period, "通报表扬", later(person))
        except NotAppraised as refused:
            assert period not in appraised and refused.sentence("zh")
        except AlreadyAppraised:
            assert appraises and period in appraised
        else:
            assert period in appraised


def test_an_incentive_is_not_older_than_the_appraisal() -> None:
    given(a_person(), appraise).when(lambda person: person.grant("2026", "表扬", later(person))).then(
        event(growing.IncentiveGranted, period="2026", incentive="表扬")
    )
    given(a_person(), appraise).when(lambda person: person.grant("2026", "表扬", START)).refused(BadTime)
