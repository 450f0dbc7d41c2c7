"""How the Python peers are served: one process, uvloop, httptools, asyncpg with ours sessions' settings."""

from __future__ import annotations

import sys
from typing import Any

import asyncpg
import uvicorn


async def open_pool(url: str, size: int) -> asyncpg.Pool[Any]:
    """A pool whose connections are kept as they are, with their prepared statements."""
    session = {"application_name": "peer", "timezone": "UTC", "jit": "off"}
    return await asyncpg.create_pool(url, min_size=size, max_size=size, reset=_keep, server_settings=session)


async def _keep(_connection: Any) -> None:
    """Reset nothing: nobody sets anything."""


def run(app: Any) -> None:
    """Serve at the port of the first argument, and log nothing."""
    uvicorn.run(
        app, host="127.0.0.1", port=int(sys.argv[1]), loop="uvloop", http="httptools", lifespan="on",
        access_log=False, log_level="warning",
    )  # fmt: skip
