"""Who answers the three questions: ours and the peers, each a real process on the same PostgreSQL."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from benchmarks import questions
from benchmarks.dataset import City
from benchmarks.processes import Running, postmaster, running
from benchmarks.questions import PARAMETERS, Asked, get, post, renamed
from chuishao.domain.actor import Actor
from chuishao.domain.sight import SHOWN, Reading
from chuishao.domain.vocabulary import Role
from chuishao.eventlog.connection import Pool
from tests.clients.installation import node, npm_folder
from tests.served import CHUISHAO, environment, free_port, token

PEERS = Path(__file__).with_name("peers")
POOL = 16
"""Connections to PostgreSQL that each server may have; ours has so many by itself."""
OURS, QUIET = "chuishao", "chuishao, no line an operation"
POSTGRAPHILE, MERCURIUS, STRAWBERRY = "postgraphile", "mercurius", "strawberry"
BARE, BARE_JSON = "bare", "bare_json"
SCOPED, UNSCOPED = "postgraphile, scoped", "unscoped"
AUDITOR = Actor("auditor-1", Role.AUDITOR, "")
MASKED = Role.INTEGRATOR
"""Sees the cases of a scope, and neither words nor actors."""
Command = Callable[[int, str], Sequence[str | Path]]


@dataclass(frozen=True, slots=True)
class Server:
    """How a server is started, at a port on a database, in which environment."""

    command: Command
    environment: dict[str, str]


def _node(script: str, *more: str) -> Server:
    def command(port: int, url: str) -> Sequence[str | Path]:
        return [node(), PEERS / script, str(port), url, str(POOL), *more]

    return Server(command, dict(os.environ) | {"NODE_ENV": "production", "GRAPHILE_ENV": "production"})


def _python(module: str) -> Server:
    def command(port: int, url: str) -> Sequence[str | Path]:
        return [sys.executable, "-m", f"benchmarks.peers.{module}", str(port), url, str(POOL)]

    return Server(command, dict(os.environ))


def _chuishao(*more: str) -> Server:
    def command(port: int, url: str) -> Sequence[str | Path]:
        return [
            CHUISHAO,
            "serve",
            "--port",
            str(port),
            "--rate",
            "0",
            "--no-reactions",
            "--database-url",
            url,
            *more,
        ]

    return Server(command, environment())


SERVERS: dict[str, Server] = {
    OURS: _chuishao(),
    QUIET: _chuishao("--log-level", "warning"),
    POSTGRAPHILE: _node("postgraphile.mjs", "peer"),
    SCOPED: _node("postgraphile.mjs", "scoped"),
    MERCURIUS: _node("mercurius.mjs"),
    STRAWBERRY: _python("loaders"),
    BARE: _python("bare"),
}


def install() -> None:
    """Install what Node's peers need, once."""
    npm_folder(PEERS)


@dataclass(frozen=True, slots=True)
class Contender:
    """Somebody who is asked one question: port, requests, the process that answers, its PostgreSQL."""

    name: str
    port: int
    process: Running
    database: Running
    requests: list[str]
    fresh: bool = False


