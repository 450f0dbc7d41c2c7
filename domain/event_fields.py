"""字段 What the events of each type hold, field by field: the storage format as its readers see it."""

from __future__ import annotations

import types
from typing import Any, Union, get_args, get_origin, get_type_hints

from chuishao.domain.event import Event, PersonalText

_BESIDE = frozenset({"originator_topic", *get_type_hints(Event)})
"""What every event has, and what says only which aggregate begins."""
_KINDS = {"str": "text", "int": "integer", "bool": "true or false", "UUID": "identifier", "date": "date"}

MEANINGS: dict[str, str] = {
    "address": "地址 Where it is, in words.",
    "anonymous": "匿名 Whether neither name nor telephone of the reporter was given.",
    "answered": "是否响应 Whether anybody answered the resident.",
    "assignee": "经办人 The person it was given to, if one was named.",
    "by": "办理人 Who did it.",
    "case": "案件 The other case; of a whistle, the case it was blown on.",
    "category": "类别 The code of the category, from the policy in force.",
    "code": "代码 The code of the division (2, 6, 9 or 12 digits) or of the grid (community code-Gnnn).",
    "comment": "意见 What was said beside the rating.",
    "community": "社区 The code of the community.",
    "contact": "联系方式 How residents reach the worker.",
    "department": "部门 The department summoned.",
    "division": "区划 The code of the division it belongs to; of a claimed code, the division that bears it.",
    "document": "政策文本 The whole policy: version, date of effect, limits, calendar, categories.",
    "effective_from": "生效日期 The first day, as year-month-day.",
    "follow_up": "回访 Whether somebody asked the resident, who had not rated of their own accord.",
    "grid": "网格 The code of the grid; null where it is not known.",
    "ground": "删除事由 On which legal ground.",
    "grounds": "吹哨理由 Why the departments are needed.",
    "holder": "承办单位 The code of the place that answers for the case.",
    "households": "户数 How many households.",
    "identity": "原标识 Under which identity the words were kept until now. Not in `Event.data`.",
    "into": "并入案件 The case that carries it from now on.",
    "item": "事项 The number of the item, from 1 as they were listed.",
    "items": "事项 What has to be settled on site.",
    "kind": "吹哨类别 The kind of whistle.",
    "label": "称谓 Role and number, the only name shown without need.",
    "lead": "牵头部门 The department that leads; null where the street does.",
    "level": "级别 The level of the division.",
    "linkage": "联动机制 The linkage mechanism that it calls for.",
    "name": "名称 The name.",
    "note": "备注 A remark between those who handle the case.",
    "of": "原案件 The case that it is the same report as.",
    "out_of": "原并入案件 The case that carried it until now.",
    "parent": "上级 The division one level up; of a case split off, the case it was split from.",
    "parts": "拆分案件 The cases that go on.",
    "reason": "理由 Why.",
    "reporter_name": "反映人姓名 The name of the reporter.",
    "reporter_phone": "反映人电话 The telephone number of the reporter.",
    "result": "处理结果 What was done.",
    "rule": "规则 Which limit of which policy was missed.",
    "satisfied": "满意度 How satisfied, from 1 to 5.",
    "score": "评分 From 1 to 5.",
    "severity": "严重程度 How severe.",
    "solved": "是否解决 Whether the matter was solved.",
    "street": "街镇 The code of the street or town that blew.",
    "subject": "当事人 Whom the personal texts are about: whose key seals them. Not in `Event.data`.",
    "synthetic": "虚拟数据 Whether the number of households is made up for a demonstration.",
    "text": "诉求内容 What was reported, in words.",
    "tier": "办理层级 The tier that holds it; of a return, the one that gave it back.",
    "whistle": "哨件 The whistle; of a resolution, null where no whistle led to it.",
    "worker": "网格员 The worker.",
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
