"""指标 The figures that a process keeps. Labels come from small fixed sets; nothing tells who or what."""

from __future__ import annotations

import asyncio
from functools import lru_cache, partial

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from chuishao.eventlog.writer import Batch
from chuishao.graphql.context import Services
from chuishao.graphql.endpoint.asgi import GraphQLRoutes
from chuishao.graphql.endpoint.observation import Observation, running

KINDS = ("query", "mutation", "subscription")
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256)


class Figures:
    """The figures of one process. Gauges of several are added up; of a lag, the worst one counts."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._keep_operations()
        self._keep_appends()
        self._keep_gauges()

    def _keep_operations(self) -> None:
        counter = partial(Counter, namespace="chuishao", registry=self.registry)
        histogram = partial(Histogram, namespace="chuishao", registry=self.registry, buckets=SECONDS)
        text = "Operations that have ended, by outcome: OK, or the code of the first error or refusal."
        self.operations = counter("operations", text, labelnames=("kind", "transport", "outcome"))
        text = "From a request's arrival until its result was made."
        self.seconds = histogram("operation_seconds", text, labelnames=["kind"])
        self._counter = lru_cache(maxsize=256)(self.operations.labels)
        self._histogram = lru_cache(maxsize=4)(self.seconds.labels)

    def _keep_appends(self) -> None:
        counter = partial(Counter, namespace="chuishao", registry=self.registry)
        histogram = partial(Histogram, namespace="chuishao", registry=self.registry)
        self.batches = histogram("append_batch_commands", "Commands in one append call.", buckets=SIZES)
        self.events = counter("append_events", "Events in append calls that were answered.")
        text = "One append call: getting a connection, waiting for the log's lock, work, commit."
        self.appends = histogram("append_seconds", text, buckets=SECONDS)
        text = "One command, from being handed to the writer until its verdict: queue and call."
        self.waits = histogram("append_answer_seconds", text, buckets=SECONDS)

    def _keep_gauges(self) -> None:
        gauge = partial(Gauge, namespace="chuishao", registry=self.registry, multiprocess_mode="livesum")
        worst = partial(Gauge, namespace="chuishao", registry=self.registry, multiprocess_mode="livemax")
        self.sockets = gauge("open_sockets", "WebSockets that are open.")
        self.streams = gauge("open_streams", "Event streams that are open.")
        self.running = gauge("running_operations", "Operations that have not ended.", labelnames=["kind"])
        self.tasks = gauge("tasks", "Tasks of the servers' event loops, whatever they wait for.")
        self.followers = gauge("feed_followers", "Followers of the log in the server's processes.")
        text = "Events that the slowest follower of the worst process has still to look at."
        self.lag = worst("feed_follower_lag_events", text)
        text = "How often a process has found the log set back to an earlier state, since its start."
        self.set_back = worst("log_set_back", text)
        self.connections = gauge("pool_connections", "Connections to the database.", labelnames=["state"])

    def operation(self, seen: Observation) -> None:
        """Count an operation that has ended."""
        self._counter(seen.kind, seen.transport, seen.outcome).inc()
        if seen.kind in ("query", "mutation"):
            self._histogram(seen.kind).observe(seen.seconds)

    def batch(self, done: Batch) -> None:
        """Count an append call."""
        self.batches.observe(done.commands)
        self.events.inc(done.events)
        self.appends.observe(done.seconds)

    def sample(self, services: Services, routes: GraphQLRoutes) -> None:
        """Note what is open and in use at this moment."""
        self.sockets.set(routes.open_sockets)
        self.streams.set(routes.open_streams)
        for kind in KINDS:
            self.running.labels(kind).set(sum(seen.kind == kind for seen in running))
        self.tasks.set(len(asyncio.all_tasks()))
        self.followers.set(len(services.feed.followers))
        self.lag.set(services.feed.lag)
        self.set_back.set(len(services.feed.set_back))
        pool = services.log.pool
        self.connections.labels("used").set(pool.get_size() - pool.get_idle_size())
        self.connections.labels("idle").set(pool.get_idle_size())