@dataclass
class Stage:
    """The servers that run, and what they are asked."""

    ports: dict[str, int]
    processes: dict[str, Running]
    database: Running
    asked: Asked

    @classmethod
    def open(cls, stack: ExitStack, names: Sequence[str], city: City, asked: Asked) -> Stage:
        """Start servers, to be ended with the stack."""
        stage = cls({}, {}, postmaster(city.folder), asked)
        for name in names:
            port, log = free_port(), city.folder / f"{name.replace(', ', '-').replace(' ', '-')}.log"
            server = SERVERS[name]
            started = running(server.command(port, city.url), port, log, server.environment)
            stage.ports[name], stage.processes[name] = port, stack.enter_context(started)
        return stage

    def unscoped(self, kind: str) -> list[Contender]:
        """A question by an auditor of the whole city; the peers know no actors."""
        values = self.asked.everywhere[kind]
        name = PARAMETERS[kind]
        ours = {"authorization": f"Bearer {token(AUDITOR, timedelta(days=1))}"}
        documents = {
            OURS: (questions.OURS, ours),
            QUIET: (questions.OURS, ours),
            POSTGRAPHILE: (questions.POSTGRAPHILE, {}),
            MERCURIUS: (questions.RESOLVERS, {}),
            STRAWBERRY: (questions.RESOLVERS, {}),
        }
        found = {
            server: [post(by_kind[kind], {name: value}, headers) for value in values]
            for server, (by_kind, headers) in documents.items()
        }
        found[BARE] = [get(f"/{kind}", name, value) for value in values]
        contenders = self._contenders(found)
        if BARE in self.ports:
            json = [get(f"/json/{kind}", name, value) for value in values]
            contenders.append(self._contender(BARE_JSON, BARE, json))
        return contenders

    def scoped(self, kind: str) -> list[Contender]:
        """The same by somebody who sees one district, and no actors."""
        scope, name = self.asked.scope, PARAMETERS[kind]
        actor = Actor("integrator-1", MASKED, scope)
        ours = {"authorization": f"Bearer {token(actor, timedelta(days=1))}"}
        theirs = {"x-role": MASKED.value, "x-scope": scope}
        values = self.asked.within[kind]
        found = {
            OURS: [post(questions.OURS[kind], {name: value}, ours) for value in values],
            SCOPED: [post(questions.POSTGRAPHILE[kind], {name: value}, theirs) for value in values],
        }
        unscoped = {"authorization": f"Bearer {token(AUDITOR, timedelta(days=1))}"}
        same = [post(questions.OURS[kind], {name: value}, unscoped) for value in values]
        contenders = self._contenders(found)
        return [*contenders, self._contender(UNSCOPED, OURS, same)]

    def unseen(self, mark: str) -> list[Contender]:
        """The list in documents that are new each time."""
        grids = self.asked.everywhere["list"]
        ours = {"authorization": f"Bearer {token(AUDITOR, timedelta(days=1))}"}
        found = {
            OURS: [post(renamed(questions.OURS["list"], mark), {"grid": grid}, ours) for grid in grids],
            POSTGRAPHILE: [
                post(renamed(questions.POSTGRAPHILE["list"], mark), {"grid": grid}, {}) for grid in grids
            ],
        }
        return self._contenders(found, fresh=True)

    def _contenders(self, found: dict[str, list[str]], *, fresh: bool = False) -> list[Contender]:
        return [
            self._contender(name, name, requests, fresh=fresh)
            for name, requests in found.items()
            if name in self.ports
        ]

    def _contender(self, name: str, server: str, requests: list[str], *, fresh: bool = False) -> Contender:
        return Contender(name, self.ports[server], self.processes[server], self.database, requests, fresh)


async def make_views(pool: Pool) -> None:
    """Make the views that PostGraphile shows: for everybody, and for those with a scope."""
    await pool.execute((PEERS / "views.sql").read_text(encoding="utf-8"))
    await pool.execute(_scoped((PEERS / "views.sql").read_text(encoding="utf-8")))


def _scoped(views: str) -> str:
    """The same views for askers with a scope."""
    roles = ", ".join(f"'{role.value}'" for role in sorted(SHOWN[Reading.ACTORS]))
    seen = "WHERE place >= current_setting('actor.scope') AND place < current_setting('actor.scope') || '~'"
    views = (
        views.replace("/* seen */", seen).replace("peer.", "scoped.").replace("SCHEMA peer", "SCHEMA scoped")
    )
    views = views.replace("EXISTS peer ", "EXISTS scoped ")
    return re.sub(
        r"(\w+(?:\.\w+ ->> '\w+')?) /\* masked \*/",
        rf"CASE WHEN current_setting('actor.role') IN ({roles}) THEN \1 END",
        views,
    )
