"""指标 `/metrics` for Prometheus, right also where several processes serve one port.

With several processes each writes its figures to files in one folder, and whichever is asked adds them up:
counters and histograms of all, gauges of those alive. What the database knows (the head, the read models) is
asked for at each scrape, once, so that no process counts it twice.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg
from prometheus_client import CollectorRegistry, generate_latest, multiprocess
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chuishao.eventlog.connection import Unavailable, connected
from chuishao.eventlog.sealer import SealStanding
from chuishao.eventlog.sealer import standing as seal_standing
from chuishao.graphql.context import Services
from chuishao.graphql.endpoint.asgi import GraphQLRoutes
from chuishao.projections.status import Standing, standings
from chuishao.service.figures import Figures

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""The variable by which several processes share a folder; set before this module is imported."""
SAMPLED_EVERY = 1.0
"""Seconds between samples, for the processes that are not asked themselves."""
WITHIN = 2.0
"""Seconds that the database may take to answer a scrape."""


@dataclass
class Scrape:
    """Answers `/metrics`."""

    figures: Figures
    routes: GraphQLRoutes
    running: Callable[[], Services | None]

    def route(self) -> Route:
        """`/metrics`."""
        return Route("/metrics", self._answer)

    @asynccontextmanager
    async def kept(self, services: Services) -> AsyncIterator[None]:
        """Keep figures of the services while they run."""
        services.log.writer.on_batch.append(self.figures.batch)
        services.log.writer.on_answer.append(self.figures.waits.observe)
        sampling = asyncio.create_task(self._keep_sampling())
        try:
            yield
        finally:
            sampling.cancel()

    async def _keep_sampling(self) -> None:
        """Sample from time to time, for when another process is asked."""
        while FOLDER in os.environ:
            self._sample()
            await asyncio.sleep(SAMPLED_EVERY)

    def _sample(self) -> None:
        services = self.running()
        if services is not None:
            self.figures.sample(services, self.routes)

    async def _answer(self, _request: Request) -> Response:
        self._sample()
        known = await _known(self.running())
        text = await asyncio.to_thread(lambda: generate_latest(self._kept()) + generate_latest(_only(known)))
        return Response(text, headers={"content-type": CONTENT_TYPE_PLAIN_0_0_4, "cache-control": "no-store"})

    def _kept(self) -> CollectorRegistry:
        """The figures of this process, or of all of them together."""
        if FOLDER not in os.environ:
            return self.figures.registry
        forget_the_dead(Path(os.environ[FOLDER]))
        together = CollectorRegistry()
        multiprocess.MultiProcessCollector(together)  # type: ignore[no-untyped-call]
        return together


def forget_the_dead(folder: Path) -> None:
    """Take away the gauges of processes that were killed; what they counted stays."""
    for file in folder.glob("gauge_live*_*.db"):
        process = int(file.stem.rpartition("_")[2])
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            multiprocess.mark_process_dead(process, str(folder))  # type: ignore[no-untyped-call]


@dataclass(frozen=True, eq=False)
class Known(Collector):
    """What the database says at a scrape; nothing where it does not answer."""

    standings: Sequence[Standing] | None
    seal: SealStanding | None = None

    def collect(self) -> Iterator[Metric]:
        """The head of the log, how far it is sealed, and where each read model stands."""
        up = self.standings is not None
        yield _gauge("database_up", "Whether the database answered this scrape.", float(up))
        if self.seal is not None:
            yield _gauge("sealed_position", "The last position that a checkpoint signs.", self.seal.sealed)
            refused = float(self.seal.refusal is not None)
            yield _gauge("seal_refused", "Whether the sealer refuses to sign.", refused)
            if self.seal.age is not None:
                yield _gauge("checkpoint_age_seconds", "Since the newest checkpoint.", self.seal.age)
        if not self.standings:
            return
        yield _gauge("log_head_position", "The last position of the log.", self.standings[0].head)
        for name, text, value in (
            ("projection_lag_events", "Events that a read model is behind the log.", _lag),
            ("projection_parked_events", "Events that a read model has set aside.", _parked),
            ("projection_stopped", "Whether a read model has stopped at an event.", _stopped),
        ):
            family = GaugeMetricFamily(f"chuishao_{name}", text, labels=["projection"])
            for standing in self.standings:
                family.add_metric([standing.name], value(standing))
            yield family


def _lag(standing: Standing) -> float:
    return standing.lag


def _parked(standing: Standing) -> float:
    return standing.parked


def _stopped(standing: Standing) -> float:
    return float(standing.status == "stopped")


def _gauge(name: str, text: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"chuishao_{name}", text, value=value)


def _only(collector: Collector) -> CollectorRegistry:
    registry = CollectorRegistry()
    registry.register(collector)
    return registry


async def _known(services: Services | None) -> Known:
    if services is None:
        return Known(None)
    try:
        async with asyncio.timeout(WITHIN), connected(services.log.pool) as connection:
            log = services.log.id
            return Known(await standings(connection, log), await seal_standing(connection, log))
    except (TimeoutError, Unavailable, asyncpg.PostgresError):
        return Known(None)
