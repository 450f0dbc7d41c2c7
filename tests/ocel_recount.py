"""指标复算 Every measure from an OCEL 2.0 export alone, by a program that shares nothing with the product.

    python -m tests.ocel_recount FILE --since 2026-03-01 --until 2026-03-31 [--place 120101] [--by DIVISION]

FILE is what `chuishao export process` wrote of a whole log, in SQLite or as JSON. What is counted and how
time runs is said in docs/measures.md and docs/decisions/policies.md; what the file says in process-
mining.md. This needs Python's standard library only and may be copied out of here. Where the product dates
a limit again at every policy and announced day, this waits until a case leaves where it stood, and asks
what is known then.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sqlite3
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from math import sqrt
from pathlib import Path
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
DAY = timedelta(days=1)
SEARCHED = 3660
"""Days in which a limit has to end, or it never does."""
Span: TypeAlias = tuple[datetime, datetime]
Stop: TypeAlias = tuple[datetime, datetime | None]


# What the file says


@dataclass(frozen=True)
class Said:
    """An event of the export: of which thing it is, and what it says."""

    position: int
    type: str
    at: datetime
    about: str
    fields: dict[str, Any]

    def __getitem__(self, name: str) -> Any:
        return self.fields.get(name)


@dataclass(frozen=True)
class Export:
    """All events in the order of the log, and who is registered as a grid worker."""

    events: list[Said]
    workers: frozenset[str]


def read(path: Path) -> Export:
    """Read an export, in SQLite or as JSON, compressed or not."""
    with path.open("rb") as file:
        head = file.read(16)
    if head.startswith(b"SQLite format 3"):
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as database:
            database.row_factory = sqlite3.Row
            return _export(_of_tables(database), _workers(database))
    text = (gzip.decompress if head.startswith(b"\x1f\x8b") else bytes)(path.read_bytes())
    document = json.loads(text)
    workers = [thing["id"] for thing in document["objects"] if thing["type"] == "worker"]
    return _export(_of_document(document), workers)


def _export(events: Iterable[Said], workers: Iterable[str]) -> Export:
    known = frozenset(worker.partition(":")[2] for worker in workers)
    return Export(sorted(events, key=lambda event: event.position), known)


def _of_tables(database: sqlite3.Connection) -> Iterator[Said]:
    about = dict(
        database.execute(
            "SELECT ocel_event_id, ocel_object_id FROM event_object WHERE ocel_qualifier = 'about'"
        ).fetchall()
    )
    for type_, table in database.execute("SELECT ocel_type, ocel_type_map FROM event_map_type").fetchall():
        for row in database.execute(f'SELECT * FROM "event_{table}"'):
            fields = {name: row[name] for name in row.keys() if row[name] is not None}  # noqa: SIM118
            at = datetime.fromisoformat(fields["ocel_time"]).replace(tzinfo=UTC)
            yield Said(fields["position"], type_, at, about.get(fields["ocel_id"], ""), fields)


def _workers(database: sqlite3.Connection) -> list[str]:
    return [row[0] for row in database.execute("SELECT ocel_id FROM object WHERE ocel_type = 'worker'")]


def _of_document(document: Any) -> Iterator[Said]:
    read_as: dict[str, Callable[[str], Any]] = {"integer": int, "boolean": lambda text: text == "true"}
    kinds = {
        (type_["name"], each["name"]): read_as.get(each["type"], str)
        for type_ in document["eventTypes"]
        for each in type_["attributes"]
    }
    for event in document["events"]:
        fields = {
            each["name"]: kinds[event["type"], each["name"]](each["value"]) for each in event["attributes"]
        }
        about = [each["objectId"] for each in event["relationships"] if each["qualifier"] == "about"]
        at = datetime.fromisoformat(event["time"])
        yield Said(fields["position"], event["type"], at, "".join(about), fields)


# Working time


@dataclass(frozen=True)
class Calendar:
    """Which days and hours count: those of a policy's document, with single days that were announced."""

    document: dict[str, Any]
    days: dict[date, bool]
    zone: ZoneInfo

    def works(self, day: date) -> bool:
        """Whether a day is a working day: as it was announced, or as the document says."""
        if day in self.days:
            return self.days[day]
        said: bool | None = self.document.get("exceptions", {}).get(day.isoformat())
        return day.isoweekday() in self.document["weekdays"] if said is None else said

    def moment(self, day: date, clock: str) -> datetime:
        """A time of a day here."""
        return datetime.combine(day, time.fromisoformat(clock), self.zone).astimezone(UTC)

    def open_time(self, since: datetime, unit: str) -> Iterator[Span]:
        """The time that counts for a unit."""
        if unit in ("MINUTES", "CALENDAR_HOURS"):
            yield since, datetime.max.replace(tzinfo=UTC)
            return
        urgent, first = unit == "URGENT_WORKING_HOURS", since.astimezone(self.zone).date()
        for day in (first + number * DAY for number in range(SEARCHED)):
            if urgent or self.works(day):
                for start, end in self.document["urgentShifts" if urgent else "shifts"]:
                    opens, closes = self.moment(day, start), self.moment(day, end)
                    if closes > since:
                        yield max(opens, since), closes

    def end(self, since: datetime, amount: int, unit: str, stops: Sequence[Stop]) -> datetime | None:
        """When so much time is over, of which none counts while the clock stands still; None: never."""
        if unit == "WORKING_DAYS":
            return self._end_of_days(since, amount, stops)
        left = timedelta(**{"minutes" if unit == "MINUTES" else "hours": amount})
        for opens, closes in self.open_time(since, unit):
            if _for_good(stops, opens):
                break
            for start, end in _between(opens, closes, stops):
                if end - start >= left:
                    return start + left
                left -= end - start
        return None

    def _end_of_days(self, since: datetime, amount: int, stops: Sequence[Stop]) -> datetime | None:
        first = since.astimezone(self.zone).date()
        for day in (first + number * DAY for number in range(1, SEARCHED + 1)):
            if self.works(day):
                end = self.moment(day, self.document["shifts"][-1][1])
                amount -= not any(start < end and (on is None or end <= on) for start, on in stops)
                if amount <= 0:
                    return end
                if _for_good(stops, end):
                    break
        return None


