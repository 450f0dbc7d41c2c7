"""字段 What the events of each type hold, field by field: the storage format as its readers see it."""

from __future__ import annotations

import types
from typing import Any, Union, get_args, get_origin, get_type_hints

from chuishao.domain.event import Event, PersonalText

_BESIDE = frozenset({"originator_topic", *get_type_hints(Event)})
"""What every event has, and what says only which aggregate begins."""
_KINDS = {"str": "text", "int": "integer", "bool": "true or false", "UUID": "identifier", "date": "date"}

MEANINGS: dict[str, str] = {
    "above": "上级战区 The code of the zone above; of a power, the one that it came from.",
    "address": "地址 Where it is, in words.",
    "amiss": "异常 Whether the look found something amiss.",
    "anonymous": "匿名 Whether neither name nor telephone of the reporter was given.",
    "answered": "是否响应 Whether anybody answered the resident.",
    "assignee": "经办人 The person it was given to, if one was named.",
    "at_least": "得票下限 How many votes at least, for each candidate in the order of the ballot paper.",
    "at_most": "得票上限 How many votes at most; the same as at least where the number is exact.",
    "ballot_on": "选举日 The day of the ballot, as year-month-day.",
    "adjoining": "是否接壤 Whether the place adjoins the division that holds it.",
    "basis": "依据 The official decision it rests on.",
    "by": "办理人 Who did it.",
    "call_ground": "选举事由 Why the election was called.",
    "candidates": "候选人 Who stands, in the order of the ballot paper.",
    "campaign": "排查 The campaign.",
    "case": "案件 The other case; of a whistle, the case it was blown on.",
    "category": "类别 The code of the category, from the policy in force.",
    "cause": "起因 Why the concern was raised.",
    "check": "查看 Curtain or light; of a concern, null where no check led to it.",
    "code": "代码 The code of the division, the grid (community code-Gnnn) or the sector (street code-Snnn).",
    "comment": "意见 What was said beside the rating or the appraisal.",
    "communities": "社区 The codes of the communities.",
    "community": "社区 The code of the community.",
    "contact": "联系方式 How residents reach the worker.",
    "day": "日期 The local day, as year-month-day; of a concern, null where no check led to it.",
    "department": "部门 The department summoned.",
    "division": "区划 The code of the division it belongs to; of a claimed code, the division that bears it.",
    "document": "政策文本 The whole policy: version, date of effect, limits, calendar, categories.",
    "duty": "职责 Which of the five duties was done.",
    "effective_from": "生效日期 The first day, as year-month-day.",
    "elected": "当选人 Who is elected, in the order of the ballot paper.",
    "elected_on": "选出日期 The day of the ballot that elected the committee, as year-month-day.",
    "electors": "选举人数 How many may vote, in the way in which it is voted.",
    "entitled": "提议主体数 Out of how many it was proposed; null where it was not.",
    "finding": "情况 What was found, in words.",
    "enclave": "飞地 The code of the grid or community that is an enclave.",
    "follow_up": "回访 Whether somebody asked the resident, who had not rated of their own accord.",
    "former_holder": "原管辖区划 The code of the division that held it until now.",
    "grid": "网格 The code of the grid; null where it is not known.",
    "grids": "网格 The codes of the grids.",
    "ground": "删除事由 On which legal ground.",
    "grounds": "吹哨理由 Why the departments are needed.",
    "groups": "居民小组数 How many residents' groups.",
    "holder": "承办单位 The code of the place that answers for the case, or that holds the enclave.",
    "household": "户号 The number of the household in its grid, from 1.",
    "households": "户数 How many households.",
    "identity": "原标识 Under which identity the words were kept until now. Not in `Event.data`.",
    "into": "并入案件 The case that carries it from now on.",
    "item": "事项 The number of the item, from 1 as they were listed.",
    "items": "事项 What has to be settled on site.",
    "kind": "吹哨类别 The kind of whistle.",
    "label": "称谓 Role and number, the only name shown without need.",
    "lead": "牵头部门 The department that leads; null where the street does.",
    "level": "级别 The level of the division.",
    "lies_in": "行政区划所在地 The code of the division in which the place lies.",
    "linkage": "联动机制 The linkage mechanism that it calls for.",
    "mode": "选举方式 Which of the three ways to vote.",
    "name": "名称 The name.",
    "nominated": "提名人数 How many were nominated, before the screening.",
    "need": "需求 Why the household is watched over; of a resource, the line that recorded the need.",
    "note": "备注 A remark between those who handle the case; of a duty, what the steward did.",
    "of": "原案件 The case that it is the same report as.",
    "office": "职务 The office in the committee.",
    "offices": "职务 The office of each person listed beside.",
    "out_of": "原并入案件 The case that carried it until now.",
    "outcome": "走访结果 What came of the knock.",
    "parent": "上级 The division one level up; of a case split off, the case it was split from.",
    "parts": "拆分案件 The cases that go on.",
    "present": "参加人数 How many took part: how many ballot papers were given out.",
    "proposers": "提议主体 Whether residents, households or groups proposed it; null where nobody did.",
    "protocol_hash": "计票记录校验值 The salted hash of the paper protocol of the count.",
    "power": "权力 The power, in words.",
    "reason": "理由 Why.",
    "regime": "适用法律 Under which state of the law.",
    "reporter_name": "反映人姓名 The name of the reporter.",
    "reporter_phone": "反映人电话 The telephone number of the reporter.",
    "result": "处理结果 What was done.",
    "roll_hash": "选民名册校验值 The salted hash of the paper roll of voters.",
    "rule": "规则 Which limit of which policy was missed.",
    "satisfied": "满意度 How satisfied, from 1 to 5.",
    "score": "评分 From 1 to 5.",
    "seats": "职数 The office of each seat.",
    "severity": "严重程度 How severe.",
    "solved": "是否解决 Whether the matter was solved.",
    "steward": "小巷管家 The steward.",
    "street": "街镇 The code of the street or town; of a whistle, the one that blew.",
    "subject": "当事人 Whom the personal texts are about: whose key seals them. Not in `Event.data`.",
    "supporters": "提议数 How many proposed it; null where it was not proposed.",
    "sector": "街片 The code of the sector; null where the community belongs to none from now on.",
    "successor": "承接地点 The code of the grid or community as which the place is held from now on.",
    "synthetic": "虚拟数据 Whether the number of households is made up for a demonstration.",
    "term": "届次 The election of the whole committee whose term is completed.",
    "term_from": "任期起始 The first day of the term, as year-month-day.",
    "term_until": "任期届满 The day on which the term is over, as year-month-day.",
    "text": "诉求内容 What was reported, in words.",
    "tier": "办理层级 The tier that holds it; of a return, the one that gave it back.",
    "vacancy_ground": "出缺事由 Why the seat is vacant.",
    "void_ground": "无效事由 Why the election is void.",
    "voters": "选民数 How many residents of voting age have a vote.",
    "votes_at_least": "赞成票下限 How many votes for it at least.",
    "votes_at_most": "赞成票上限 How many votes for it at most; the same as at least where it is exact.",
    "watcher": "守望邻居 The neighbour asked to look in; null where nobody is named.",
    "units": "机构 The units of the office: name, the unit they answer to, number of staff.",
    "whistle": "哨件 The whistle; of a resolution, null where no whistle led to it.",
    "worker": "网格员 The worker.",
    "course": "课程 What the training was about.",
    "election": "选举 The certified election that it comes from; null for a post given by appointment.",
    "hours": "学时 How many hours the training took.",
    "incentive": "激励 What was granted.",
    "period": "考核期 The year or quarter, as in 2026 or 2026-Q1.",
    "person": "人员 The person on a roster.",
    "place": "位置 The code of the division or grid that it lies in or belongs to.",
    "points": "得分 Points of the appraisal, from 1 to 100; to those who handle matters there, and auditors.",
    "post_kind": "岗位 The kind of post.",
    "rung": "职业梯次 The rung of the career ladder.",
    "standing": "街片长身份 What a sector's chief is besides; null for every other post.",
    "training_tier": "培训层级 Who gave the training.",
    "unit": "所属单元 The sector or office that the post belongs to; null for a post of the place itself.",
    "care_group": "重点群体 The priority group.",
    "corrects": "更正条目 The number of the line whose words these replace.",
    "diary_topic": "日志主题 What the entry is about.",
    "element_kind": "要素类别 Of the five kinds, which one it is.",
    "entry": "记录 The entry of the register that was read.",
    "exit_reason": "退出事由 Why the person left the ledger.",
    "purpose": "查阅目的 For what the words were read.",
    "register": "专册 Which register was read.",
    "resource_source": "资源来源 From the government, society or the community.",
    "whom": "对象 Whom the entry is about.",
    "words": "记录内容 What was written in the register.",
}
"""What a field stands for: the same name stands for the same thing in every type."""


def fields_of(kind: type[Event]) -> dict[str, str]:
    """The fields of an event type in the order of their writing, each with its type as JSON has it."""
    hints = get_type_hints(kind).items()
    return {name: _type(hint) for name, hint in hints if name.islower() and name not in _BESIDE}


def _type(hint: Any) -> str:
    if get_origin(hint) in (Union, types.UnionType):
        inner = [part for part in get_args(hint) if part is not type(None)]
        said = "personal text" if PersonalText in inner else _type(inner[0])
        return said + (" or null" if type(None) in get_args(hint) else "")
    if get_origin(hint) is list:
        return f"list of {_type(get_args(hint)[0])}"
    return _KINDS.get(getattr(hint, "__name__", ""), "JSON object")
