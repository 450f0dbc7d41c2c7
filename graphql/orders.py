"""排序 In which orders lists are read; each is total, so that a cursor stands for one place in it."""

from __future__ import annotations

from chuishao.domain.term import Term
from chuishao.graphql.enums import register
from chuishao.projections.paging import Order

_NUMBER = ("number", "bigint")
_ID = ("id", "uuid")
_CODE = ("code", "text")


class CaseOrder(Term):
    """案件排序 How cases are ordered."""

    NEWEST = "NEWEST", "最新", "The last reported first."
    OLDEST = "OLDEST", "最早", "The first reported first."
    DUE_FIRST = "DUE_FIRST", "期限", "The earliest limit first, those without one last."
    LATEST_CHANGE = "LATEST_CHANGE", "最近变动", "The last changed first."


class WhistleOrder(Term):
    """哨件排序 How whistles are ordered."""

    NEWEST = "NEWEST", "最新", "The last blown first."
    OLDEST = "OLDEST", "最早", "The first blown first."
    CHECK_IN_DUE_FIRST = (
        "CHECK_IN_DUE_FIRST",
        "报到期限",
        "The earliest awaited check-in first, those that await none last.",
    )
    LATEST_CHANGE = "LATEST_CHANGE", "最近变动", "The last changed first."


class GridOrder(Term):
    """网格排序 How grids are ordered."""

    CODE = "CODE", "代码", "By code."
    NAME = "NAME", "名称", "By name, character by character."
    LONGEST_VACANT = "LONGEST_VACANT", "空缺最久", "The longest without a worker first, those with one last."


class WorkerOrder(Term):
    """网格员排序 How grid workers are ordered."""

    COMMUNITY = "COMMUNITY", "社区", "By community."
    LABEL = "LABEL", "编号", "By label, character by character."


class DepartmentOrder(Term):
    """部门排序 How departments are ordered."""

    DIVISION = "DIVISION", "区划", "By division."
    NAME = "NAME", "名称", "By name, character by character."


for _term in (CaseOrder, WhistleOrder, GridOrder, WorkerOrder, DepartmentOrder):
    register(_term, _term.__name__, _term.__doc__ or "")


def _last_or(column: str) -> tuple[str, str]:
    """A time whose rows without one come last."""
    return (f"coalesce({column}, 'infinity')", "timestamptz")


CASE_ORDERS = {
    CaseOrder.NEWEST: Order("NEWEST", (_NUMBER,), descending=True),
    CaseOrder.OLDEST: Order("OLDEST", (_NUMBER,)),
    CaseOrder.DUE_FIRST: Order("DUE_FIRST", (_last_or("due_at"), _NUMBER)),
    CaseOrder.LATEST_CHANGE: Order("LATEST_CHANGE", (("position", "bigint"),), descending=True),
}
WHISTLE_ORDERS = {
    WhistleOrder.NEWEST: Order("WHISTLES", (_NUMBER,), descending=True),
    WhistleOrder.OLDEST: Order("OLDEST_WHISTLES", (_NUMBER,)),
    WhistleOrder.CHECK_IN_DUE_FIRST: Order("CHECK_IN_DUE_FIRST", (_last_or("check_in_due_at"), _NUMBER)),
    WhistleOrder.LATEST_CHANGE: Order("CHANGED_WHISTLES", (("position", "bigint"),), descending=True),
}
GRID_ORDERS = {
    GridOrder.CODE: Order("GRIDS", (_CODE,)),
    GridOrder.NAME: Order("GRID_NAME", (("name", "text"), _CODE)),
    GridOrder.LONGEST_VACANT: Order("LONGEST_VACANT", (_last_or("vacant_since"), _CODE)),
}
WORKER_ORDERS = {
    WorkerOrder.COMMUNITY: Order("COMMUNITY", (("community", "text"), _ID)),
    WorkerOrder.LABEL: Order("LABEL", (("label", "text"), _ID)),
}
DEPARTMENT_ORDERS = {
    DepartmentOrder.DIVISION: Order("DIVISION", (("division", "text"), _ID)),
    DepartmentOrder.NAME: Order("DEPARTMENT_NAME", (("name", "text"), _ID)),
}
DIVISIONS_BY_CODE = Order("DIVISIONS", (_CODE,))
