"""Links: how rows of one read model are found from a value of another row, or of an argument.

They are said once. The loaders of the ordinary executor read by them, many values in one statement, and
compiled reads join by them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import Any, TypeAlias

from chuishao.domain.division import Level
from chuishao.domain.sight import Reader
from chuishao.eventlog.connection import Connection
from chuishao.projections import (
    campaigns,
    care,
    command_board,
    committees,
    duties,
    elections,
    history,
    loops,
    measures,
    patrols,
    people,
    posts,
    powers,
    proposals,
    tallies,
    watches,
)
from chuishao.projections.burdens import BURDENS, TASKS
from chuishao.projections.care import ENTRIES as CARE_ENTRIES
from chuishao.projections.cases import CASES
from chuishao.projections.coordination import ORDERS
from chuishao.projections.coverage import GAPS
from chuishao.projections.deliberations import DELIBERATIONS, OPINIONS
from chuishao.projections.departments import DEPARTMENTS
from chuishao.projections.diary import ENTRIES as DIARY_ENTRIES
from chuishao.projections.divisions import DIVISIONS, NAMES
from chuishao.projections.duty_lists import ITEMS as DUTY_ITEMS
from chuishao.projections.duty_lists import LISTS as DUTY_LISTS
from chuishao.projections.elements import COVERAGE as ELEMENT_COVERAGE
from chuishao.projections.elements import ELEMENTS
from chuishao.projections.enclaves import ENCLAVES, HOLDINGS, Holding
from chuishao.projections.funds import ALLOCATIONS, FUNDS, RETURNS
from chuishao.projections.grids import GRIDS
from chuishao.projections.invitations import CARRIES, INVITATIONS
from chuishao.projections.lines import LINES
from chuishao.projections.looks import LOOKS
from chuishao.projections.meetings import MEETINGS, RESOLUTIONS
from chuishao.projections.offices import OFFICES, UNITS
from chuishao.projections.paging import Where
from chuishao.projections.requests import REQUESTS
from chuishao.projections.sectors import MEMBERS, SECTORS
from chuishao.projections.sight import case_seen, minutes_seen, order_seen, register_seen, seen
from chuishao.projections.splits import PARTS as PARTS_OF_SPLITS
from chuishao.projections.splits import SPLITS
from chuishao.projections.table import Table
from chuishao.projections.whistles import ITEMS, LEAGUE, SUMMONS, WHISTLES, Standing
from chuishao.projections.workers import WORKERS
from chuishao.projections.zones import POWERS, ZONES

Seen: TypeAlias = Callable[[Where, Reader, str], None]
"""Adds the condition that the reader sees a row that is known by an alias."""
Load: TypeAlias = Callable[[Connection, int, Sequence[Any]], Awaitable[dict[Any, Any]]]
"""What there is for keys, in a log; every key is in the answer."""


@dataclass(frozen=True, eq=False)
class Link:
    """Rows of `source`, a qualified table described by `table`, by the value of `column`.


    Without an order there is at most one row for a value. `{log}` in a source stands for the number of the
    log. `expressions` gives what is no plain column as SQL over `{row}`, the alias, and `types` its SQL type,
    as far as PostgreSQL may write it as JSON. `load` reads for the executor where one statement over the
    table would not do.
    `absent`: there is always a row, though it may not be stored; the expressions say what it holds then.
    """

    table: Table[Any]
    source: str
    column: str
    order: tuple[str, ...] = ()
    seen: Seen | None = None
    expressions: Mapping[str, str] = field(default_factory=dict)
    types: Mapping[str, str] = field(default_factory=dict)
    load: Load | None = None
    absent: bool = False

    @property
    def many(self) -> bool:
        """Whether a value may have several rows."""
        return bool(self.order)

    def type(self, name: str) -> str | None:
        """The SQL type of what a row says under a name, where it is known."""
        return self.types.get(name) if name in self.expressions else self._columns.get(name)

    @cached_property
    def _columns(self) -> Mapping[str, str]:
        return {**self.table.types, **self.types}

    def sql(self, name: str, row: str) -> str:
        """What a row, known by an alias, says under a name."""
        expression = self.expressions.get(name)
        return f"{row}.{name}" if expression is None else expression.replace("{row}", row)


def _of_seen_case(where: Where, reader: Reader, row: str) -> None:
    case_seen(where, reader, f"{row}.case_id")


def _of_seen_grid(where: Where, reader: Reader, row: str) -> None:
    register_seen(where, reader, f"{row}.grid")


def _of_seen_place(where: Where, reader: Reader, row: str) -> None:
    register_seen(where, reader, f"{row}.place")


async def _tallies(connection: Connection, _log: int, places: Sequence[str]) -> dict[str, tallies.Tally]:
    return await tallies.of_places(connection, places)


async def _worker_tallies(
    connection: Connection, _log: int, workers: Sequence[str]
) -> dict[str, tallies.Tally]:
    return await tallies.of_workers(connection, workers)


def _parent() -> str:
    """The code one level above a division's."""
    steps = (
        f"WHEN {below.digits} THEN left({{row}}.code, {above.digits})" for above, below in pairwise(Level)
    )
    return f"CASE length({{row}}.code) {' '.join(steps)} END"


