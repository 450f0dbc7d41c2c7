"""Where does each read model stand?"""

from __future__ import annotations

from dataclasses import dataclass

from chuishao.eventlog.connection import Connection

_QUERY = """
SELECT p.name, p.version, p.fingerprint, p.position, p.status, p.error,
       (SELECT count(*) FROM parked k WHERE k.log = p.log AND k.projection = p.name) AS parked,
       coalesce((SELECT e.position FROM event e WHERE e.log = p.log
                 ORDER BY e.position DESC LIMIT 1), 0) AS head
FROM projection p WHERE p.log = $1 ORDER BY p.name
"""


@dataclass(frozen=True, slots=True)
class Standing:
    """A read model's code and position, why it stopped if it did, and how many events it has set aside."""

    name: str
    version: int
    fingerprint: str | None
    position: int
    status: str
    error: str | None
    parked: int
    head: int

    @property
    def lag(self) -> int:
        """How many events it is behind the log."""
        return max(0, self.head - self.position)


async def standings(connection: Connection, log: int) -> list[Standing]:
    """Every read model of a log, by name."""
    return [Standing(*row) for row in await connection.fetch(_QUERY, log)]
