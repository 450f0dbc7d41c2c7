"""Why a command about the registers is refused."""

from chuishao.domain.refusal import Refusal


class ElementEnded(Refusal):
    """要素已注销 The element is no longer in the register."""

    en = "Element {id} was retired on {at}. Register it anew if it is there again."
    zh = "要素 {id} 已于 {at} 注销。如仍存在，请重新登记。"


class LeftLedger(Refusal):
    """已退出台账 The person is no longer in the ledger under this entry."""

    en = "Entry {id} of the care ledger ended on {at}. Enrol the person anew, or correct what is written."
    zh = "台账记录 {id} 已于 {at} 退出。请重新纳入，或更正已有内容。"


class NoSuchLine(Refusal):
    """条目不存在 The entry has no such line."""

    en = "There is no line {line} with words here. Lines: {lines}."
    zh = "没有带内容的第 {line} 条。现有条目：{lines}。"


class LineCorrected(Refusal):
    """条目已更正 A line is corrected once; after that, its correction is."""

    en = "Line {line} was corrected by line {by}. Correct that one: every line is corrected once."
    zh = "第 {line} 条已由第 {by} 条更正。请更正后者：每条只更正一次。"


class NotANeed(Refusal):
    """不是需求 A resource is found for a need."""

    en = "Line {line} records no need. Needs: {needs}."
    zh = "第 {line} 条不是需求。现有需求：{needs}。"


class LookOver(Refusal):
    """查阅已结束 A look shows the words for a short time; after that, a new one is recorded."""

    en = "Look {id} was recorded at {at} and is over. Look again, under a new command id."
    zh = "查阅 {id} 记录于 {at}，已结束。请以新的命令标识重新查阅。"
