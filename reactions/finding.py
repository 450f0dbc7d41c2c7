"""成案 What is found on the rounds becomes a case: a concern about a household, and what a steward reports.

Of which category the case is, the policy in force says; where it says nothing, somebody has to report it.
What a sector's chief finds (街片长) they report like everybody, into the same flow (“纳入网格化管理”).
"""

from __future__ import annotations

from collections.abc import Sequence

from chuishao.commands.findings import ReportFinding
from chuishao.commands.rehoming import home_of
from chuishao.domain.case import Report
from chuishao.domain.policy_document import Finding
from chuishao.domain.rounds.following import report_of_concern, report_of_duty
from chuishao.domain.rounds.steward import DutyLogged
from chuishao.domain.rounds.watch_events import ConcernRaised
from chuishao.domain.vocabulary import Role
from chuishao.eventlog.mapper import RecordedEvent
from chuishao.reactions.around import finding, policy_at, words
from chuishao.reactions.reaction import Around, Reaction, Sent, acting

NAME = "report-findings"


async def decide(event: RecordedEvent, around: Around) -> Sequence[Sent]:
    """Report it where the place of it lies now, if the policy names a category."""
    report = await _report(event, around)
    if report is None:
        return ()
    community, _ = await home_of(finding(around), report.community, report.grid)
    by = acting(NAME, Role.COMMUNITY_STAFF, community)
    return (Sent(ReportFinding.of(report), by),)


async def _report(event: RecordedEvent, around: Around) -> Report | None:
    policy = await policy_at(around, event.occurred_at)
    findings = policy.findings if policy else {}
    match event.event:
        case ConcernRaised() as concern if Finding.CONCERN in findings:
            said = await words(around, concern.finding)
            return report_of_concern(concern, findings[Finding.CONCERN], said)
        case DutyLogged() as duty if Finding.STEWARD in findings:
            said = await words(around, duty.note)
            return report_of_duty(duty, findings[Finding.STEWARD], said) if said else None
    return None


REACTION = Reaction(
    NAME,
    "发现成案 Concerns about households, and what alley stewards report, become cases.",
    (ConcernRaised, DutyLogged),
    decide,
)
