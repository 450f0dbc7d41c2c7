"""What several reactions look at: the policy of a moment, and words as they are kept."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from chuishao.commands.rehoming import Find
from chuishao.domain.event import PersonalText, SealedText
from chuishao.domain.identity import POLICY_ID
from chuishao.domain.policy import Policies, Policy
from chuishao.reactions.reaction import Around


async def policy_at(around: Around, moment: datetime) -> Policy | None:
    """The policy in force at a moment; None where none was adopted yet."""
    policies = await around.log.aggregates.load(POLICY_ID)
    if not isinstance(policies, Policies):
        return None
    return policies.in_force(moment)


def finding(around: Around) -> Find:
    """Loads an aggregate of a kind; None where there is none."""

    async def find(kind: type[Any], stream: UUID) -> Any:
        found = await around.log.aggregates.load(stream)
        return found if isinstance(found, kind) else None

    return find


async def words(around: Around, text: PersonalText | SealedText | None) -> str | None:
    """The words of an event; None where there are none, or where they were erased."""
    if text is None or isinstance(text, PersonalText):
        return text.text if text else None
    return (await around.log.opened([text])).get(text)