def _for_good(stops: Sequence[Stop], at: datetime) -> bool:
    """Whether the clock stands still at a moment, and nothing says until when."""
    return bool(stops) and stops[-1][1] is None and stops[-1][0] < at


def _between(opens: datetime, closes: datetime, stops: Sequence[Stop]) -> Iterator[Span]:
    """What is left of a stretch of time without those in which the clock stands still."""
    for start, goes_on in stops:
        if start >= closes:
            break
        if opens < start:
            yield opens, start
        opens = max(opens, goes_on or closes)
    if opens < closes:
        yield opens, closes


# What was adopted and announced


@dataclass
class Rules:
    """Every policy document and announcement that was heard of by now."""

    adopted: list[dict[str, Any]] = field(default_factory=list)
    announced: list[tuple[str, dict[date, bool]]] = field(default_factory=list)

    def hear(self, said: Said) -> None:
        """Take in what an event of the policy says."""
        if said.type == "WorkdaysAnnounced":
            days = {date.fromisoformat(day): works for day, works in json.loads(said["days"]).items()}
            self.announced.append((said["division"] or "", days))
        else:
            self.adopted.append(json.loads(said["document"]))

    def in_force(self, at: datetime) -> dict[str, Any] | None:
        """Of the documents that were effective, that with the latest date; the later adopted wins a tie."""
        found, latest = None, date.min
        for document in self.adopted:
            begins = date.fromisoformat(document["effectiveFrom"])
            if latest <= begins <= at.astimezone(ZoneInfo(document["calendar"]["zone"])).date():
                found, latest = document, begins
        return found

    def calendar(self, document: dict[str, Any], place: str) -> Calendar:
        """The calendar of a place: announcements for the closest place hold, and of these the last."""
        here = [one for one in self.announced if place.startswith(one[0])]
        days: dict[date, bool] = {}
        for _, said in sorted(here, key=lambda one: len(one[0])):
            days |= said
        return Calendar(document["calendar"], days, ZoneInfo(document["calendar"]["zone"]))

    def limit(self, about: str, clock: Clock, **facts: str | None) -> datetime | None:
        """When a limit ends, as far as is known by now; None: none is stated, or it never ends."""
        document = self.in_force(clock.since)
        rule = _closest(document["limits"], about, facts) if document else None
        if document is None or rule is None:
            return None
        calendar = self.calendar(document, facts["division"] or "")
        end: datetime | None = clock.since
        for amount, unit in ((rule["amount"], rule["unit"]), *clock.longer):
            end = calendar.end(end, amount, unit, clock.stops) if end else None
        return end


