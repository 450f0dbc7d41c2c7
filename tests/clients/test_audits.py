"""The server speaks GraphQL over HTTP as the specification's audits ask."""

from __future__ import annotations

from pathlib import Path

from tests.clients.conftest import Place
from tests.clients.programs import play


async def test_every_audit_of_graphql_over_http_passes(place: Place, npm: Path) -> None:
    audits = await play("audits.mjs", "all", place.given())

    assert [audit for audit in audits if audit["status"] != "ok"] == []
    assert len(audits) == 61
