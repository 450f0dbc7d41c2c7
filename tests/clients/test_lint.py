"""The committed schema and the example operations please the linters that frontend teams run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.clients.installation import CLIENTS, ROOT
from tests.clients.programs import play, run

SCHEMA = "graphql/schema.graphql"
RULES = (
    "arguments-have-descriptions",
    "defined-types-are-used",
    "deprecations-have-a-reason",
    "enum-values-all-caps",
    "enum-values-have-descriptions",
    "fields-are-camel-cased",
    "fields-have-descriptions",
    "input-object-values-are-camel-cased",
    "input-object-values-have-descriptions",
    "relay-connection-arguments-spec",
    "relay-connection-types-spec",
    "relay-page-info-spec",
    "types-are-capitalized",
    "types-have-descriptions",
)
"""All of its rules but those that want everything in the order of the alphabet."""


async def test_graphql_schema_linter_finds_nothing(npm: Path) -> None:
    ended = await run(npm / "graphql-schema-linter", SCHEMA, "--rules", ",".join(RULES), folder=ROOT)

    assert ended.code == 0, ended.said
    assert "0 errors detected" in ended.out


async def test_graphql_eslint_finds_nothing(npm: Path) -> None:
    files = (SCHEMA, "graphql/operations")
    configuration = CLIENTS / "eslint.config.mjs"
    ended = await run(npm / "eslint", "--config", configuration, "--format", "json", *files, folder=ROOT)

    results = json.loads(ended.out)
    assert [found for result in results for found in result["messages"]] == [], ended.err
    assert len(results) == 1 + len(list((ROOT / "graphql" / "operations").glob("*.graphql")))
    assert ended.code == 0


@pytest.mark.usefixtures("npm")
async def test_graphql_inspector_finds_nothing_that_breaks_released_frontends(tmp_path: Path) -> None:
    committed, released = ROOT / SCHEMA, ROOT / "graphql" / "released.graphql"
    renamed = tmp_path / "renamed.graphql"
    text = committed.read_text(encoding="utf-8")
    before, found, after = text.partition("type CaseConnection ")
    assert found, "a type that was released"
    after = after.replace("totalCount: Int!", "countOfAll: Int!", 1)
    renamed.write_text(before + found + after, encoding="utf-8")

    async def breaking(newer: Path) -> Any:
        return await play("evolution.mjs", "breaking", {"older": str(released), "newer": str(newer)})

    assert await breaking(committed) == []
    assert len(await breaking(renamed)) == 1
