"""Who may set up what a place has, and keep its registers. Case steps have their own table."""

from chuishao.domain.actor import Actor, authorise
from chuishao.domain.term import Term
from chuishao.domain.vocabulary import Role

_GRID_HANDS = frozenset({Role.GRID_WORKER, Role.GRID_LEADER, Role.COMMUNITY_STAFF})
ADMINISTRATORS = frozenset({Role.ADMINISTRATOR})
ELECTION_WORKERS = frozenset({Role.COMMUNITY_STAFF, Role.STREET_OFFICER})
TERRITORY_KEEPERS = frozenset({Role.STREET_OFFICER, Role.ADMINISTRATOR})
GRID_KEEPERS = frozenset({Role.COMMUNITY_STAFF, Role.STREET_OFFICER, Role.ADMINISTRATOR})
APPOINTERS = frozenset({Role.STREET_OFFICER, Role.ADMINISTRATOR})
WALKERS = frozenset({Role.GRID_WORKER, Role.GRID_LEADER, Role.COMMUNITY_STAFF})
CHAIRS = frozenset({Role.COMMUNITY_STAFF, Role.STREET_OFFICER})
CONVENERS = CHAIRS | {Role.GRID_LEADER}


class Setup(Term):
    """建制操作 What may be set up, and what else is for few."""

    KEEP_DIVISIONS = "KEEP_DIVISIONS", "区划管理", "register, rename, recode and abolish divisions"
    KEEP_DEPARTMENTS = "KEEP_DEPARTMENTS", "部门管理", "establish, rename and abolish departments"
    ADOPT_POLICY = "ADOPT_POLICY", "政策管理", "adopt a policy"
    ANNOUNCE_WORKDAYS = "ANNOUNCE_WORKDAYS", "公布工作日", "announce working days and days off"
    KEEP_GRIDS = "KEEP_GRIDS", "网格管理", "draw, redraw and retire grids"
    KEEP_WORKERS = "KEEP_WORKERS", "网格员管理", "register, assign and relieve grid workers"
    PUBLISH_CONTACT = "PUBLISH_CONTACT", "公示", "publish a grid worker's contact"
    ERASE = "ERASE", "删除个人信息", "erase what is kept about a person; with a scope of everywhere"
    KEEP_PEOPLE = "KEEP_PEOPLE", "人员管理", "register persons, record their rungs and trainings"
    APPRAISE = "APPRAISE", "综合考核", "appraise persons and grant incentives"
    FILL_POSTS = "FILL_POSTS", "任免", "fill and vacate posts of zones, committees, sectors and offices"
    FILL_GRID_POSTS = "FILL_GRID_POSTS", "网格任用", "fill and vacate posts of grid leaders and helpers"
    CERTIFY_ELECTIONS = (
        "CERTIFY_ELECTIONS",
        "换届指导",
        "call, certify and void elections, and record recalls and vacancies",
    )
    CONDUCT_ELECTIONS = (
        "CONDUCT_ELECTIONS",
        "换届组织",
        "register voters, screen candidates, hold and count ballots",
    )
    KEEP_ELEMENTS = "KEEP_ELEMENTS", "要素管理", "register, correct and retire the elements of a grid"
    KEEP_CARE = (
        "KEEP_CARE",
        "台账管理",
        "enrol, record needs, correct and let exit in the care ledger",
    )
    MATCH_RESOURCE = "MATCH_RESOURCE", "资源对接", "find a resource for a need"
    READ_CARE = "READ_CARE", "台账查阅", "read the words of the care ledger, each time for a purpose"
    KEEP_DIARY = "KEEP_DIARY", "记录日志", "write and correct the diary"
    READ_DIARY = "READ_DIARY", "日志查阅", "read the words of the diary, each time for a purpose"
    PATROL = "PATROL", "巡查走访", "walk patrols and log their visits"
    KEEP_WATCH = "KEEP_WATCH", "守望管理", "put households on the watch list and take them off"
    LOOK_IN = "LOOK_IN", "守望查看", "look in on a household; a resident, where they are the neighbour named"
    RECORD_MISSED_CHECK = "RECORD_MISSED_CHECK", "登记漏查", "raise the concern of a check that was not made"
    RUN_CAMPAIGNS = "RUN_CAMPAIGNS", "排查管理", "open, extend and close campaigns"
    SCREEN = "SCREEN", "入户排查", "knock at doors for a campaign and screen people"
    LOG_DUTY = "LOG_DUTY", "管家履职", "log an alley steward's duties; a resident, their own"
    KEEP_TERRITORY = (
        "KEEP_TERRITORY",
        "地域管理",
        "keep zones, sectors, street offices, coverage gaps, enclaves",
    )
    SETTLE_ENCLAVES = (
        "SETTLE_ENCLAVES",
        "飞地治理",
        "change boundaries and transfer jurisdiction; both sides in scope",
    )
    HOLD_MEETING = "HOLD_MEETING", "工作例会", "hold work meetings and keep their resolutions"
    DELIBERATE = "DELIBERATE", "议事协商", "convene deliberations and record what comes of them"
    COORDINATE = "COORDINATE", "协同", "order units to take part, and answer for those without an account"
    INVITE = "INVITE", "“日日清”约请", "invite units to clear a matter on the day"
    ANSWER_FOR_UNIT = "ANSWER_FOR_UNIT", "单位答复", "answer orders and invitations for one's own unit"
    EXERCISE_POWERS = "EXERCISE_POWERS", "街道赋权", "exercise the powers of one's own street"
    ANSWER_ADVICE = "ANSWER_ADVICE", "答复建议", "answer a street's advice for the department or body advised"
    KEEP_DUTY_LIST = "KEEP_DUTY_LIST", "街道职责", "keep the duty lists of streets"
    KEEP_BURDEN = "KEEP_BURDEN", "社区减负增效", "admit, refuse and end what communities are asked to do"
    KEEP_PROPOSALS = "KEEP_PROPOSALS", "代表建议", "receive and assign deputies' proposals and record ratings"
    ANSWER_PROPOSAL = "ANSWER_PROPOSAL", "答复代表建议", "answer a proposal for the unit it is assigned to"


