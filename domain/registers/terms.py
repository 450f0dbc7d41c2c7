"""The closed lists of the registers: kinds of element, groups, sources of help, topics, purposes."""

from __future__ import annotations

from chuishao.domain.term import Term


class ElementKind(Term):
    """要素类别 The five kinds of element that one net covers: “人、地、物、事、组织全覆盖”."""

    PERSON = "PERSON", "人", "a person"
    PLACE = "PLACE", "地", "a place"
    THING = "THING", "物", "a thing"
    MATTER = "MATTER", "事", "a matter"
    ORGANISATION = "ORGANISATION", "组织", "an organisation"


class GroupList(Term):
    """名单 The two lists in which the source names priority groups (重点群体)."""

    FIVE = "FIVE", "五类重点群体", "the list of five groups"
    EIGHT = "EIGHT", "八类重点群体", "the list of eight groups"


class CareGroup(Term):
    """重点群体 The priority groups: both lists of the source as one, each word as the source has it."""

    HARDSHIP = "HARDSHIP", "困难群众", "people in hardship; in both lists"
    ELDERLY_ALONE = "ELDERLY_ALONE", "高龄独居空巢老人", "the very old who live alone; of the five"
    DISABLED_FAMILY = "DISABLED_FAMILY", "残疾人家庭", "families with a disabled member; of the five"
    FLOATING_POPULATION = "FLOATING_POPULATION", "流动人口", "people who live away from home; of the five"
    KEY_ASSISTANCE = "KEY_ASSISTANCE", "重点帮扶人员", "people singled out for assistance; of the five"
    DISABLED = "DISABLED", "残疾人", "disabled people; of the eight"
    ELDERLY_WITHOUT_FAMILY = "ELDERLY_WITHOUT_FAMILY", "孤寡老人", "old people without family; of the eight"
    ORPHAN = "ORPHAN", "孤儿", "orphans; of the eight"
    LEFT_BEHIND_CHILD = "LEFT_BEHIND_CHILD", "留守儿童", "children whose parents work elsewhere; of the eight"
    CHILD_IN_DIFFICULTY = "CHILD_IN_DIFFICULTY", "困境儿童", "children in difficulty; of the eight"
    MENTAL_DISORDER = "MENTAL_DISORDER", "精神障碍患者", "people with a mental disorder; of the eight"
    COMMUNITY_CORRECTION = (
        "COMMUNITY_CORRECTION",
        "社区矫正对象",
        "people under community correction; of the eight",
    )

    @property
    def lists(self) -> frozenset[GroupList]:
        """The lists of the source that name the group."""
        return frozenset(name for name, groups in LISTS.items() if self in groups)


LISTS: dict[GroupList, frozenset[CareGroup]] = {
    GroupList.FIVE: frozenset(
        {
            CareGroup.HARDSHIP,
            CareGroup.ELDERLY_ALONE,
            CareGroup.DISABLED_FAMILY,
            CareGroup.FLOATING_POPULATION,
            CareGroup.KEY_ASSISTANCE,
        }
    ),
    GroupList.EIGHT: frozenset(
        {
            CareGroup.HARDSHIP,
            CareGroup.DISABLED,
            CareGroup.ELDERLY_WITHOUT_FAMILY,
            CareGroup.ORPHAN,
            CareGroup.LEFT_BEHIND_CHILD,
            CareGroup.CHILD_IN_DIFFICULTY,
            CareGroup.MENTAL_DISORDER,
            CareGroup.COMMUNITY_CORRECTION,
        }
    ),
}
"""Which groups each list of the source names."""


class ExitReason(Term):
    """退出事由 Why somebody leaves the ledger. It stays in plain for ever, so there is no free text."""

    BETTER = "BETTER", "情况好转", "the need is over"
    OTHER_GROUP = "OTHER_GROUP", "转入其他群体", "the person is enrolled in another group"
    MOVED = "MOVED", "迁出", "the person moved away"
    DECEASED = "DECEASED", "去世", "the person died"
    OWN_WISH = "OWN_WISH", "本人意愿", "the person wishes it"
    ENTERED_WRONGLY = "ENTERED_WRONGLY", "登记有误", "the entry was wrong from the beginning"


class ResourceSource(Term):
    """资源来源 Where a resource for somebody in need comes from: 政府、社会、社区."""

    GOVERNMENT = "GOVERNMENT", "政府", "from the government"
    SOCIETY = "SOCIETY", "社会", "from society"
    COMMUNITY = "COMMUNITY", "社区", "from the community"


class DiaryTopic(Term):
    """日志主题 What an entry of the diary (民情日志) is about."""

    HOUSEHOLD = "HOUSEHOLD", "住户情况", "a household"
    UNSTABLE_FACTOR = "UNSTABLE_FACTOR", "不稳定因素", "something that may become a trouble"
    ENVIRONMENT = "ENVIRONMENT", "环境", "the surroundings"
    KEY_PERSON = "KEY_PERSON", "重点人员", "a person to be looked after"


class Register(Term):
    """专册 The registers whose words are given out by a recorded look alone."""

    CARE = "CARE", "重点群体工作台账", "the care ledger"
    DIARY = "DIARY", "民情日志", "the diary"


class LookPurpose(Term):
    """查阅目的 For what somebody reads words about people. It stays in plain for ever: no free text."""

    HOME_VISIT = "HOME_VISIT", "走访服务", "to visit the person"
    NEED_ASSESSMENT = "NEED_ASSESSMENT", "需求研判", "to see what the person needs"
    RESOURCE_MATCHING = "RESOURCE_MATCHING", "资源对接", "to find help for the person"
    EMERGENCY = "EMERGENCY", "应急处置", "in an emergency"
    HANDOVER = "HANDOVER", "工作交接", "to take over somebody's work"
    CORRECTION = "CORRECTION", "核对更正", "to check and correct what is written"
    OWN_REQUEST = "OWN_REQUEST", "本人查阅", "the person asked what is written about them"
    SUPERVISION = "SUPERVISION", "监督检查", "to supervise the work"


class LineKind(Term):
    """条目类别 What a line of a register is."""

    ENTRY = "ENTRY", "登记", "what was written first"
    NEED = "NEED", "需求", "a need"
    RESOURCE = "RESOURCE", "资源", "a resource found for a need"
    CORRECTION = "CORRECTION", "更正", "a correction of an earlier line"
