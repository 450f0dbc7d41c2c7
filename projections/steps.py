"""Where the step that an event records leaves its case."""

from __future__ import annotations

from chuishao.domain.case_events import CaseEvent
from chuishao.domain.catalogue import EVENT_TYPES
from chuishao.domain.lifecycle import TRANSITIONS

LEAVES_AT: dict[type, str | None] = {
    kind: target.value if (target := TRANSITIONS[kind.STEP].target) is not None else None
    for kind in EVENT_TYPES.values()
    if issubclass(kind, CaseEvent)
}
"""By the kind of event; None where the case stays in its state. Looked up for every event that is folded."""