MAY_SET_UP: dict[Setup, frozenset[Role]] = {
    Setup.KEEP_DIVISIONS: ADMINISTRATORS,
    Setup.KEEP_DEPARTMENTS: ADMINISTRATORS,
    Setup.ADOPT_POLICY: ADMINISTRATORS,
    Setup.ANNOUNCE_WORKDAYS: ADMINISTRATORS,
    Setup.KEEP_GRIDS: GRID_KEEPERS,
    Setup.KEEP_WORKERS: GRID_KEEPERS,
    Setup.PUBLISH_CONTACT: GRID_KEEPERS | {Role.GRID_WORKER},
    Setup.ERASE: ADMINISTRATORS,
    Setup.KEEP_PEOPLE: GRID_KEEPERS,
    Setup.APPRAISE: APPOINTERS,
    Setup.FILL_POSTS: APPOINTERS,
    Setup.FILL_GRID_POSTS: GRID_KEEPERS,
    Setup.CERTIFY_ELECTIONS: frozenset({Role.STREET_OFFICER}),
    Setup.CONDUCT_ELECTIONS: ELECTION_WORKERS,
    Setup.KEEP_ELEMENTS: _GRID_HANDS | {Role.STREET_OFFICER},
    Setup.KEEP_CARE: _GRID_HANDS | {Role.STREET_OFFICER},
    Setup.MATCH_RESOURCE: _GRID_HANDS | {Role.SECTOR_CHIEF, Role.STREET_OFFICER},
    Setup.READ_CARE: _GRID_HANDS | {Role.SECTOR_CHIEF, Role.STREET_OFFICER},
    Setup.KEEP_DIARY: _GRID_HANDS,
    Setup.READ_DIARY: _GRID_HANDS | {Role.SECTOR_CHIEF, Role.STREET_OFFICER},
    Setup.PATROL: WALKERS | {Role.SECTOR_CHIEF},
    Setup.KEEP_WATCH: WALKERS,
    Setup.LOOK_IN: WALKERS | {Role.RESIDENT},
    Setup.RECORD_MISSED_CHECK: WALKERS | ADMINISTRATORS,
    Setup.RUN_CAMPAIGNS: frozenset({Role.COMMUNITY_STAFF, Role.STREET_OFFICER}),
    Setup.SCREEN: WALKERS,
    Setup.LOG_DUTY: WALKERS | {Role.RESIDENT},
    Setup.KEEP_TERRITORY: TERRITORY_KEEPERS,
    Setup.SETTLE_ENCLAVES: ADMINISTRATORS,
    Setup.HOLD_MEETING: CHAIRS,
    Setup.DELIBERATE: CONVENERS,
    Setup.COORDINATE: CONVENERS,
    Setup.INVITE: CONVENERS,
    Setup.ANSWER_FOR_UNIT: CONVENERS | {Role.DEPARTMENT_OFFICER},
    Setup.EXERCISE_POWERS: frozenset({Role.STREET_OFFICER}),
    Setup.ANSWER_ADVICE: frozenset({Role.DEPARTMENT_OFFICER, Role.ADMINISTRATOR}),
    Setup.KEEP_DUTY_LIST: TERRITORY_KEEPERS,
    Setup.KEEP_BURDEN: CHAIRS,
    Setup.KEEP_PROPOSALS: TERRITORY_KEEPERS,
    Setup.ANSWER_PROPOSAL: TERRITORY_KEEPERS | {Role.DEPARTMENT_OFFICER},
}


def require_setup(actor: Actor, what: Setup, place: str, *path: str) -> None:
    """Refuse an actor who may not set this up here."""
    authorise(actor, what, MAY_SET_UP[what], place, *path)
