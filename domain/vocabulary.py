"""The words that several aggregates share: tiers, severities, whistle kinds, linkage mechanisms, stages."""

from typing import Self

from chuishao.domain.term import Term


class Role(Term):
    """角色 The capacity in which somebody acts."""

    RESIDENT = "RESIDENT", "居民", "a resident, signed in or holding a case's own secret"
    GRID_WORKER = "GRID_WORKER", "网格员", "the one worker of a service grid"
    GRID_LEADER = "GRID_LEADER", "网格长", "leads the grids of a community"
    COMMUNITY_STAFF = "COMMUNITY_STAFF", "社区工作者", "works for a residents' committee"
    SECTOR_CHIEF = "SECTOR_CHIEF", "街片长", "answers for one or two communities"
    STREET_OFFICER = "STREET_OFFICER", "街镇工作人员", "acts for a street or town; may blow the whistle"
    DEPARTMENT_OFFICER = "DEPARTMENT_OFFICER", "部门工作人员", "acts for a department that may be summoned"
    AUDITOR = (
        "AUDITOR",
        "审计人员",
        "traces every history in scope, without residents' words, and changes nothing",
    )
    INTEGRATOR = "INTEGRATOR", "系统对接方", "a machine that follows the log"
    ADMINISTRATOR = "ADMINISTRATOR", "管理员", "sets up divisions, grids, departments and policies"


class Severity(Term):
    """事项等级 How grave a matter is: 小事不出社区、大事不出街道."""

    MINOR = "MINOR", "小事", "should not leave the community"
    MAJOR = "MAJOR", "大事", "should not leave the street"
    CRITICAL = "CRITICAL", "重大事项", "may need units beyond the street"


class Tier(Term):
    """分层处置 The four tiers of handling, lowest first; a tier may be skipped upward."""

    ON_SPOT = "ON_SPOT", "当场解决", "the grid worker settles it on the spot"
    GRID_LEADER = "GRID_LEADER", "网格长处置", "the grid leader settles it"
    DELIBERATION = "DELIBERATION", "议事协商", "the community deliberates on it"
    MULTI_UNIT = "MULTI_UNIT", "联动处置", "the street and several units settle it together"

    @property
    def rank(self) -> int:
        """0 for the lowest tier, 3 for the highest."""
        return list(Tier).index(self)

    @property
    def above(self) -> Self | None:
        """The next higher tier; None above the highest."""
        higher = list(type(self))[self.rank + 1 :]
        return higher[0] if higher else None


class WhistleKind(Term):
    """哨源类型 The kinds of whistle."""

    ROUTINE = "ROUTINE", "日常哨", "a routine matter"
    TACKLING = "TACKLING", "攻坚哨", "a hard matter that needs a joint effort"
    EMERGENCY = "EMERGENCY", "应急哨", "an emergency"


class LinkageMechanism(Term):
    """五项联动机制 The five linkage mechanisms."""

    DISPUTE_RESOLUTION = "DISPUTE_RESOLUTION", "矛盾问题排查化解", "a major dispute makes the street whistle"
    EMERGENCY_RESPONSE = "EMERGENCY_RESPONSE", "基层治理应急处置", "response to an emergency"
    JOINT_ENFORCEMENT = "JOINT_ENFORCEMENT", "综合执法联合查处", "joint enforcement; the street leads"
    RAPID_SERVICE = "RAPID_SERVICE", "服务群众快速响应", "quick service to residents"
    LAST_MILE = "LAST_MILE", "重点工作“最后一公里”落实", "事不完、人不走: nobody leaves while an item is open"


class Stage(Term):
    """闭环 The five stages of the issue loop, in order."""

    FOUND = "FOUND", "问题排查", "found and reported"
    ACCEPTED = "ACCEPTED", "平台受理", "accepted by the platform"
    ASSESSED = "ASSESSED", "分析研判", "assessed and graded"
    ASSIGNED = "ASSIGNED", "分流交办", "assigned and being handled"
    FEEDBACK = "FEEDBACK", "评价反馈", "resolved, verified and rated"
