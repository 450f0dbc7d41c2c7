"""The database of a command: the one at a URL, or the embedded one, migrated and with its read models."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from uuid import uuid4

from chuishao.commands.execution import Envelope, Executor
from chuishao.commands.policies import AdoptPolicy, default_policy
from chuishao.domain.actor import SYSTEM
from chuishao.domain.identity import POLICY_ID
from chuishao.eventlog.connection import open_pool
from chuishao.eventlog.log import EventLog
from chuishao.eventlog.migrate import migrate
from chuishao.projections.catalogue import PROJECTIONS
from chuishao.projections.poison import OnPoison
from chuishao.projections.rebuild import Progress, prepare, quiet
from chuishao.service.postgres import EmbeddedPostgres
from chuishao.service.settings import Settings


@contextmanager
def database(settings: Settings) -> Iterator[str]:
    """The URL of a running database; the embedded one runs until the end of the block."""
    if settings.database_url is not None:
        yield settings.database_url
    else:
        with EmbeddedPostgres.start(settings.data_dir) as postgres:
            yield postgres.url


@asynccontextmanager
async def opened(url: str, *, size: int = 16) -> AsyncIterator[EventLog]:
    """The log of a database, as it is."""
    pool = await open_pool(url, size=size)
    try:
        yield EventLog(pool)
    finally:
        await pool.close()


async def make_ready(
    log: EventLog, key: bytes, progress: Progress = quiet, on_poison: OnPoison = "stop"
) -> tuple[list[str], list[str]]:
    """Migrate, adopt the default policy where there is none, and prepare the read models.

    Gives the migrations applied and the read models rebuilt.
    """
    migrations = await migrate(log.pool)
    await log.make_partitions()
    if await log.version(POLICY_ID) == 0:
        from chuishao.service.holidays import published_since  # noqa: PLC0415 once in the life of a log

        document = default_policy()
        adopt = AdoptPolicy(document=document, days=published_since(document))
        await Executor(log, key).execute(adopt, Envelope(uuid4(), SYSTEM))
    return migrations, await prepare(log, PROJECTIONS, progress, on_poison)
