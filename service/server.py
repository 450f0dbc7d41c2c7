"""Running the application: one process, or several that share a socket."""

from __future__ import annotations

import os
import signal
import socket
import sys
from tempfile import TemporaryDirectory
from time import monotonic
from types import FrameType

import uvicorn
from uvicorn.supervisors import multiprocess

from chuishao.graphql.endpoint.limits import Limits
from chuishao.service import telemetry
from chuishao.service.app import healths, open_routes
from chuishao.service.connections import HttpConnection
from chuishao.service.garbage import settle
from chuishao.service.logs import configure
from chuishao.service.metrics import FOLDER
from chuishao.service.settings import Settings, WrongSetting
from chuishao.service.sockets import SocketConnection


class Server(uvicorn.Server):
    """Uvicorn, which closes sockets and streams with the right codes before it waits for them."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._drain_seconds = Settings.from_environment().drain_seconds
        self._stop_at: float | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, and say so once it is true."""
        await super().startup(sockets)
        if self.started:
            settle()
            address = f"http://{self.config.host}:{self.config.port}/graphql"
            page = " (GraphiQL in a browser)" if Settings.from_environment().graphiql else ""
            print(f"Serving {address}{page}; Ctrl-C ends it.", flush=True)  # noqa: T201

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End what is open, then stop."""
        for routes in open_routes:
            await routes.close()
        await super().shutdown(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop when told to, and at a second Ctrl-C without waiting.

        Uvicorn would raise the signal again once it has stopped, and nobody would stop the embedded database.
        """
        asked_before = self.should_exit or self._stop_at is not None
        self.force_exit = asked_before and sig == signal.SIGINT
        for health in healths:
            health.stopping = True
        if asked_before or self._drain_seconds == 0:
            self.should_exit = True
        else:
            self._stop_at = monotonic() + self._drain_seconds

    async def on_tick(self, counter: int) -> bool:
        """Whether to stop now: when told to, and load balancers had time to notice."""
        drained = self._stop_at is not None and monotonic() >= self._stop_at
        return await super().on_tick(counter) or drained


class Worker(multiprocess.Process):
    """One of several server processes, with our server in it."""

    @property
    def server(self) -> uvicorn.Server:
        """The server, made in the process that runs it."""
        if self._server is None:
            self._server = Server(self.config)
        return self._server


ANSWER = 60
"""Seconds within which a worker answers that it lives. Until it has imported everything it answers nothing:
on a busy machine, five seconds let each be ended before it was ready, and another one begun, for ever."""


def run(settings: Settings) -> None:
    """Serve until told to stop; `settings.database_url` must be set."""
    telemetry.require()
    os.environ.update(settings.to_environment())
    config = uvicorn.Config(
        "chuishao.service.app:create_app",
        factory=True,
        host=settings.host,
        port=settings.port,
        workers=settings.workers,
        loop="uvloop" if sys.platform != "win32" else "auto",
        http=HttpConnection,
        ws=SocketConnection,
        ws_max_size=Limits().body,
        ws_per_message_deflate=False,
        log_config=None,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=10,
        timeout_worker_healthcheck=ANSWER,
    )
    if settings.workers == 1:
        Server(config).run()
        return
    multiprocess.Process = Worker  # type: ignore[misc]  # uvicorn asks nobody which server its workers run
    configure(settings.log_format, settings.log_level)
    with TemporaryDirectory(prefix="chuishao-metrics-") as shared:
        os.environ[FOLDER] = shared  # for the workers, whose figures are added up
        multiprocess.Multiprocess(config, sockets=[config.bind_socket()]).run()


def require_free(settings: Settings) -> None:
    """Refuse an address that is taken, before anything else is started on it."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            raise WrongSetting(f"{settings.host}:{settings.port} cannot be used: {error.strerror}") from error
