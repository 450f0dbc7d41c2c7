"""Write the tables of the documentation from the code they describe.

    .venv/bin/python docs/generate.py

A table stands between `<!-- generated: NAME -->` and `<!-- end -->`; the rest is written by hand.
A test fails where a page and the code have come apart.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import fields
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import get_type_hints

from chuishao.domain.authority import MAY_SET_UP
from chuishao.domain.catalogue import AGGREGATES, EVENT_TYPES
from chuishao.domain.event import Event
from chuishao.domain.event_fields import MEANINGS, fields_of
from chuishao.domain.lifecycle import DECIDERS, RESOLVERS, STAGES, TABLE, Status, Step
from chuishao.domain.measure import DEFINITIONS
from chuishao.domain.sight import SHOWN, SIGHT
from chuishao.domain.summons import SUMMONS_TABLE, SummonsState
from chuishao.domain.term import Term
from chuishao.domain.vocabulary import Role, Tier
from chuishao.eventlog.mapper import schema_version
from chuishao.graphql import permissions
from chuishao.graphql.endpoint.failures import FAILURES
from chuishao.graphql.endpoint.limits import Limits
from chuishao.graphql.enums import NAMES, refusals
from chuishao.graphql.evolution import changes
from chuishao.graphql.schema import sdl
from chuishao.service.settings import Settings, flag, variable

DOCS = Path(__file__).parent
MARKED = re.compile(r"(<!-- generated: (\w+) -->\n).*?(<!-- end -->\n)", re.DOTALL)
Cells = Iterable[Iterable[str]]


def table(headings: Iterable[str], rows: Cells) -> str:
    """A Markdown table."""
    lines = [list(headings), ["---"] * len(list(headings)), *map(list, rows)]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)


def words(terms: Iterable[Term]) -> str:
    """Terms in the order of their list: the code and the Chinese word."""
    wanted = set(terms)
    kinds = {type(term) for term in wanted}
    return ", ".join(f"{term.value} {term.zh}" for kind in kinds for term in kind if term in wanted)


def roles(allowed: Iterable[Role]) -> str:
    """Roles in the order of their list."""
    return words(allowed)


def transitions() -> str:
    """The lifecycle table."""
    rows = (
        (
            f"**{row.step.value}** {row.step.zh}",
            words(row.sources) or ("–" if row.step is Step.REPORT else "any"),
            f"{row.target.value} {row.target.zh}" if row.target else "as before",
            roles(row.roles),
        )
        for row in TABLE
    )
    return table(("step", "possible in", "leads to", "by"), rows)


def states() -> str:
    """The states and the stages they belong to."""
    rows = (
        (f"{state.value} {state.zh}", state.en, f"{stage.value} {stage.zh}" if stage else "outside the loop")
        for state, stage in ((state, STAGES[state]) for state in Status)
    )
    return table(("state", "meaning", "stage of the loop 闭环"), rows)


def resolvers() -> str:
    """Who settles a case at each tier, and who decides what is asked for in it."""
    rows = (
        (f"{tier.value} {tier.zh}", tier.en, roles(RESOLVERS[tier]), roles(DECIDERS[tier])) for tier in Tier
    )
    return table(("tier", "meaning", "settled by", "requests decided by"), rows)


def summons() -> str:
    """The summons table."""
    rows = (
        (
            f"**{step.value}** {step.zh}",
            "any" if sources == frozenset(SummonsState) else words(sources),
        )
        for step, sources in SUMMONS_TABLE.items()
    )
    return table(("step", "possible in"), rows)


def setup() -> str:
    """Who may set up what."""
    rows = ((f"{what.value} {what.zh}", what.en, roles(allowed)) for what, allowed in MAY_SET_UP.items())
    return table(("action", "meaning", "by"), rows)


def events() -> str:
    """Every event type of every aggregate with its fields."""
    parts = []
    for aggregate in AGGREGATES:
        modules = {aggregate.__module__, f"{aggregate.__module__}_events"}
        kinds = [kind for kind in EVENT_TYPES.values() if kind.__module__ in modules]
        if aggregate.__name__ in ("Division", "DivisionCode"):
            codes = aggregate.__name__ == "DivisionCode"
            kinds = [kind for kind in kinds if kind.__name__.startswith("DivisionCode") is codes]
        module = kinds[0].__module__.removeprefix("chuishao.").replace(".", "/")
        parts.append(f"\n### {aggregate.TOPIC}\n\nIn `{module}.py`.\n\n")
        parts.append(table(("type", "version", "what happened", "fields"), map(_event, kinds)))
    return "".join(parts) + "\n"


def _event(kind: type[Event]) -> tuple[str, str, str, str]:
    said = " ".join((kind.__doc__ or "").split("\n\n")[0].split())
    held = ", ".join(f"`{_camel(name)}` {type_}" for name, type_ in fields_of(kind).items())
    return f"`{kind.TOPIC}`", str(schema_version(kind)), said, held or "–"


def event_fields() -> str:
    """Every field of an event, with its types and what it stands for."""
    held: dict[str, set[str]] = {}
    for kind in EVENT_TYPES.values():
        for name, type_ in fields_of(kind).items():
            held.setdefault(name, set()).add(type_.removesuffix(" or null"))
    rows = ((f"`{_camel(name)}`", ", ".join(sorted(held[name])), MEANINGS[name]) for name in sorted(held))
    return table(("field", "type", "stands for"), rows)


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def errors() -> str:
    """Every code of a refusal, with its sentence in both languages."""
    rows = ((f"`{kind.code}`", kind.en, kind.zh) for kind in refusals())
    return table(("code", "English", "中文"), rows)


def failures() -> str:
    """Every code of a request that fails, with its status, what it means and what helps."""
    rows = (
        (
            f"`{code}`",
            str(failure.status or "WebSocket"),
            failure.means.en,
            failure.means.zh,
            f"{failure.advice.en}<br>{failure.advice.zh}",
        )
        for code, failure in FAILURES.items()
    )
    return table(("code", "HTTP", "English", "中文", "what to do"), rows)


def limits() -> str:
    """Every limit of the endpoint, with the setting that changes it."""
    settings = {setting.name for setting in fields(Settings)}
    hints = get_type_hints(Limits, include_extras=True)
    rows = (
        (
            f"{getattr(Limits(), name):,} {hint.__metadata__[0].documentation}",
            f"`--{flag(name)}`, `{variable(name)}`" if name in settings else "–",
        )
        for name, hint in hints.items()
    )
    return table(("at most, or after", "setting"), rows)


def terms() -> str:
    """Every closed list of the domain."""
    parts = []
    for term, name in NAMES.items():
        module = term.__module__.removeprefix("chuishao.").replace(".", "/")
        title = (term.__doc__ or "").split("\n")[0]
        parts.append(f"\n### {name}\n\n{title} In `{module}.py`.\n\n")
        rows = ((member.zh, f"`{member.value}`", member.en) for member in term)
        parts.append(table(("中文", "code", "English"), rows))
    return "".join(parts) + "\n"


def measures() -> str:
    """Every measure with its definition."""
    rows = (
        (
            f"**`{measure.value}`** {measure.zh}<br>{measure.en}",
            str(its.version),
            f"{its.denominator.zh}<br>{its.denominator.en}",
            f"{its.numerator.zh}<br>{its.numerator.en}",
            f"{its.better.zh} {its.better.en}" if its.better else "–",
        )
        for measure, its in DEFINITIONS.items()
    )
    return table(("measure 指标", "version", "denominator 分母", "numerator 分子", "better 优劣"), rows)


def sights() -> str:
    """Which cases each role sees."""
    rows = ((f"{role.value} {role.zh}", f"{sight.zh} {sight.en}") for role, sight in SIGHT.items())
    return table(("role", "sees"), rows)


def rules() -> str:
    """The rules by which fields are shown."""
    rows = (
        (f"**{rule.value}** {rule.zh}", rule.en, "all" if len(shown) == len(Role) else roles(shown))
        for rule, shown in SHOWN.items()
    )
    return table(("rule", "shows", "to"), rows)


def mutations() -> str:
    """Every mutation by every role."""
    rows = (
        (f"`{name}`", *("✓" if role in allowed else "" for role in Role))
        for name, allowed in permissions.mutations().items()
    )
    return table(("mutation", *(role.zh for role in Role)), rows)


def readings() -> str:
    """Every field by every role, type by type."""
    parts = []
    for kind, group in groupby(permissions.fields(), key=lambda field: field[0]):
        rows = (
            (f"`{name}`", rule.value, *("✓" if role in SHOWN[rule] else "◐" for role in Role))
            for _, name, rule in group
        )
        parts.append(f"\n### {kind}\n\n" + table(("field", "rule", *(role.zh for role in Role)), rows))
    return "".join(parts) + "\n"


def schema_changes() -> str:
    """What has changed in the schema since the released one."""
    older = (DOCS.parent / "graphql" / "released.graphql").read_text(encoding="utf-8")
    found = changes(older, sdl(), datetime.now(UTC).date())
    parts = {
        "Deprecated 弃用": found.deprecated,
        "Dangerous 须留意": found.dangerous,
        "Added 新增": found.added,
    }
    lists = (
        "".join(f"- {sentence}\n" for sentence in sentences) or "Nothing.\n" for sentences in parts.values()
    )
    return "\n".join(f"## {title}\n\n{said}" for title, said in zip(parts, lists, strict=True))


TABLES: dict[str, Callable[[], str]] = {
    made.__name__: made
    for made in (
        transitions,
        states,
        resolvers,
        summons,
        setup,
        events,
        event_fields,
        errors,
        failures,
        limits,
        terms,
        schema_changes,
        measures,
        sights,
        rules,
        mutations,
        readings,
    )
}


def pages() -> dict[Path, str]:
    """Every page with a generated table, as it should read."""

    def filled(found: re.Match[str]) -> str:
        return f"{found[1]}\n{TABLES[found[2]]().strip()}\n\n{found[3]}"

    written = {path: path.read_text(encoding="utf-8") for path in sorted(DOCS.glob("*.md"))}
    return {path: MARKED.sub(filled, text) for path, text in written.items() if MARKED.search(text)}


def main() -> None:
    """Write what has changed."""
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
