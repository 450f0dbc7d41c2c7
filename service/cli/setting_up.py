"""Bringing a database to this version, and divisions into it."""

from __future__ import annotations

import asyncio

from chuishao.service.cli.app import app
from chuishao.service.cli.running import console, show_ready
from chuishao.service.database import database, opened
from chuishao.service.options import told
from chuishao.service.settings import Settings


@app.command()
@told("database_url", "data_dir", "on_poison")
def migrate(settings: Settings) -> None:
    """Bring the database to this version: migrations, default policy, read models."""

    async def inside(url: str) -> None:
        async with opened(url) as log:
            migrations, rebuilt = await show_ready(log, settings)
            console.print(f"Migrations applied: {', '.join(migrations) or 'none were missing'}.")
            console.print(f"Read models rebuilt: {', '.join(rebuilt) or 'none were out of date'}.")

    with database(settings) as url:
        asyncio.run(inside(url))
