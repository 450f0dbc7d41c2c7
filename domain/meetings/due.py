"""期限 A last day: of what is owed, it must not be over as it is promised."""

from __future__ import annotations

from datetime import date

from chuishao.domain.phrase import Phrase
from chuishao.domain.refusal import BadTime


def require_to_come(due: date, today: date) -> None:
    """Refuse a last day that is over already; `today` is the local day."""
    if due < today:
        reason = Phrase(f"it is {today} already", f"今天已是 {today}")
        raise BadTime("due", field="due", at=due.isoformat(), reason=reason)
