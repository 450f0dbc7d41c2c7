"""What the registers decide: elements 要素, the care ledger 工作台账, the diary 民情日志, looks 查阅."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from chuishao.domain.event import LONG_TEXT, SHORT_TEXT
from chuishao.domain.identity import identify
from chuishao.domain.refusal import BadText, BadTime, TextEmpty, TextTooLong
from chuishao.domain.registers import care, diary, element, look
from chuishao.domain.registers.care import CareEntry
from chuishao.domain.registers.diary import DiaryEntry
from chuishao.domain.registers.element import Element
from chuishao.domain.registers.look import LASTS, Look, require_open
from chuishao.domain.registers.refusals import (
    ElementEnded,
    LeftLedger,
    LineCorrected,
    LookOver,
    NoSuchLine,
    NotANeed,
)
from chuishao.domain.registers.terms import (
    LISTS,
    CareGroup,
    DiaryTopic,
    ElementKind,
    ExitReason,
    GroupList,
    LineKind,
    LookPurpose,
    Register,
    ResourceSource,
)
from tests.given import event, given, later, when_made
from tests.town import GRID, OTHER_GRID, START

ELEMENT, CARE, DIARY, LOOK = (identify("of test", number) for number in range(4))
PERSON = identify("person of test")


# Elements 要素


def an_element(kind: ElementKind = ElementKind.THING) -> Element:
    return Element.register(ELEMENT, kind, GRID, "井盖 003", None, START)


def correct(
    grid: str | None = None, name: str | None = None, address: str | None = None
) -> Callable[[Element], None]:
    return lambda element: element.correct(grid, name, address, later(element))


def retire(reason: str = "已拆除") -> Callable[[Element], None]:
    return lambda element: element.retire(reason, later(element))


def test_there_are_five_kinds_of_element_as_the_source_names_them() -> None:
    assert [kind.zh for kind in ElementKind] == ["人", "地", "物", "事", "组织"]


@pytest.mark.parametrize("kind", ElementKind)
def test_an_element_of_each_kind_is_registered_in_a_grid(kind: ElementKind) -> None:
    registered = event(
        element.ElementRegistered, element_kind=kind.value, grid=GRID, name="井盖 003", address="南门"
    )
    made = when_made(lambda: Element.register(ELEMENT, kind, GRID, " 井盖 003 ", "南门", START)).then(
        registered
    )
    assert (made.place, made.correlation, made.kind) == (GRID, None, kind)


@pytest.mark.parametrize(
    ("name", "refusal"), [(" ", TextEmpty), ("长" * (SHORT_TEXT + 1), TextTooLong), ("\0", BadText)]
)
def test_an_element_has_a_name_that_says_something(name: str, refusal: type[Exception]) -> None:
    when_made(lambda: Element.register(ELEMENT, ElementKind.PLACE, GRID, name, None, START)).refused(refusal)  # type: ignore[arg-type]


def test_what_an_element_is_called_and_where_it_is_can_be_put_right() -> None:
    moved = event(element.ElementCorrected, grid=OTHER_GRID, name=None, address="北门")
    assert given(an_element()).when(correct(OTHER_GRID, address="北门")).then(moved).place == OTHER_GRID
    renamed = event(element.ElementCorrected, grid=GRID, name="井盖 004", address=None)
    given(an_element()).when(correct(name="井盖 004")).then(renamed)


def test_a_correction_of_nothing_changes_nothing() -> None:
    given(an_element()).when(correct()).then()
    given(an_element()).when(correct(GRID)).then()
    given(an_element()).when(correct(address=" ")).refused(TextEmpty)


def test_an_element_is_retired_once_and_not_corrected_any_more() -> None:
    given(an_element()).when(retire()).then(event(element.ElementRetired, reason="已拆除"))
    given(an_element(), retire()).when(retire()).refused(ElementEnded, id=ELEMENT)
    given(an_element(), retire()).when(correct(name="其他")).refused(ElementEnded)
    given(an_element()).when(retire("")).refused(TextEmpty)


def test_nothing_happens_to_an_element_before_its_registration() -> None:
    given(an_element()).when(lambda one: one.retire("已拆除", START - timedelta(hours=1))).refused(BadTime)


# The care ledger 重点群体工作台账


def an_entry() -> CareEntry:
    return CareEntry.enrol(CARE, CareGroup.ELDERLY_ALONE, GRID, None, "老人 001", 12, "独居", START)


def need(words: str = "助餐") -> Callable[[CareEntry], None]:
    return lambda entry: entry.record_need(words, later(entry))


def match(need: int = 2, words: str = "老人家食堂") -> Callable[[CareEntry], None]:
    return lambda entry: entry.match(need, ResourceSource.COMMUNITY, words, later(entry))


def put_right(line: int = 1, words: str = "与女儿同住") -> Callable[[CareEntry], None]:
    return lambda entry: entry.correct(line, words, later(entry))


def leave(reason: ExitReason = ExitReason.MOVED) -> Callable[[CareEntry], None]:
    return lambda entry: entry.exit(reason, later(entry))


def test_the_groups_are_those_of_both_lists_and_no_other() -> None:
    five = ["困难群众", "高龄独居空巢老人", "残疾人家庭", "流动人口", "重点帮扶人员"]
    eight = ["困难群众", "残疾人", "孤寡老人", "孤儿", "留守儿童", "困境儿童", "精神障碍患者", "社区矫正对象"]
    assert {group.zh for group in LISTS[GroupList.FIVE]} == set(five)
    assert {group.zh for group in LISTS[GroupList.EIGHT]} == set(eight)
    assert {group.zh for group in CareGroup} == {*five, *eight}
    assert [group for group in CareGroup if not group.lists] == []
    assert [group for group in CareGroup if len(group.lists) == 2] == [CareGroup.HARDSHIP]


def test_a_resource_comes_from_government_society_or_the_community() -> None:
    assert [source.zh for source in ResourceSource] == ["政府", "社会", "社区"]


@pytest.mark.parametrize("group", CareGroup)
def test_a_person_of_every_group_enters_the_ledger(group: CareGroup) -> None:
    enrolled = event(
        care.CareEnrolled,
        care_group=group.value,
        grid=GRID,
        subject=CARE,
        whom="对象 1",
        household="7",
        words="情况",
    )
    made = when_made(lambda: CareEntry.enrol(CARE, group, GRID, None, "对象 1", 7, "情况", START)).then(
        enrolled
    )
    assert (made.place, made.correlation, made.group) == (GRID, CARE, group)


def test_the_words_are_those_of_the_person_where_the_person_is_known() -> None:
    made = CareEntry.enrol(CARE, CareGroup.ORPHAN, GRID, PERSON, "儿童 001", None, "情况", START)
    made.record_need("校服", later(made))
    texts = [
        text
        for happened in made.collect_events()
        for text in vars(happened).values()
        if hasattr(text, "text")
    ]
    assert {text.subject for text in texts} == {PERSON}


@pytest.mark.parametrize(
    ("whom", "words", "refusal"),
    [
        ("", "情况", TextEmpty),
        ("对象", "  ", TextEmpty),
        ("对象", "长" * (LONG_TEXT + 1), TextTooLong),
        ("\0", "情", BadText),
    ],
)
def test_nobody_is_enrolled_without_words(whom: str, words: str, refusal: type[Exception]) -> None:
    made = when_made(lambda: CareEntry.enrol(CARE, CareGroup.ORPHAN, GRID, None, whom, None, words, START))
    made.refused(refusal)  # type: ignore[arg-type]


def test_a_resource_is_found_for_a_need_that_was_recorded() -> None:
    given(an_entry()).when(need()).then(event(care.NeedRecorded, words="助餐"))
    matched = event(care.ResourceMatched, need=2, resource_source="COMMUNITY", words="老人家食堂")
    given(an_entry(), need()).when(match()).then(matched)
    given(an_entry()).when(match(1)).refused(NotANeed, line=1, needs="nothing")
    given(an_entry(), need(), match()).when(match(3)).refused(NotANeed, needs="2")
    given(an_entry(), need()).when(match(9)).refused(NotANeed)


def test_a_need_keeps_its_number_when_its_words_are_corrected() -> None:
    entry = given(an_entry(), need(), put_right(2, "助浴"))
    assert entry.aggregate.lines.kinds == {1: LineKind.ENTRY, 2: LineKind.NEED, 3: LineKind.CORRECTION}
    entry.when(match(3)).refused(NotANeed, needs="2")
    given(an_entry(), need(), put_right(2, "助浴")).when(match(2)).then(event(care.ResourceMatched, need=2))


def test_a_line_is_corrected_once_and_then_its_correction_is() -> None:
    given(an_entry()).when(put_right()).then(event(care.CareCorrected, corrects=1, words="与女儿同住"))
    given(an_entry(), put_right()).when(put_right(1)).refused(LineCorrected, line=1, by=2)
    given(an_entry(), put_right()).when(put_right(2, "与儿子同住")).then(
        event(care.CareCorrected, corrects=2)
    )
    given(an_entry()).when(put_right(2)).refused(NoSuchLine, line=2, lines="1")
    given(an_entry(), leave()).when(put_right(2)).refused(NoSuchLine, lines="1")


def test_who_left_the_ledger_needs_nothing_of_it_and_what_is_written_can_be_corrected() -> None:
    given(an_entry()).when(leave()).then(event(care.CareExited, exit_reason="MOVED"))
    gone = (need(), leave())
    for decision in (need(), match(), leave()):
        given(an_entry(), *gone).when(decision).refused(LeftLedger, id=CARE)
    given(an_entry(), *gone).when(put_right(1)).then(event(care.CareCorrected, corrects=1))


def test_nothing_happens_in_the_ledger_before_the_enrolment() -> None:
    before = START - timedelta(minutes=1)
    given(an_entry()).when(lambda entry: entry.record_need("助餐", before)).refused(BadTime)
    given(an_entry()).when(lambda entry: entry.correct(1, "其他", before)).refused(BadTime)


# The diary 民情日志


def a_diary_entry() -> DiaryEntry:
    return DiaryEntry.write(DIARY, DiaryTopic.HOUSEHOLD, GRID, None, 3, "新迁入一户", START)


def rewrite(line: int, words: str) -> Callable[[DiaryEntry], None]:
    return lambda entry: entry.correct(line, words, later(entry))


@pytest.mark.parametrize("topic", DiaryTopic)
def test_the_diary_has_entries_on_every_topic(topic: DiaryTopic) -> None:
    written = event(
        diary.DiaryEntryWritten, diary_topic=topic.value, grid=GRID, household=None, words="楼道堆物"
    )
    made = when_made(lambda: DiaryEntry.write(DIARY, topic, GRID, None, None, "楼道堆物", START)).then(
        written
    )
    assert (made.place, made.correlation) == (GRID, DIARY)


def test_an_entry_of_the_diary_is_corrected_by_the_chain() -> None:
    given(a_diary_entry()).when(rewrite(1, "迁入两户")).then(event(diary.DiaryEntryCorrected, corrects=1))
    given(a_diary_entry(), rewrite(1, "迁入两户")).when(rewrite(1, "三户")).refused(LineCorrected, by=2)
    given(a_diary_entry()).when(rewrite(0, "三户")).refused(NoSuchLine)
    given(a_diary_entry()).when(rewrite(1, "")).refused(TextEmpty)
    before = START - timedelta(days=1)
    given(a_diary_entry()).when(lambda entry: entry.correct(1, "三户", before)).refused(BadTime)


# Looks 查阅


@pytest.mark.parametrize("register", Register)
@pytest.mark.parametrize("purpose", LookPurpose)
def test_a_look_says_at_what_and_for_what(register: Register, purpose: LookPurpose) -> None:
    read = event(look.WordsRead, register=register.value, entry=CARE, grid=GRID, purpose=purpose.value)
    made = when_made(lambda: Look.take(LOOK, register, CARE, GRID, purpose, START)).then(read)
    assert (made.place, made.correlation, made.created_on) == (GRID, CARE, START)


def test_a_look_is_over_after_a_while() -> None:
    require_open(LOOK, START, START + LASTS)
    with pytest.raises(LookOver):
        require_open(LOOK, START, START + LASTS + timedelta(seconds=1))


def test_the_words_of_the_ledger_of_the_diary_and_of_looks_are_withheld_and_those_of_elements_are_not() -> (
    None
):
    withheld = (
        care.CareEnrolled,
        care.CareCorrected,
        care.NeedRecorded,
        care.ResourceMatched,
        care.CareExited,
    )
    for kind in (*withheld, diary.DiaryEntryWritten, diary.DiaryEntryCorrected, look.WordsRead):
        assert kind.WITHHELD, kind
    assert not element.ElementRegistered.WITHHELD
