"""Every aggregate and, through their modules, every event type. Importing this registers all topics."""

from typing import Any

from chuishao.domain.case import Case
from chuishao.domain.department import Department
from chuishao.domain.division import Division, DivisionCode
from chuishao.domain.erasure import Erasure
from chuishao.domain.event import EVENT_TYPES
from chuishao.domain.grid import ServiceGrid
from chuishao.domain.phrase import Phrase
from chuishao.domain.policy import Policies
from chuishao.domain.whistle import Whistle
from chuishao.domain.worker import GridWorker

AGGREGATES: dict[type[Any], Phrase] = {
    Case: Phrase("case", "案件"),
    Whistle: Phrase("whistle", "哨件"),
    Division: Phrase("division", "区划"),
    DivisionCode: Phrase("division code", "区划代码"),
    ServiceGrid: Phrase("grid", "网格"),
    GridWorker: Phrase("grid worker", "网格员"),
    Department: Phrase("department", "部门"),
    Policies: Phrase("policies", "政策"),
    Erasure: Phrase("erasure", "删除记录"),
}
"""Every aggregate and what a person calls it."""

__all__ = ["AGGREGATES", "EVENT_TYPES"]
