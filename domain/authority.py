"""Who may set up divisions, grids, workers, departments and policies. Case steps have their own table."""

from chuishao.domain.actor import Actor, authorise
from chuishao.domain.term import Term
from chuishao.domain.vocabulary import Role

ADMINISTRATORS = frozenset({Role.ADMINISTRATOR})
GRID_KEEPERS = frozenset({Role.COMMUNITY_STAFF, Role.STREET_OFFICER, Role.ADMINISTRATOR})


class Setup(Term):
    """建制操作 What may be set up, and what else is for few."""

    KEEP_DIVISIONS = "KEEP_DIVISIONS", "区划管理", "register, rename, recode and abolish divisions"
    KEEP_DEPARTMENTS = "KEEP_DEPARTMENTS", "部门管理", "establish, rename and abolish departments"
    ADOPT_POLICY = "ADOPT_POLICY", "政策管理", "adopt a policy"
    KEEP_GRIDS = "KEEP_GRIDS", "网格管理", "draw, redraw and retire grids"
    KEEP_WORKERS = "KEEP_WORKERS", "网格员管理", "register, assign and relieve grid workers"
    PUBLISH_CONTACT = "PUBLISH_CONTACT", "公示", "publish a grid worker's contact"
    ERASE = "ERASE", "删除个人信息", "erase what is kept about a person; with a scope of everywhere"


MAY_SET_UP: dict[Setup, frozenset[Role]] = {
    Setup.KEEP_DIVISIONS: ADMINISTRATORS,
    Setup.KEEP_DEPARTMENTS: ADMINISTRATORS,
    Setup.ADOPT_POLICY: ADMINISTRATORS,
    Setup.KEEP_GRIDS: GRID_KEEPERS,
    Setup.KEEP_WORKERS: GRID_KEEPERS,
    Setup.PUBLISH_CONTACT: GRID_KEEPERS | {Role.GRID_WORKER},
    Setup.ERASE: ADMINISTRATORS,
}


def require_setup(actor: Actor, what: Setup, place: str, *path: str) -> None:
    """Refuse an actor who may not set this up here."""
    authorise(actor, what, MAY_SET_UP[what], place, *path)
