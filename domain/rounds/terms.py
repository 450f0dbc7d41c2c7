"""The closed lists of the rounds: outcomes of a knock, checks, causes of concern, duties of a steward."""

from chuishao.domain.term import Term


class VisitOutcome(Term):
    """走访结果 What came of knocking at a household's door."""

    MET = "MET", "见到人", "somebody of the household was met"
    ABSENT = "ABSENT", "无人应门", "nobody answered; somebody must knock again"
    REFUSED = "REFUSED", "拒绝", "the household did not wish to be visited"
    VACANT = "VACANT", "空户", "nobody lives there"


class WelfareCheck(Term):
    """早看窗帘、晚看灯 The two looks that a household on the watch list is owed each local day."""

    CURTAIN = "CURTAIN", "早看窗帘", "in the morning: whether the curtain was drawn back"
    LIGHT = "LIGHT", "晚看灯", "in the evening: whether the light is on"


class ConcernCause(Term):
    """担忧起因 Why a concern about a household was raised."""

    AMISS = "AMISS", "查看异常", "a check found something amiss"
    MISSED_CHECK = "MISSED_CHECK", "漏查", "a check was not made in time"
    OTHER = "OTHER", "其他情况", "somebody worried for another reason"


class StewardDuty(Term):
    """管家职责 The five duties of an alley steward: 每日巡、经常访、及时记、随手做、实时报."""

    PATROL = "PATROL", "每日巡", "patrols every day"
    VISIT = "VISIT", "经常访", "visits often"
    NOTE = "NOTE", "及时记", "notes in time"
    FIX = "FIX", "随手做", "fixes at once what can be fixed"
    REPORT = "REPORT", "实时报", "reports without delay"
