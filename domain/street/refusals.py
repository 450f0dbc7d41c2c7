"""Why a command about a street's powers, duties, funds, tasks or proposals is refused."""

from chuishao.domain.refusal import Refusal


class EitherUnit(Refusal):
    """部门与机关须择一 A unit is a department, or the office of a division."""

    en = "Give `departmentId` or `bodyCode`, one of them: a department, or the office of a division."
    zh = "`departmentId` 与 `bodyCode` 请填写其一：部门，或区划的机关。"


class NotAbove(Refusal):
    """并非上级 The body does not lie above the place."""

    en = "{body} does not lie above {place}. Name a department around it, or a division above it."
    zh = "{body} 不是 {place} 的上级。请填写其所在区域的部门，或其上级区划。"


class EvidenceRequired(Refusal):
    """缺少考核依据 A department is appraised over what it was summoned to."""

    en = "An appraisal rests on whistles to which the department was summoned. Name at least one."
    zh = "考核评价须以该部门被召集的哨件为依据。请至少填写一个哨件。"


class ForeignWhistle(Refusal):
    """非本街道哨件 Another street blew this whistle."""

    en = "Whistle {whistle} was not blown by {street}. Name whistles of the street that appraises."
    zh = "哨件 {whistle} 并非 {street} 所吹。请填写考核街道自己的哨件。"


class OtherPeriod(Refusal):
    """非本期哨件 A department is appraised for a period over what it was summoned to in that year."""

    en = "To whistle {whistle} the department was summoned in {year}; that says nothing of {period}."
    zh = "哨件 {whistle} 于 {year} 年召集该部门，不能作为 {period} 的考核依据。"


class DepartmentAppraisedAlready(Refusal):
    """部门本期已考核 A street appraises a department once a period."""

    en = "{street} appraised department {department} for {period} already. Appraise another period."
    zh = "{street} 已对部门 {department} 进行 {period} 的考核评价。请考核其他时期。"


class AdviceAnsweredAlready(Refusal):
    """建议已答复 Advice is answered once."""

    en = "This advice was answered at {at}. Advice is answered once."
    zh = "此建议已于 {at} 答复。每项建议只答复一次。"


class FundOverspent(Refusal):
    """资金不足 The budget has not so much left."""

    en = "{left} fen are left of the budget of {year}; {asked} fen are asked for. Allocate less."
    zh = "{year} 年资金剩余 {left} 分；申请 {asked} 分。请减少金额。"


class BelowAllocated(Refusal):
    """低于已分配金额 A budget covers what was allocated from it."""

    en = "{allocated} fen are allocated already; a budget of {asked} fen does not cover them."
    zh = "已分配 {allocated} 分；{asked} 分的预算不足以覆盖。"


class ReturnTooLarge(Refusal):
    """退回超额 More is given back than was given."""

    en = "{kept} fen of allocation {number} have not been returned; {asked} fen are too many."
    zh = "第 {number} 笔分配尚有 {kept} 分未退回；{asked} 分超出。"


class DutyOnList(Refusal):
    """职责已在清单 A duty stands on the list once."""

    en = "“{name}” stands on the list of {street} already, as number {number}. Retire that one first."
    zh = "“{name}”已在 {street} 的职责清单中，序号 {number}。请先移出。"


class DutyOffList(Refusal):
    """职责已移出清单 A duty is retired once."""

    en = "Duty {number} was retired at {at}. A duty is retired once."
    zh = "职责 {number} 已于 {at} 移出清单。每项职责只移出一次。"


class TaskOnList(Refusal):
    """事项已准入 A community does a task once."""

    en = "“{name}” is on the list of {community} already, as number {number}. End that one first."
    zh = "“{name}”已在 {community} 的准入清单中，序号 {number}。请先终止。"


class TaskNotRunning(Refusal):
    """事项不在清单 Only a task that runs ends."""

    en = "Task {number} does not run; it is {state}. Only a task that was admitted ends, once."
    zh = "事项 {number} 未在执行，当前为{state}。只有已准入的事项可以终止，且只终止一次。"


class OwnRequest(Refusal):
    """不得自行准入 Whoever asks for a task does not decide about it."""

    en = "{body} asks for this task itself and does not decide about it. The community does."
    zh = "此事项由 {body} 自行提出，不得由其决定是否准入。请由社区决定。"
