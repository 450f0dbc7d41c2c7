"""The closed lists of territory."""

from chuishao.domain.term import Term


class GapRemedy(Term):
    """覆盖方式 How a coverage gap was closed."""

    COMMITTEE_FOUNDED = "COMMITTEE_FOUNDED", "新建居委会", "a residents' committee was founded"
    ABSORBED_BY_NEIGHBOUR = "ABSORBED_BY_NEIGHBOUR", "纳入临近社区管理", "a neighbouring community took it in"


class EnclaveRemedy(Term):
    """飞地治理方式 How land and jurisdiction come together; whether they adjoin says which."""

    BOUNDARY_CHANGE = "BOUNDARY_CHANGE", "变更行政区域界线", "adjoining: the boundary moves, the holder stays"
    JURISDICTION_TRANSFER = (
        "JURISDICTION_TRANSFER",
        "移交管辖权",
        "not adjoining: jurisdiction goes to where the land lies",
    )


class SplitState(Term):
    """拆分状态 How far the split of a community is."""

    PLANNED = "PLANNED", "已拟定", "planned, not carried out"
    GIVEN_UP = "GIVEN_UP", "已放弃", "given up; may be planned anew"
    DIVIDED = "DIVIDED", "已实施", "carried out: its parts took its place"
