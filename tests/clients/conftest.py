"""A town behind a server process, and what the clients need to reach it, for every module of client tests."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from chuishao.domain.actor import Actor
from chuishao.eventlog.connection import open_pool
from chuishao.eventlog.log import EventLog
from tests.clients.installation import CLIENTS, chromium, npm_folder
from tests.conftest import copy_of_template
from tests.served import ADMINISTRATOR, AUDITOR, Served, address, process, token
from tests.town import Town, make_town


@dataclass(frozen=True)
class Place:
    """A town and the server that shows it."""

    town: Town
    served: Served

    @property
    def http(self) -> str:
        """Where queries go."""
        return f"http://{self.served.base}/graphql"

    @property
    def ws(self) -> str:
        """Where WebSockets go."""
        return f"ws://{self.served.base}/graphql"

    def given(self, **more: Any) -> dict[str, Any]:
        """What a scenario is given: addresses, tokens by role, and more."""
        people = {
            "streetOfficer": self.town.street_officer,
            "communityStaff": self.town.community_staff,
            "auditor": AUDITOR,
            "administrator": ADMINISTRATOR,
        }
        tokens = {name: token(actor) for name, actor in people.items()}
        return {"http": self.http, "ws": self.ws, "tokens": tokens, **more}

    def expiring(self, actor: Actor, **lasting: float) -> str:
        """A token that lasts so long, or has expired where that is negative."""
        return token(actor, timedelta(**lasting))

    async def caught_up(self) -> int:
        """The head of the log, once the read models show it."""
        head = await self.town.log.head()
        ask = "query ($at: Position) { cases(first: 1, atLeast: $at) { nodes { id } } }"
        await self.served.client(AUDITOR).read(ask, at=head)
        return head


@pytest.fixture(scope="module")
async def place(template: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Place]:
    """A town with a server of its own, shared by the tests of a module."""
    database = await copy_of_template(template)
    pool = await open_pool(database, size=4)
    town = await make_town(EventLog(pool))
    async with process(
        tmp_path_factory.mktemp("server"), "--database-url", address(database), "--no-reactions"
    ) as server:
        yield Place(town, server.served)
    await pool.close()


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    """For a test that starts servers of its own."""
    async with httpx.AsyncClient(timeout=20) as client:
        yield client


@pytest.fixture(scope="session")
def npm() -> Path:
    """The programs of the npm packages of this folder, which scripts beside them import too."""
    return npm_folder(CLIENTS)


@pytest.fixture(scope="session")
def browser() -> list[str | Path]:
    """How a command begins that runs a Chromium without a window."""
    as_root = ["--no-sandbox"] if os.geteuid() == 0 else []  # it refuses to run as root with one
    return [chromium(), "--headless=new", "--disable-gpu", "--disable-dev-shm-usage", *as_root]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what tests recorded about themselves, such as how much they tried."""
    for report in terminalreporter.getreports("passed"):
        for name, value in report.user_properties:
            terminalreporter.write_line(f"{name} {value}")