@dataclass(frozen=True)
class _Place:
    place: str


_COUNTS = {name: f"coalesce({{row}}.counts[{number + 1}], 0)" for name, number in tallies.FIELDS.items()}
_COUNT_TYPES = dict.fromkeys(tallies.FIELDS, "bigint")
_TALLIES = Table("tally", _Place, key=("place",))
_DIVISIONS = {"parent_code": _parent()}
_DIVISION_TYPES = {"parent_code": "text"}
_META = ("actor", "role", "unit", "scope", "place")
_RECORDED = {name: f"({{row}}.meta->>'{name}')" for name in _META} | {
    "log": "{log}",
    "event_id": "{row}.event_id::text",
    "correlation": "{row}.correlation::text",
    "stored_meta": "{row}.meta",
    "command": "({row}.meta->>'command')::uuid::text",
    "causation": "({row}.meta->>'causation')::uuid::text",
    "meta_correlation": "({row}.meta->>'correlation')::uuid::text",
}
_RECORDED_TYPES = dict.fromkeys(_META, "text") | {
    "version": "integer",
    "schema_version": "integer",
    "recorded_at": "timestamptz",
}

STANDING = Link(Table("standing", Standing), LEAGUE, "department")
"""The lines of the league table; not found from anything, but listed."""
CASE = Link(CASES, "cases.case_row", "id", seen=seen)
"""A case by its identifier; none where the reader does not see it."""
JOINED = Link(CASES, "cases.case_row", "joined", ("number",), seen=seen)
"""The cases joined to a case, as far as the reader sees them: merged into it, or duplicates of it."""
PARTS = Link(CASES, "cases.case_row", "split_from", ("number",), seen=seen)
"""The cases that a case was split into."""
WHISTLE = Link(WHISTLES, "whistles.whistle", "id", seen=_of_seen_case)
"""A whistle by its identifier; none where the reader does not see its case."""
WHISTLES_OF_CASE = Link(WHISTLES, "whistles.whistle", "case_id", ("number",), seen=_of_seen_case)
"""The whistles blown on a case."""
SUMMONSES = Link(SUMMONS, "whistles.summons", "whistle", ("summoned_at", "department", "number"))
"""The summonses of a whistle."""
REQUESTS_OF_CASE = Link(REQUESTS, "cases.case_request", "case_id", ("number",))
"""What was asked for in a case, the first first."""
ITEMS_OF_WHISTLE = Link(ITEMS, "whistles.item", "whistle", ("number",))
"""The items of a whistle's on-site meeting."""
GRID = Link(GRIDS, "grids.grid", "code")
"""A grid by its code."""
GRID_BY_ID = Link(GRIDS, "grids.grid", "id")
"""A grid by its identifier."""
GRIDS_OF_COMMUNITY = Link(GRIDS, "grids.grid", "community", ("code",))
"""The grids of a community, retired ones too."""
WORKER = Link(WORKERS, "workers.worker", "id")
"""A worker by the identifier."""
DEPARTMENT = Link(DEPARTMENTS, "departments.department", "id")
"""A department by its identifier."""
DIVISION = Link(DIVISIONS, "divisions.division", "code", expressions=_DIVISIONS, types=_DIVISION_TYPES)
"""A division by the code it bears now."""
DIVISION_BY_ID = Link(DIVISIONS, "divisions.division", "id", expressions=_DIVISIONS, types=_DIVISION_TYPES)
"""A division by its identifier."""
DIVISIONS_BELOW = Link(
    DIVISIONS,
    "divisions.division",
    "parent",
    ("code",),
    expressions=_DIVISIONS,
    types=_DIVISION_TYPES,
)
"""The divisions one level below a division."""
NAMES_OF_DIVISION = Link(NAMES, "divisions.name", "division", ("position",))
"""The names and codes of a division by date."""
TALLY = Link(
    _TALLIES, "tallies.tally", "place",
    expressions=_COUNTS, types=_COUNT_TYPES, load=_tallies, absent=True,
)  # fmt: skip
"""The tally of a place."""
WORKER_TALLY = Link(
    _TALLIES, "tallies.worker_tally", "place",
    expressions=_COUNTS, types=_COUNT_TYPES, load=_worker_tallies, absent=True,
)  # fmt: skip
"""The tally of what is assigned to an actor."""
TRACE = Link(
    history.ENTRIES,
    history.RECORDED,
    "case_id",
    ("position",),
    expressions=_RECORDED,
    types=_RECORDED_TYPES,
    load=history.traces,
)
"""The history of a case, with the events as recorded."""
HELD = Link(history.ENTRIES, "history.entry", "case_id", ("position",))
"""The history of a case without the events: who held it."""
PERSON = Link(people.PERSONS, "people.person", "id")
"""A person by the identifier."""
TRAININGS_OF_PERSON = Link(people.TRAININGS, "people.training", "person", ("number",))
"""The trainings of a person."""
APPRAISALS_OF_PERSON = Link(people.APPRAISALS, "people.appraisal", "person", ("period",))
"""The appraisals of a person."""
APPRAISAL = Link(people.APPRAISALS, "people.appraisal", "id")
"""An appraisal; listed."""
INCENTIVES = Link(people.INCENTIVES, "people.incentive", "appraisal", ("position",))
"""What was granted after an appraisal."""
LADDER = Link(Table("ladder", people.RungCount), people.LADDER, "rank")
"""The rungs of the career ladder with those who stand on them; listed."""
TRAINING_HOURS = Link(Table("training_hours", people.TierHours), people.HOURS, "rank")
"""The tiers of training with their hours; listed."""
POST = Link(posts.POSTS, "posts.post", "id")
"""A post by its identifier."""
TENURE = Link(posts.TENURES, "posts.tenure", "id")
"""A tenure; listed."""
TENURES_OF_POST = Link(posts.TENURES, "posts.tenure", "post", ("number",))
"""Who held a post, one after the other."""
TENURES_OF_PERSON = Link(posts.TENURES, "posts.tenure", "person", ("since", "id"))
"""The posts that a person held, in the order of taking them up."""
LEADERSHIP = Link(posts.LEADERSHIPS, "posts.leadership", "id")
"""Who leads a community; listed."""
COVERAGE = Link(Table("coverage", posts.Coverage), posts.COVERAGE, "place")
"""How many communities of a division one person leads; listed."""
CROSS_APPOINTMENTS = Link(Table("cross", posts.CrossAppointment), posts.CROSS, "month")
"""How many are in both committees, month by month; listed."""
ELECTION = Link(elections.ELECTIONS, "elections.election", "id")
"""An election by its identifier."""
CONTESTS_OF_ELECTION = Link(elections.CONTESTS, "elections.contest", "election", ("number",))
"""The seats of an election by office."""
CANDIDATES_OF_ELECTION = Link(elections.CANDIDATES, "elections.candidate", "election", ("number",))
"""Who stands in an election."""
TURNOUT_BY_YEAR = Link(Table("turnout", elections.TurnoutRow), elections.TURNOUT, "year")
"""How many took part, by year; listed."""
COMMITTEE = Link(committees.COMMITTEES, "committees.committee", "community")
"""A residents' committee by its community."""
COMMITTEE_BY_ID = Link(committees.COMMITTEES, "committees.committee", "id")
"""A residents' committee by its identifier."""
SEATS_OF_COMMITTEE = Link(committees.SEATS, "committees.seat", "committee", ("number",))
"""The seats of a committee."""
MEMBERSHIPS_OF_COMMITTEE = Link(committees.MEMBERSHIPS, "committees.membership", "committee", ("number",))
"""Who has and had the seats of a committee."""
RECALLS_OF_COMMITTEE = Link(committees.RECALLS, "committees.recall", "committee", ("number",))
"""The recalls of a committee."""
ELEMENT = Link(ELEMENTS, "elements.element", "id")
"""An element of the unified registry by its identifier."""
COVERAGE_OF_GRID = Link(ELEMENT_COVERAGE, "elements.coverage", "grid")
"""How many elements of each kind a grid has."""
CARE_ENTRY = Link(CARE_ENTRIES, "care.entry", "id", seen=_of_seen_grid)
"""An entry of the care ledger; none where the reader does not see the ledger."""
CARE_LINES = Link(LINES, "care.line", "entry", ("number",))
"""The lines of an entry of the care ledger."""
DIARY_ENTRY = Link(DIARY_ENTRIES, "diary.entry", "id", seen=_of_seen_grid)
"""An entry of the diary; none where the reader does not see the diary."""
DIARY_LINES = Link(LINES, "diary.line", "entry", ("number",))
"""The lines of an entry of the diary."""
LOOK = Link(LOOKS, "looks.look", "id", seen=_of_seen_grid)
"""A look at the words of a register; none where the reader does not see the register."""
LOOKS_OF_ENTRY = Link(LOOKS, "looks.look", "entry", ("position",), seen=_of_seen_grid)
"""The looks at the words of an entry."""
PATROL = Link(patrols.PATROLS, "patrols.patrol", "id", seen=_of_seen_grid)
"""A patrol by its identifier; none where the reader does not see the rounds of its grid."""
VISITS_OF_PATROL = Link(patrols.VISITS, "patrols.visit", "patrol", ("number",))
"""The visits of a patrol."""
PATROL_COVERAGE = Link(Table("patrol_coverage", patrols.Coverage), patrols.COVERAGE, "grid")
"""How far patrols covered grids; not found from anything, but listed."""
WATCH = Link(watches.WATCHES, "watches.watch", "id", seen=_of_seen_grid)
"""The watch over a household; none where the reader does not see the rounds of its grid."""
LOOKS_OF_WATCH = Link(watches.LOOKS, "watches.look", "watch", ("version",))
"""The looks at a household's curtain and light."""
CONCERN = Link(watches.CONCERNS, "watches.concern", "id", seen=_of_seen_grid)
"""A concern; none where the reader does not see the rounds of its grid."""
CAMPAIGN = Link(campaigns.CAMPAIGNS, "campaigns.campaign", "id")
"""A campaign by its identifier."""
SCREENING = Link(campaigns.SCREENINGS, "campaigns.screening", "id")
"""A campaign in a grid, by its identifier."""
SCREENINGS_OF_CAMPAIGN = Link(campaigns.SCREENINGS, "campaigns.screening", "campaign", ("grid",))
"""What a campaign has come to in each of its grids."""
DOORS_OF_SCREENING = Link(campaigns.DOORS, "campaigns.door", "screening", ("household",), seen=_of_seen_grid)
"""The doors knocked at for a campaign in a grid."""
PERSONS_OF_SCREENING = Link(
    campaigns.PERSONS, "campaigns.person", "screening", ("version",), seen=_of_seen_grid
)
"""The people screened for a campaign in a grid."""
DUTY = Link(duties.DUTIES, "duties.duty", "id", seen=_of_seen_place)
"""An entry in the log of a steward; none where the reader does not see the rounds there."""
STEWARD_ACTIVITY = Link(Table("activity", duties.Activity), duties.ACTIVITY, "steward")
"""What stewards did; not found from anything, but listed."""
ZONE = Link(ZONES, "zones.zone", "code")
"""A zone by the code of its division."""
ZONE_BY_ID = Link(ZONES, "zones.zone", "id")
"""A zone by its identifier."""
ZONES_BELOW = Link(ZONES, "zones.zone", "above", ("code",))
"""The zones right below a zone."""
POWERS_OF_ZONE = Link(POWERS, "zones.power", "zone", ("devolved_at", "power"))
"""The powers that came down to a zone."""
SECTOR = Link(SECTORS, "sectors.sector", "code")
"""A sector by its code."""
SECTOR_BY_ID = Link(SECTORS, "sectors.sector", "id")
"""A sector by its identifier."""
MEMBERS_OF_SECTOR = Link(MEMBERS, "sectors.member", "sector", ("community",))
"""The communities of a sector."""
SPLIT = Link(SPLITS, "splits.split", "community")
"""The split of a community, by its code."""
SPLIT_BY_ID = Link(SPLITS, "splits.split", "id")
"""A split by its identifier."""
PARTS_OF_SPLIT = Link(PARTS_OF_SPLITS, "splits.part", "split", ("code",))
"""The communities that a split makes."""
OFFICE = Link(OFFICES, "offices.office", "street")
"""The office of a street."""
OFFICE_BY_ID = Link(OFFICES, "offices.office", "id")
"""An office by its identifier."""
UNITS_OF_OFFICE = Link(UNITS, "offices.unit", "office", ("number",))
"""The units of an office."""
GAP = Link(GAPS, "coverage.gap", "id")
"""A coverage gap by its identifier."""
ENCLAVE = Link(ENCLAVES, "enclaves.enclave", "place")
"""The enclave that a place is."""
ENCLAVE_BY_ID = Link(ENCLAVES, "enclaves.enclave", "id")
"""An enclave by its identifier."""
HOLDING = Link(Table("holding", Holding), HOLDINGS, "place")
"""Who held places at a moment; not found from anything, but listed."""
WORK_MEETING = Link(MEETINGS, "meetings.meeting", "id")
"""A work meeting by its identifier."""
RESOLUTION = Link(RESOLUTIONS, "meetings.resolution", "position")
"""A resolution of any meeting; not found from anything, but listed."""
RESOLUTIONS_OF_MEETING = Link(RESOLUTIONS, "meetings.resolution", "meeting", ("number",))
"""The resolutions of a work meeting."""
DELIBERATION = Link(DELIBERATIONS, "deliberations.deliberation", "id", seen=minutes_seen)
"""A deliberation by its identifier; none where it is about a case that the reader does not see."""
DELIBERATIONS_OF_CASE = Link(
    DELIBERATIONS, "deliberations.deliberation", "case_id", ("number",), seen=minutes_seen
)
"""The deliberations on a case."""
OPINIONS_OF_DELIBERATION = Link(OPINIONS, "deliberations.opinion", "deliberation", ("number",))
"""The opinions recorded in a deliberation."""
ORDER = Link(ORDERS, "coordination.coordination_order", "id", seen=order_seen)
"""A coordination order by its identifier; none where neither its case is seen nor it is the reader's."""
ORDERS_ON_CASE = Link(ORDERS, "coordination.coordination_order", "case_id", ("number",), seen=order_seen)
"""The coordination orders about a case."""
INVITATION = Link(INVITATIONS, "invitations.invitation", "id")
"""An invitation of the day by its identifier."""
CARRIES_OF_INVITATION = Link(CARRIES, "invitations.carry", "invitation", ("number",))
"""The times that an invitation was carried over."""
EXERCISE = Link(powers.EXERCISES, "powers.exercise", "id")
"""An exercise of a street's power by its identifier."""
EVIDENCE_OF_EXERCISE = Link(powers.EVIDENCE, "powers.evidence", "exercise", ("number",))
"""The whistles on which an appraisal rests."""
POWER_ENTRY = Link(powers.ENTRIES, "powers.entry", "id")
"""A line of the ledger of powers; listed."""
POWER_SUMMARY = Link(Table("power_count", powers.PowerCount), powers.SUMMARY, "rank")
"""How often each power was exercised; not found from anything, but listed."""
FUND = Link(FUNDS, "funds.fund", "id")
"""A street's fund of a year by its identifier."""
ALLOCATION = Link(ALLOCATIONS, "funds.allocation", "id")
"""An allocation of money by its identifier."""
ALLOCATIONS_OF_FUND = Link(ALLOCATIONS, "funds.allocation", "fund", ("number",))
"""What communities were given of a fund."""
RETURNS_OF_ALLOCATION = Link(RETURNS, "funds.given_back", "allocation", ("position",))
"""What came back of an allocation."""
DUTY_LIST = Link(DUTY_LISTS, "duty_lists.duty_list", "street")
"""The duty list of a street."""
DUTY_LIST_BY_ID = Link(DUTY_LISTS, "duty_lists.duty_list", "id")
"""A duty list by its identifier."""
DUTY_ITEM = Link(DUTY_ITEMS, "duty_lists.item", "id")
"""A duty of a street; listed."""
ITEMS_OF_DUTY_LIST = Link(DUTY_ITEMS, "duty_lists.item", "duty_list", ("number",))
"""The duties of a list."""
BURDEN = Link(BURDENS, "burdens.burden", "community")
"""The list of what a community was asked to do."""
BURDEN_BY_ID = Link(BURDENS, "burdens.burden", "id")
"""Such a list by its identifier."""
TASK = Link(TASKS, "burdens.task", "id")
"""A task of a community; listed."""
TASKS_OF_BURDEN = Link(TASKS, "burdens.task", "burden", ("number",))
"""The tasks of a community."""
PROPOSAL = Link(proposals.PROPOSALS, "proposals.proposal", "id")
"""A deputy's proposal by its identifier."""
PROPOSAL_SUMMARY = Link(Table("status_count", proposals.StatusCount), proposals.SUMMARY, "rank")
"""How many proposals stand where; not found from anything, but listed."""
CONTAINMENT = Link(Table("containment", loops.Containment), loops.CONTAINMENT, "rank")
"""At which level cases were settled; listed."""
ISSUE_FUNNEL = Link(Table("issue_loop", loops.StageCount), loops.ISSUE_LOOP, "rank")
"""The stages of the issue loop with their cases; listed."""
GRID_FUNNEL = Link(Table("grid_loop", loops.StageCount), loops.GRID_LOOP, "rank")
"""The stages of the grid loop with their cases; listed."""
OVERNIGHT = Link(Table("overnight", loops.Nights), loops.OVERNIGHT, "rank")
"""What stayed overnight, by place; listed."""
FIGURES = Link(Table("figure", measures.Figure), f"({measures.MEASURES}) figure", "part")
"""What the measures come to; listed, with the arguments of the board before those of its pages."""
COMMAND_BOARD = Link(Table("board", command_board.BoardRow), command_board.BOARD, "place")
"""Everything open in a place; the one row of a statement."""
CARE_COUNT = Link(Table("care_count", care.CareCount), care.COUNTS, "care_group")
"""How many of each group are in the care ledger; listed."""
LEADERSHIP_OF_PLACE = Link(posts.LEADERSHIPS, "posts.leadership", "place")
"""Who leads a community, by its code."""
POSTS_OF_PLACE = Link(posts.POSTS, "posts.post", "place", ("kind", "established_at", "id"))
"""The posts in a place itself, not in those below it."""
ELECTIONS_OF_COMMUNITY = Link(elections.ELECTIONS, "elections.election", "community", ("ballot_on", "id"))
"""The elections of a community's committee, in order."""
MEMBERSHIPS_OF_PERSON = Link(
    committees.MEMBERSHIPS, "committees.membership", "person", ("since", "committee")
)
"""The seats in residents' committees that a person had and has, in the order of taking them."""
SECTORS_OF_STREET = Link(SECTORS, "sectors.sector", "street", ("code",))
"""The sectors of a street, dissolved ones too."""
GAPS_OF_STREET = Link(GAPS, "coverage.gap", "street", ("found_at", "id"))
"""The coverage gaps of a street, closed ones too."""