def _closest(rules: list[dict[str, Any]], about: str, facts: dict[str, str | None]) -> dict[str, Any] | None:
    """The rule with the most conditions that fit, and the longest ones; the first of several."""
    best, closeness = None, (-1, -1)
    for rule in rules:
        conditions = rule.get("when", {})
        fits = all((facts.get(name) or "").startswith(wanted) for name, wanted in conditions.items())
        close = len(conditions), sum(len(wanted) for wanted in conditions.values())
        if rule["about"] == about and fits and close > closeness:
            best, closeness = rule, close
    return best


# What happened


@dataclass
class Clock:
    """By what the limit of a step is counted: when it began, stood still, and what was added to it."""

    since: datetime
    stops: list[Stop] = field(default_factory=list)
    longer: list[tuple[int, str]] = field(default_factory=list)

    def go_on(self, at: datetime) -> None:
        """Let it run from a moment on, if it stands still then."""
        self.stops = [(start, min(until or at, at)) for start, until in self.stops if start < at]


@dataclass
class Run:
    """办理轮次 One way of a case through the loop."""

    case: str
    opened_at: datetime
    reported: bool
    community: str
    grid: str | None
    category: str
    severity: str
    handled: Clock | None = None
    """The clock of the step in which it is handled; None while it is not."""
    before_merge: Clock | None = None
    asked: Said | None = None
    tier: str | None = None
    holder: str | None = None
    worker: str | None = None
    resolver: str | None = None
    department: str | None = None
    limit: datetime | None = None
    answered_at: datetime | None = None
    assigned: bool = False
    sent_on: bool = False
    sent_back: bool = False
    whistled: bool = False
    extended_at: datetime | None = None
    resolved_at: datetime | None = None
    level: int = 0
    """Where it was settled: 1 in the grid, 2 in the community, 3 in the street, 4 beyond."""
    ended: str = ""
    """CLOSED, REOPENED before a close, or AWAY."""
    ended_at: datetime | None = None
    reopened_at: datetime | None = None
    rated: Said | None = None

    @property
    def place(self) -> str:
        """Where it lies."""
        return self.grid or self.community


@dataclass
class Summons:
    """召集 One summons of a department."""

    case: str
    place: str
    kind: str
    department: str
    since: datetime
    waits: bool = True
    limit: datetime | None = None
    came_at: datetime | None = None
    released_at: datetime | None = None
    category: str = ""
    severity: str = ""
    grid: None = None
    worker: None = None


Thing: TypeAlias = Run | Summons
MOVES = {
    "CaseAssigned", "CaseTransferred", "CaseEscalated", "CaseWhistled", "CaseWhistleWithdrawn",
    "VerificationFailed",
}  # fmt: skip
"""With which a step begins in which a case is handled."""
LEAVES = {"CaseReturned", "ResolvedOnSpot", "CaseResolved", "CaseMarkedDuplicate", "CaseMerged", "CaseSplit"}
"""With which it is handled no more."""
AWAY = {"CaseRefused", "CaseMarkedDuplicate", "CaseMerged", "CaseSplit"}
STAYS = {"CaseReported", "CaseRehomed", "CaseAbsorbed", "CaseReleased", "CaseOverdue"}
"""What happens to a case that is reported, and is no answer to it."""


