"""后续 What follows from the rounds: the report of a case, as somebody would have made it."""

from __future__ import annotations

from chuishao.domain.case import Report
from chuishao.domain.division import community_of
from chuishao.domain.event import LONG_TEXT
from chuishao.domain.rounds.household import household_subject
from chuishao.domain.rounds.steward import DutyLogged
from chuishao.domain.rounds.terms import ConcernCause, StewardDuty, WelfareCheck
from chuishao.domain.rounds.watch_events import ConcernRaised
from chuishao.domain.vocabulary import Severity


def report_of_concern(concern: ConcernRaised, category: str, finding: str | None = None) -> Report:
    """担忧成案: every concern becomes a case of the grid; `finding` are its words, where they can be read."""
    said = ConcernCause(concern.cause).zh
    if concern.check is not None:
        said = f"{concern.day} {WelfareCheck(concern.check).zh}：{said}"
    return Report(
        community=community_of(concern.grid),
        grid=concern.grid,
        category=category,
        severity=Severity.MINOR,
        text=_fitting(f"{said}。{finding or ''}"),
        address=f"第 {concern.household} 户",
        subject=household_subject(concern.grid, concern.household),
    )


def report_of_duty(duty: DutyLogged, category: str, note: str) -> Report | None:
    """实时报: what a steward reports becomes a case where they are registered; other duties lead to none.

    The words are the steward's, in the log as in the case: one erasure takes both.
    """
    if duty.duty != StewardDuty.REPORT:
        return None
    return Report(
        community=community_of(duty.place),
        grid=duty.place if "-" in duty.place else None,
        category=category,
        severity=Severity.MINOR,
        text=note,
        subject=duty.steward,
    )


def _fitting(text: str) -> str:
    """As much of a text as a report holds; the whole of it stands with what was found."""
    return text if len(text) <= LONG_TEXT else f"{text[: LONG_TEXT - 1]}…"
