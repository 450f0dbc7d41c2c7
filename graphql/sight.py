"""What the asker sees of the log, and the secret that ties a resident to a case."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, TypeAlias
from uuid import UUID

import strawberry

from chuishao.commands.secret import require_secret
from chuishao.domain.actor import out_of_scope
from chuishao.domain.case_events import CaseRehomed, CaseReported, CaseSplitOff, CaseTransferred
from chuishao.domain.phrase import Phrase
from chuishao.domain.refusal import NotFound, Refusal
from chuishao.domain.sight import Sight
from chuishao.domain.whistle_events import DepartmentSummoned
from chuishao.eventlog.log import Filter
from chuishao.eventlog.mapper import RecordedEvent
from chuishao.graphql.context import Context
from chuishao.graphql.inputs import read_id
from chuishao.graphql.links import CASE
from chuishao.projections.sight import SEEN_BY, cases_seen

CaseSecret: TypeAlias = Annotated[
    str | None,
    strawberry.argument(
        description="查询码 The case's own secret, for a resident without an account; shows the case."
    ),
]


def prove(context: Context, case_id: str, secret: str | None) -> None:
    """Let the asker see a case whose secret was given; refused where the secret does not fit."""
    if secret is None:
        return
    try:
        case = read_id(case_id, "id")
        require_secret(context.services.executor.key, case, secret)
    except Refusal as refusal:
        raise context.error(refusal) from refusal
    context.prove(case)


async def narrowed(context: Context, wanted: Filter, head: int) -> Filter:
    """A filter of recorded events, narrowed to what the asker sees of the log up to its head."""
    reader = context.reader
    if reader.sight is Sight.SCOPE and reader.actor.scope is not None:
        return replace(wanted, case_places=reader.actor.scope or None)
    if reader.unknown or (reader.actor.scope is None and reader.sight is not Sight.OWN):
        return replace(wanted, cases=frozenset())
    await context.at_least(head, SEEN_BY)
    async with context.reading() as connection:
        return replace(wanted, cases=await cases_seen(connection, reader))


class Watch:
    """Which events of a subscription its asker sees, recorded and to come.

    By scope that follows from the event alone. Where it depends on the case, the read models are asked once
    they show the event, and only of events that may change it: others are no work, however many followers.
    `head` is where the log ended when the subscription began; up to there, what is seen then is shown.
    """

    def __init__(self, context: Context, asked: Filter, recorded: Filter, head: int) -> None:
        self.head = head
        self._context = context
        self._asked = asked
        self._recorded = recorded
        reader = context.reader
        self._by_case = reader.sight is not Sight.SCOPE and not reader.unknown
        self.wanted = replace(recorded, cases=None) if self._by_case else recorded
        self._seen: set[UUID] = set(recorded.cases or ())

    def seen_by(self, context: Context) -> Watch:
        """The same as it began, for another context of a reader who sees the same."""
        return Watch(context, self._asked, self._recorded, self.head)

    async def anew(self) -> Watch:
        """The same, begun now."""
        return await watched(self._context, self._asked)

    async def shows(self, event: RecordedEvent) -> bool:
        """Whether an event is shown."""
        case = event.correlation
        if not self._by_case or case is None:
            return True
        known = case in self._seen
        if event.position <= self.head or not self._decides(event, known):
            return known
        shown = await sees(self._context, case, event.position)
        (self._seen.add if shown else self._seen.discard)(case)
        return shown

    def _decides(self, event: RecordedEvent, known: bool) -> bool:
        """Whether an event may change that its case is seen, so that the read models must be asked."""
        reader = self._context.reader
        if reader.sight is Sight.SUMMONED and known:
            return not reader.actor.reaches(event.meta.place)
        match event.event:
            case CaseReported(subject=subject) | CaseSplitOff(subject=subject):
                return subject == reader.subject
            case DepartmentSummoned(department=department):
                return department == reader.actor.department
            case CaseTransferred() | CaseRehomed():
                return reader.sight is Sight.SUMMONED
        return False


async def watched(context: Context, wanted: Filter) -> Watch:
    """Follow what the asker sees, beginning now."""
    head, _ = await context.services.feed.last()
    return Watch(context, wanted, await narrowed(context, wanted, head), head)


class CaseWatch:
    """The events of one case, for as long as its asker sees it."""

    def __init__(self, context: Context, case: UUID, head: int) -> None:
        self.head = head
        self.wanted = Filter(correlation=case)
        self._context = context
        self._case = case

    def seen_by(self, context: Context) -> CaseWatch:
        """The same, for another context of a reader who sees the same."""
        return CaseWatch(context, self._case, self.head)

    async def anew(self) -> CaseWatch:
        """The same, begun now."""
        head, _ = await self._context.services.feed.last()
        return CaseWatch(self._context, self._case, head)

    async def shows(self, event: RecordedEvent) -> bool:
        """Every event is shown; the first beyond what the asker sees ends it with an error."""
        context, place = self._context, event.meta.place
        actor = context.actor
        if context.reader.sight is not Sight.OWN and not actor.reaches(place):
            case = event.correlation
            if case is None or not await sees(context, case, event.position):
                raise context.error(out_of_scope(actor, place, "caseId"))
        return True


async def sees(context: Context, case: UUID, position: int) -> bool:
    """Whether the asker sees a case as it stands at a position or later."""
    await context.at_least(position, SEEN_BY)
    return await context.loaders.of(CASE).load(case) is not None


async def require_seen(context: Context, case: UUID) -> None:
    """Refuse to follow a case that the asker does not see; one that does not exist looks the same.

    Read models that lag or have stopped keep nobody from following a case that they show already.
    """
    if await context.loaders.of(CASE).load(case) is not None:
        return
    context.forget()
    if not await sees(context, case, await context.services.log.head()):
        raise context.error(NotFound("caseId", kind=Phrase("case", "案件"), id=case))