@dataclass
class History:
    """Everything that the events tell of runs and summonses."""

    rules: Rules = field(default_factory=Rules)
    runs: dict[str, list[Run]] = field(default_factory=dict)
    summonses: dict[str, list[Summons]] = field(default_factory=dict)
    whistles: dict[str, Said] = field(default_factory=dict)

    def hear(self, said: Said) -> None:
        """Take the next event in."""
        if said.type in ("PolicyAdopted", "PolicyRevised", "WorkdaysAnnounced"):
            self.rules.hear(said)
        elif said.about.startswith("case:"):
            self._hear_of_case(said)
        elif said.about.startswith("whistle:"):
            self._hear_of_whistle(said)

    def end(self) -> None:
        """What still goes on has the limit that is known now; a summons is of the kind of its case."""
        for run in (run for runs in self.runs.values() for run in runs):
            self._date(run)
        for summons in (one for several in self.summonses.values() for one in several):
            self._settle(summons)
            last = self.runs[summons.case][-1]
            summons.category, summons.severity = last.category, last.severity

    def _date(self, run: Run) -> None:
        """Set the limit of a step that ends; one that had passed before it began stays."""
        if run.handled is None or (run.limit is not None and run.limit <= run.handled.since):
            return
        facts = {"category": run.category, "severity": run.severity, "tier": run.tier, "division": run.place}
        run.limit = self.rules.limit("HANDLE", run.handled, **facts)

    def _hear_of_case(self, said: Said) -> None:
        case, at = said.about, said.at
        if said.type in ("CaseReported", "CaseSplitOff"):
            where = said["community"], said["grid"], said["category"], said["severity"]
            self.runs[case] = [Run(case, at, said.type == "CaseReported", *where)]
        elif said.type == "CaseReopened":
            self._reopen(self.runs[case], at)
        run = self.runs[case][-1]
        if said.type in ("ResolvedOnSpot", "CaseResolved") and run.handled and _stands(run.handled, at):
            run.handled.go_on(at)
        if said.type in MOVES | LEAVES:
            self._date(run)
        _change(run, said)
        if said.type in MOVES:
            run.handled = Clock(at)
        elif said.type in LEAVES:
            run.before_merge = run.handled if said.type == "CaseMerged" else None
            run.handled = None
        if run.answered_at is None and said.type not in STAYS:
            run.answered_at = at

    def _reopen(self, runs: list[Run], at: datetime) -> None:
        before = runs[-1]
        before.reopened_at = at
        if not before.ended:
            before.ended, before.ended_at = "REOPENED", at
        where = before.community, before.grid, before.category, before.severity
        runs.append(Run(before.case, at, False, *where))

    def _hear_of_whistle(self, said: Said) -> None:
        if said.type == "WhistleBlown":
            self.whistles[said.about] = said
            run = self.runs[f"case:{said['case']}"][-1]
            run.whistled, run.department = True, said["lead"]
            return
        blown, theirs = self.whistles[said.about], self.summonses.setdefault(said.about, [])
        if said.type == "DepartmentSummoned":
            about = f"case:{blown['case']}", blown["street"], blown["kind"]
            theirs.append(Summons(*about, said["department"], said.at))
        elif said.type in ("WhistleResolved", "WhistleWithdrawn"):
            for summons in theirs:
                self._settle(summons)
                summons.released_at = min(summons.released_at or said.at, said.at)
        elif said.type in ("DepartmentCheckedIn", "SummonsRefused", "DepartmentAnswered"):
            (*_, last) = (one for one in theirs if one.department == said["department"])
            self._settle(last)
            if said.type == "DepartmentCheckedIn":
                last.came_at = said.at
            elif said.type == "SummonsRefused":
                last.released_at = said.at

    def _settle(self, summons: Summons) -> None:
        """Set the limit of a summons that is waited for no more."""
        if summons.waits:
            facts = {"kind": summons.kind, "division": summons.place}
            summons.limit = self.rules.limit("CHECK_IN", Clock(summons.since), **facts)
            summons.waits = False


def _stands(clock: Clock, at: datetime) -> bool:
    return any(start <= at and (until is None or at < until) for start, until in clock.stops)


def _change(run: Run, said: Said) -> None:
    """What an event of a case changes of its run."""
    at = said.at
    if said.type in AWAY:
        run.ended, run.ended_at = "AWAY", at
    match said.type:
        case "SeverityGraded":
            run.category, run.severity = said["category"], said["severity"]
        case "CaseAssigned":
            run.tier, run.grid, run.assigned = said["tier"], said["grid"], True
        case "CaseTransferred":
            run.community, run.grid, run.sent_on = said["community"], said["grid"], run.assigned
        case "CaseEscalated":
            run.tier = said["tier"]
        case "CaseRehomed":
            run.community, run.grid = said["community"], said["grid"]
        case "CaseReturned":
            run.sent_on, run.tier = run.assigned, None
            run.limit = run.limit if run.limit is not None and run.limit <= at else None
        case "CaseWhistleWithdrawn":
            run.department = None
        case "ResolvedOnSpot" | "CaseResolved":
            _resolve(run, said)
        case "VerificationFailed":
            run.sent_back, run.resolved_at = True, None
        case "CaseClosed":
            run.ended, run.ended_at = "CLOSED", at
        case "CaseRated":
            run.rated = said
        case "MergeUndone":
            run.ended, run.ended_at, run.handled = "", None, run.before_merge
        case "CaseRequestFiled":
            run.asked = said
        case "CaseRequestGranted" | "CaseResumed":
            _change_clock(run, said)
    if said.type in ("CaseAssigned", "CaseTransferred", "CaseEscalated", "CaseRehomed", "CaseReturned"):
        run.holder, run.worker = said["holder"] or run.place, said["assignee"]


