"""What a command is: frozen data with one decision. Fields carry their description for the schema."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from chuishao.domain.vocabulary import Role

if TYPE_CHECKING:
    from eventsourcing.domain import BaseAggregate

    from chuishao.commands.work import Work


@dataclass(frozen=True, kw_only=True)
class Command:
    """Something a user asks for. `thing` names what the answer gives back.

    `roles` may send it at all, as the domain's tables say; where and when they may, the decision says.
    """

    thing: ClassVar[str]
    makes: ClassVar[bool] = False
    """Whether that thing is new, so that nobody can have seen a version of it."""
    roles: ClassVar[frozenset[Role]]

    async def decide(self, work: Work) -> BaseAggregate[Any]:
        """Load what is needed, decide, and give back the aggregate that the command is about."""
        raise TypeError(f"{type(self).__name__} decides nothing")


def name_of(command: type) -> str:
    """What a command, or a part of one, is called by those who send it: its class's name, beginning small."""
    return command.__name__[0].lower() + command.__name__[1:]
