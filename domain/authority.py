"""Who may set up divisions, grids, workers, departments and policies. Case steps have their own table."""

from chuishao.domain.actor import Actor, authorise
from chuishao.domain.term import Term
from chuishao.domain.vocabulary import Role

ADMINISTRATORS = frozenset({Role.ADMINISTRATOR})
GRID_KEEPERS = frozenset({Role.COMMUNITY_STAFF, Role.STREET_OFFICER, Role.ADMINISTRATOR})
APPOINTERS = frozenset({Role.STREET_OFFICER, Role.ADMINISTRATOR})
WALKERS = frozenset({Role.GRID_WORKER, Role.GRID_LEADER, Role.COMMUNITY_STAFF})


class Setup(Term):
    """建制操作 What may be set up, and what else is for few."""

    KEEP_DIVISIONS = "KEEP_DIVISIONS", "区划管理", "register, rename, recode and abolish divisions"
    KEEP_DEPARTMENTS = "KEEP_DEPARTMENTS", "部门管理", "establish, rename and abolish departments"
    ADOPT_POLICY = "ADOPT_POLICY", "政策管理", "adopt a policy"
    KEEP_GRIDS = "KEEP_GRIDS", "网格管理", "draw, redraw and retire grids"
    KEEP_WORKERS = "KEEP_WORKERS", "网格员管理", "register, assign and relieve grid workers"
    PUBLISH_CONTACT = "PUBLISH_CONTACT", "公示", "publish a grid worker's contact"
    ERASE = "ERASE", "删除个人信息", "erase what is kept about a person; with a scope of everywhere"
    KEEP_PEOPLE = "KEEP_PEOPLE", "人员管理", "register persons, record their rungs and trainings"
    APPRAISE = "APPRAISE", "综合考核", "appraise persons and grant incentives"
    FILL_POSTS = "FILL_POSTS", "任免", "fill and vacate posts of zones, committees, sectors and offices"
    FILL_GRID_POSTS = "FILL_GRID_POSTS", "网格任用", "fill and vacate posts of grid leaders and helpers"
    PATROL = "PATROL", "巡查走访", "walk patrols and log their visits"
    KEEP_WATCH = "KEEP_WATCH", "守望管理", "put households on the watch list and take them off"
    LOOK_IN = "LOOK_IN", "守望查看", "look in on a household; a resident, where they are the neighbour named"
    RECORD_MISSED_CHECK = "RECORD_MISSED_CHECK", "登记漏查", "raise the concern of a check that was not made"
    RUN_CAMPAIGNS = "RUN_CAMPAIGNS", "排查管理", "open, extend and close campaigns"
    SCREEN = "SCREEN", "入户排查", "knock at doors for a campaign and screen people"
    LOG_DUTY = "LOG_DUTY", "管家履职", "log an alley steward's duties; a resident, their own"


MAY_SET_UP: dict[Setup, frozenset[Role]] = {
    Setup.KEEP_DIVISIONS: ADMINISTRATORS,
    Setup.KEEP_DEPARTMENTS: ADMINISTRATORS,
    Setup.ADOPT_POLICY: ADMINISTRATORS,
    Setup.KEEP_GRIDS: GRID_KEEPERS,
    Setup.KEEP_WORKERS: GRID_KEEPERS,
    Setup.PUBLISH_CONTACT: GRID_KEEPERS | {Role.GRID_WORKER},
    Setup.ERASE: ADMINISTRATORS,
    Setup.KEEP_PEOPLE: GRID_KEEPERS,
    Setup.APPRAISE: APPOINTERS,
    Setup.FILL_POSTS: APPOINTERS,
    Setup.FILL_GRID_POSTS: GRID_KEEPERS,
    Setup.PATROL: WALKERS | {Role.SECTOR_CHIEF},
    Setup.KEEP_WATCH: WALKERS,
    Setup.LOOK_IN: WALKERS | {Role.RESIDENT},
    Setup.RECORD_MISSED_CHECK: WALKERS | ADMINISTRATORS,
    Setup.RUN_CAMPAIGNS: frozenset({Role.COMMUNITY_STAFF, Role.STREET_OFFICER}),
    Setup.SCREEN: WALKERS,
    Setup.LOG_DUTY: WALKERS | {Role.RESIDENT},
}


def require_setup(actor: Actor, what: Setup, place: str, *path: str) -> None:
    """Refuse an actor who may not set this up here."""
    authorise(actor, what, MAY_SET_UP[what], place, *path)