def _resolve(run: Run, said: Said) -> None:
    if said["whistle"] is None:
        run.department = None
    if not run.sent_back:
        run.resolver = said["actor"]
    run.resolved_at, holder = said.at, run.holder or run.place
    run.level = 4 if run.department else 1 + (len(holder) <= 12) + (len(holder) <= 9)


def _change_clock(run: Run, said: Said) -> None:
    assert run.handled is not None
    if said.type == "CaseResumed":
        run.handled.go_on(said.at)
    elif said["request"] == "SUSPENSION" and run.asked:
        until = run.asked["stands_until"]
        run.handled.stops.append((said.at, datetime.fromisoformat(until) if until else None))
    elif said["request"] == "EXTENSION" and run.asked:
        run.handled.longer.append((run.asked["longer"], run.asked["time_unit"]))
        run.extended_at = run.extended_at or said.at


# What the definitions say


@dataclass(frozen=True)
class Period:
    """Local days, both included, as moments; and when one asks."""

    begin: datetime
    end: datetime
    now: datetime

    @classmethod
    def of(cls, since: date, until: date, now: datetime) -> Period:
        """From the first to the last day."""
        begin, end = (datetime.combine(day, time(), SHANGHAI) for day in (since, until + DAY))
        return cls(begin.astimezone(UTC), end.astimezone(UTC), now)

    def has(self, moment: datetime | None) -> bool:
        """Whether a moment lies in it."""
        return moment is not None and self.begin <= moment < self.end

    def over(self, moment: datetime | None) -> bool:
        """Whether something had happened by its end."""
        return moment is not None and moment < self.end


Test: TypeAlias = Callable[[Any, Period], bool]


def due(run: Run, period: Period) -> bool:
    """The handling limit falls in the period, and the run had not gone elsewhere by its end."""
    return period.has(run.limit) and not (run.ended == "AWAY" and period.over(run.ended_at))


def closed(run: Run, period: Period) -> bool:
    return run.ended == "CLOSED" and period.over(run.ended_at)


def closed_in_time(run: Run, period: Period) -> bool:
    return closed(run, period) and bool(run.resolved_at and run.limit and run.resolved_at <= run.limit)


def finished(run: Run, period: Period) -> bool:
    return run.ended in ("CLOSED", "REOPENED") and period.has(run.ended_at)


def reviewed(run: Run, period: Period) -> bool:
    before = run.ended == "CLOSED" and run.ended_at is not None and run.ended_at < period.begin
    return finished(run, period) or (before and period.has(run.reopened_at))


def overnight(run: Run, period: Period) -> bool:
    night = datetime.combine(run.opened_at.astimezone(SHANGHAI).date() + DAY, time(), SHANGHAI)
    return (run.answered_at or period.now) >= night


def owed(summons: Summons, period: Period) -> bool:
    limit, released = summons.limit, summons.released_at
    return period.has(limit) and not (
        summons.came_at is None and limit is not None and released is not None and released <= limit
    )


def came_in_time(summons: Summons, _period: Period) -> bool:
    return bool(summons.came_at and summons.limit and summons.came_at <= summons.limit)


def answered(run: Run, period: Period) -> bool:
    return run.rated is not None and period.has(run.rated.at)


def says(wanted: Callable[[Said], bool]) -> Test:
    return lambda run, _period: wanted(run.rated)


REACH = {"MINOR": 2, "MAJOR": 3, "CRITICAL": 4}
"""The level that a case of each severity should not leave."""
MEASURES: dict[str, tuple[type[Thing], Test, Test]] = {
    "CLOSURE": (Run, due, closed),
    "ON_TIME_CLOSURE": (Run, due, closed_in_time),
    "EXTENSION": (Run, due, lambda run, period: period.over(run.extended_at)),
    "REWORK": (Run, reviewed, lambda run, period: run.sent_back or period.over(run.reopened_at)),
    "ACCURATE_DISPATCH": (Run, finished, lambda run, _: not run.sent_on),
    "RESPONSE": (Run, answered, says(lambda rated: bool(rated["answered"]))),
    "RESOLUTION": (Run, answered, says(lambda rated: bool(rated["solved"]))),
    "SATISFACTION": (Run, answered, says(lambda rated: bool(rated["satisfied"] >= 4))),
    "ON_TIME_CHECK_IN": (Summons, owed, came_in_time),
    "WHISTLE": (Run, finished, lambda run, _: run.whistled),
    "OVERNIGHT": (Run, lambda run, period: run.reported and period.has(run.opened_at), overnight),
    "CONTAINMENT": (Run, finished, lambda run, _: 0 < run.level <= REACH[run.severity]),
}
"""Of what a measure counts, what its sample is, and what of that counts."""
PARTS = ("DIVISION", "GRID", "WORKER", "DEPARTMENT", "CATEGORY", "SEVERITY")


