"""Why a step of a meeting, a deliberation, a coordination order or an invitation is refused."""

from __future__ import annotations

from chuishao.domain.refusal import Refusal


class ResolutionDone(Refusal):
    """决议已办结 A resolution is carried out once."""

    en = "Resolution {number} was carried out on {at}. A resolution is carried out once."
    zh = "决议 {number} 已于 {at} 办结。每项决议只办结一次。"


class CaseOrPlace(Refusal):
    """案件与区划须择一 It is about a case, or about a matter of a place."""

    en = "It is about a case or about a matter of a place. Give `caseId` or `{place}`, one of them."
    zh = "须针对一个案件，或一个区划的事项。`caseId` 与 `{place}` 请填写其一。"


class DeliberationUnderway(Refusal):
    """协商正在进行 A case is deliberated on once at a time."""

    en = "Case {case} is being deliberated on already, in {deliberation}. Conclude that deliberation first."
    zh = "案件 {case} 正在协商（{deliberation}）。请先结束该次协商。"


class NothingHeard(Refusal):
    """尚未听取意见 There is no agreement before somebody was heard."""

    en = "No opinion is recorded yet. Record what was said first, or find that no agreement was reached."
    zh = "尚未记录任何意见。请先记录意见，或记为未达成一致。"


class ClearanceOff(Refusal):
    """未启用日日清约请 The policy in force does not turn the invitation of the day on."""

    en = "Policy {version} does not turn this on. Adopt one with `dailyClearance.enabled` first."
    zh = "现行政策 {version} 未启用“日日清”约请机制。请先采用启用 `dailyClearance.enabled` 的政策。"


class DayToCome(Refusal):
    """当日未到 What was carried over is not carried on before its day has come."""

    en = "The invitation is due on {day} already; it is {today}. Carry it over then, if need be."
    zh = "约请已结转至 {day}；现为 {today}。如届时仍未办结，请于当日再行结转。"


class DayOver(Refusal):
    """当日已过 What was due by the end of a day is carried over with a reason."""

    en = "The invitation was due by the end of {day}; it is {today}. Carry it over with a reason first."
    zh = "约请应于 {day} 当日办结；现为 {today}。请先说明原因并结转。"
