"""责任链 The chain of responsibility of a case that the asker sees, as it was at a moment."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from chuishao.domain.refusal import Refusal
from chuishao.graphql.context import Info
from chuishao.graphql.inputs import read_moment
from chuishao.graphql.links import TRACE
from chuishao.graphql.scalars import Unreadable
from chuishao.projections.chain import Chain
from chuishao.projections.reach import LARGEST
from chuishao.projections.responsibility import chain


async def chain_of(
    info: Info, case: UUID, at: datetime | Unreadable | None, as_of: int | None
) -> Chain | None:
    """Fold its history as far as the log knew at a position; a moment that is to come counts as now."""
    context = info.context
    try:
        moment = read_moment(at, "at")
    except Refusal as refusal:
        raise context.error(refusal) from refusal
    entries = await context.loaders.of(TRACE).load(case)
    context.spend(entries)
    events = [entry.recorded for entry in entries if as_of is None or entry.position <= as_of]
    now = context.now
    if as_of is not None:
        now = min(now, await context.loaders.recorded_at.load(as_of) or now)
    policies = await context.loaders.policies.load(None)
    latest = max([now, *(one.occurred_at for one in events)])
    known_by = LARGEST if as_of is None else as_of
    return chain(events, latest if moment is None else min(moment, latest), policies.book, known_by)
