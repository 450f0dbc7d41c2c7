"""Whatever is done to the ledger and the diary: nothing written changes or goes, and every chain is whole."""

from __future__ import annotations

from copy import deepcopy
from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from chuishao.domain.event import PersonalText, fold
from chuishao.domain.identity import identify
from chuishao.domain.refusal import Refusal
from chuishao.domain.registers.care import CareCorrected, CareEntry, CareExited, NeedRecorded, ResourceMatched
from chuishao.domain.registers.diary import DiaryEntry, DiaryEntryCorrected
from chuishao.domain.registers.terms import CareGroup, DiaryTopic, ExitReason, LineKind, ResourceSource
from tests.town import GRID, START

ID, SUBJECT = identify("of test"), identify("person of test")
WORDS = st.sampled_from(["情况", "情况二", "", " ", "\0", "长" * 4001])
LINES = st.integers(-1, 12)
AFTER = st.sampled_from([timedelta(0), timedelta(minutes=1), timedelta(hours=-3)])


class Written(RuleBasedStateMachine):
    """A register's entry of which every word is kept aside as it was written."""

    entry: Any
    at: datetime = START

    def __init__(self) -> None:
        super().__init__()
        self.events: list[Any] = []
        self.said: dict[int, str] = {}
        """The words of each line, as they were when they were written."""

    def begin(self, entry: Any) -> None:
        self.entry = entry
        self._took()

    def attempt(self, decision: Any, after: timedelta) -> None:
        """Decide; a refusal changes nothing."""
        before, at = deepcopy(self.entry), self.at + after
        try:
            decision(at)
        except Refusal:
            assert self.entry == before
            assert not self.entry.collect_events()
        else:
            self.at = max(self.at, at)
            self._took()

    def _took(self) -> None:
        for happened in self.entry.collect_events():
            self.events.append(happened)
            words = getattr(happened, "words", None)
            if words is not None:
                self.said[happened.originator_version] = words.text

    @invariant()
    def nothing_written_was_changed_or_removed(self) -> None:
        kept = {one.originator_version: one.words.text for one in self.events if hasattr(one, "words")}
        assert kept == self.said
        assert [one.originator_version for one in self.events] == list(range(1, len(self.events) + 1))
        assert set(self.entry.lines.kinds) == set(self.said)

    @invariant()
    def every_chain_of_corrections_is_whole(self) -> None:
        corrects = {one.originator_version: one.corrects for one in self.events if hasattr(one, "corrects")}
        assert {old: new for new, old in corrects.items()} == self.entry.lines.corrected
        assert len(set(corrects.values())) == len(corrects), "each line is corrected once"
        for written in self.said:
            line, steps = written, 0
            while line in corrects:
                assert corrects[line] in self.said and corrects[line] < line
                line, steps = corrects[line], steps + 1
            assert self.entry.lines.kinds[line] is not LineKind.CORRECTION, (
                "it leads back to what was written"
            )
            assert steps <= len(corrects)

    @invariant()
    def all_words_are_of_one_person(self) -> None:
        texts = [
            value for one in self.events for value in vars(one).values() if isinstance(value, PersonalText)
        ]
        assert {text.subject for text in texts} == {self.entry.subject}

    @invariant()
    def the_events_alone_make_it_again(self) -> None:
        again = fold(self.events)
        assert (again.lines, again.subject, again.version) == (
            self.entry.lines,
            self.entry.subject,
            self.entry.version,
        )


class InTheLedger(Written):
    @initialize(known=st.booleans(), group=st.sampled_from(CareGroup))
    def enrolled(self, known: bool, group: CareGroup) -> None:
        subject = SUBJECT if known else None
        self.begin(CareEntry.enrol(ID, group, GRID, subject, "对象", 3, "情况", START))

    @rule(words=WORDS, after=AFTER)
    def need(self, words: str, after: timedelta) -> None:
        self.attempt(lambda at: self.entry.record_need(words, at), after)

    @rule(line=LINES, words=WORDS, source=st.sampled_from(ResourceSource), after=AFTER)
    def match(self, line: int, words: str, source: ResourceSource, after: timedelta) -> None:
        self.attempt(lambda at: self.entry.match(line, source, words, at), after)

    @rule(line=LINES, words=WORDS, after=AFTER)
    def correct(self, line: int, words: str, after: timedelta) -> None:
        self.attempt(lambda at: self.entry.correct(line, words, at), after)

    @rule(reason=st.sampled_from(ExitReason), after=AFTER)
    def exit(self, reason: ExitReason, after: timedelta) -> None:
        self.attempt(lambda at: self.entry.exit(reason, at), after)

    @invariant()
    def a_resource_is_for_a_need_that_was_recorded_before(self) -> None:
        needs: set[int] = set()
        exited = False
        for one in self.events:
            if isinstance(one, NeedRecorded):
                needs.add(one.originator_version)
            if isinstance(one, ResourceMatched):
                assert one.need in needs
                ResourceSource(one.resource_source)
            assert not exited or isinstance(one, CareCorrected), "who left is only corrected"
            exited = exited or isinstance(one, CareExited)


class InTheDiary(Written):
    @initialize(topic=st.sampled_from(DiaryTopic))
    def written(self, topic: DiaryTopic) -> None:
        self.begin(DiaryEntry.write(ID, topic, GRID, None, None, "情况", START))

    @rule(line=LINES, words=WORDS, after=AFTER)
    def correct(self, line: int, words: str, after: timedelta) -> None:
        self.attempt(lambda at: self.entry.correct(line, words, at), after)

    @invariant()
    def it_is_one_chain(self) -> None:
        assert all(isinstance(one, DiaryEntryCorrected) for one in self.events[1:])
        assert [one.corrects for one in self.events[1:]] == list(range(1, len(self.events)))


TestInTheLedger = InTheLedger.TestCase
TestInTheDiary = InTheDiary.TestCase