# Figures


@dataclass(frozen=True)
class Figure:
    """A figure as the API shows it: shares to four digits, none without a sample."""

    numerator: int = 0
    denominator: int = 0

    @property
    def rate(self) -> float | None:
        """The share."""
        return round(self.numerator / self.denominator, 4) if self.denominator else None

    @property
    def bounds(self) -> tuple[float | None, float | None]:
        """The bounds of Wilson (1927) with 95 % confidence: where (share - p)² n = z² p (1 - p)."""
        if not self.denominator:
            return None, None
        n, z2 = self.denominator, 1.959963984540054**2
        middle, root = (
            2 * self.numerator + z2,
            sqrt(z2) * sqrt(z2 + 4 * self.numerator * (n - self.numerator) / n),
        )
        low, high = ((middle + sign * root) / (2 * (n + z2)) for sign in (-1, 1))
        return round(max(low, 0.0), 4), round(min(high, 1.0), 4)


@dataclass(frozen=True)
class Recount:
    """Runs and summonses of an export, to be asked for figures."""

    things: list[Thing]
    workers: frozenset[str]

    @classmethod
    def of(cls, export: Export) -> Recount:
        """From the events."""
        history = History()
        for said in export.events:
            history.hear(said)
        history.end()
        kinds: tuple[Iterable[list[Any]], ...] = history.runs.values(), history.summonses.values()
        return cls([thing for kind in kinds for things in kind for thing in things], export.workers)

    @property
    def cases(self) -> int:
        """How many cases there are."""
        return len({thing.case for thing in self.things})

    def figures(
        self, period: Period, place: str = "", by: str | None = None
    ) -> dict[tuple[str, str], Figure]:
        """By measure and part; without parts every measure has a figure, the part being the place."""
        found = {(measure, place): [0, 0] for measure in MEASURES} if by is None else {}
        there = [thing for thing in self.things if thing.place.startswith(place)]
        for measure, (kind, among, counts) in MEASURES.items():
            for thing in there:
                if isinstance(thing, kind) and among(thing, period):
                    part = place if by is None else self._part(thing, measure, place, by)
                    if part is not None:
                        line = found.setdefault((measure, part), [0, 0])
                        line[0] += counts(thing, period)
                        line[1] += 1
        return {key: Figure(*line) for key, line in found.items()}

    def _part(self, thing: Thing, measure: str, place: str, by: str) -> str | None:
        """On which line something is; None on no line."""
        match by:
            case "DIVISION":
                below = [digits for digits in (2, 6, 9, 12) if digits > len(place)]
                return thing.place[: below[0]] if below else thing.place
            case "WORKER":
                whose = thing.resolver if measure == "REWORK" and isinstance(thing, Run) else thing.worker
                return whose if whose in self.workers else None
        found: str | None = getattr(thing, by.lower())
        return found


def main() -> None:
    """Print the figures that are asked for."""
    asked = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    asked.add_argument("file", type=Path)
    asked.add_argument("--since", type=date.fromisoformat, required=True, help="the first local day")
    asked.add_argument("--until", type=date.fromisoformat, required=True, help="the last local day")
    asked.add_argument("--place", default="", help="the beginning of the codes of places; everywhere")
    asked.add_argument("--by", choices=PARTS, help="a line for each part")
    said = asked.parse_args()
    period = Period.of(said.since, said.until, datetime.now(UTC))
    line = "{:<18} {:<38} {:>10} {:>11} {:>7} {:>7} {:>7}\n"
    write = sys.stdout.write
    write(line.format("measure", "part", "numerator", "denominator", "rate", "lower", "upper"))
    found = Recount.of(read(said.file)).figures(period, said.place, said.by)
    for (measure, part), figure in sorted(found.items(), key=lambda each: _order(each[0])):
        shares = ["-" if each is None else f"{each:.4f}" for each in (figure.rate, *figure.bounds)]
        write(line.format(measure, part or "everywhere", figure.numerator, figure.denominator, *shares))


def _order(key: tuple[str, str]) -> tuple[int, str]:
    return list(MEASURES).index(key[0]), key[1]


if __name__ == "__main__":
    main()
