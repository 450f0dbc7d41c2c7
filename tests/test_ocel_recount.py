"""指标复算 What a program that knows the export alone makes of it is what the API says, to the last digit."""

from __future__ import annotations

import ast
import random
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import zip_longest
from pathlib import Path

from hypothesis import given as forall
from hypothesis import strategies as st

from chuishao.commands import policies
from chuishao.domain.calendar import Limit, TimeUnit
from chuishao.domain.measure import Measure
from chuishao.domain.policy import parse
from chuishao.eventlog.connection import open_pool
from chuishao.eventlog.log import EventLog
from chuishao.service.mining import as_json
from chuishao.service.mining.selection import Selection, selected
from chuishao.service.mining.store import made
from tests.clocked import clocked, divided
from tests.conftest import copy_of_template
from tests.ocel_recount import MEASURES, PARTS, SHANGHAI, Calendar, Period, Recount, read
from tests.ocel_recount_city import Compared, Question, questions
from tests.served import AUDITOR, served
from tests.test_api import caught_up
from tests.test_measures import handled
from tests.town import COMMUNITY, START, STREET, make_town
from tests.wandering import Wanderer

PROGRAM = Path(__file__).with_name("ocel_recount.py")
DAYS = START.date() - timedelta(days=1), START.date() + timedelta(days=300)


async def test_a_recount_from_the_export_alone_is_what_the_api_says(template: str, tmp_path: Path) -> None:
    database = await copy_of_template(template)
    pool = await open_pool(database, size=4)
    town, chance = await make_town(EventLog(pool)), random.Random(24)
    for _ in range(8):
        await handled(town, chance)
    for _ in range(40):
        await clocked(town, chance)
    await divided(town, chance)
    await Wanderer(town, chance, mechanisms=False).walk(80)
    with made(tmp_path / "log.sqlite") as store:
        async for _, _, page in selected(town.log, Selection()):
            store.add(page)
        (tmp_path / "log.json").write_text("".join(as_json.lines(store)), encoding="utf-8")

    export = read(tmp_path / "log.sqlite")
    recount, compared, short = Recount.of(export), Compared(), Compared()
    async with served(database) as serving:
        client = serving.client(AUDITOR)
        await caught_up(town, client)
        for question in questions(*DAYS, ["", STREET, COMMUNITY]):
            await compared.ask(client, recount, question)
        await compared.look(pool, recount)
        await short.ask(client, replace(recount, things=recount.things[1:]), Question("", *DAYS))
    await pool.close()

    assert compared.different == []
    assert compared.lines > 500
    assert short.different, "a case that is left out is found"
    assert "CaseRehomed" in {said.type for said in export.events}
    period = Period.of(*DAYS, datetime.now(UTC))
    assert printed(tmp_path / "log.json") == [
        [measure, "everywhere", str(figure.numerator), str(figure.denominator)]
        + [f"{share:.4f}" for share in (figure.rate, *figure.bounds)]
        for (measure, _), figure in recount.figures(period).items()
    ]
    of_json = Recount.of(read(tmp_path / "log.json"))
    for by in (None, *PARTS):
        figures = recount.figures(period, by=by)
        assert figures == of_json.figures(period, by=by)
        assert (
            by or [each for each in figures.items() if not 0 < each[1].numerator < each[1].denominator] == []
        )


def printed(file: Path) -> list[list[str]]:
    """What the program prints where nothing is installed but Python."""
    since, until = (day.isoformat() for day in DAYS)
    alone = [
        sys.executable,
        "-I",
        "-S",
        str(PROGRAM.absolute()),
        str(file),
        "--since",
        since,
        "--until",
        until,
    ]
    done = subprocess.run(alone, capture_output=True, text=True, check=True)
    return [line.split() for line in done.stdout.splitlines()[1:]]


moments = st.integers(0, 60 * 24 * 60).map(lambda minutes: START + timedelta(minutes=minutes))
days = st.dictionaries(st.integers(0, 80).map(lambda day: START.date() + timedelta(days=day)), st.booleans())


@forall(
    since=moments,
    amount=st.integers(1, 40),
    unit=st.sampled_from(list(TimeUnit)),
    edges=st.lists(moments, max_size=7, unique=True).map(sorted),
    announced=days,
)
def test_its_working_time_is_the_products(
    since: datetime, amount: int, unit: TimeUnit, edges: list[datetime], announced: dict[date, bool]
) -> None:
    stops = [(begin, until) for begin, until in zip_longest(edges[::2], edges[1::2])]
    document = policies.default_policy()
    theirs = parse(document).calendar.with_days(announced)
    try:
        wanted = theirs.due(since, Limit(amount, unit, "any"), stops)
    except ValueError:
        wanted = None

    ours = Calendar(document["calendar"], announced, SHANGHAI)
    assert ours.end(since, amount, unit.value, stops) == wanted


def test_the_program_knows_every_measure_and_nothing_of_the_product() -> None:
    assert list(MEASURES) == [measure.value for measure in Measure]
    tree = ast.parse(PROGRAM.read_text(encoding="utf-8"))
    imported = {
        name.partition(".")[0]
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or "tests"]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert imported <= sys.stdlib_module_names
