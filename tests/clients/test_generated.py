"""Clients with types generated from the committed schema: they compile, refuse a wrong field, and work."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.clients.conftest import Place
from tests.clients.installation import ROOT, node, npm_folder, python_environment
from tests.clients.programs import run, succeed
from tests.served import token

EXAMPLES = ROOT / "examples"
STEPS = ["open cases", "is REPORTED", "CaseReported", "CaseAccepted"]


@pytest.fixture(scope="module")
async def typescript() -> Path:
    """The example in TypeScript, installed and generated."""
    folder = EXAMPLES / "typescript-client"
    await succeed(npm_folder(folder) / "graphql-codegen", folder=folder)
    return folder


@pytest.fixture(scope="module")
async def python() -> Path:
    """The example in Python, installed and generated."""
    folder = EXAMPLES / "python-client"
    await succeed(python_environment(folder) / "ariadne-codegen", folder=folder)
    return folder


def with_a_wrong_field(example: Path, program: str, right: str, wrong: str, folder: Path) -> Path:
    """A copy of an example that asks an answer for a field that it has not."""
    copy = folder / example.name
    shutil.copytree(example, copy, ignore=shutil.ignore_patterns("node_modules", ".venv", ".*_cache"))
    text = (copy / program).read_text(encoding="utf-8")
    assert right in text
    (copy / program).write_text(text.replace(right, wrong), encoding="utf-8")
    return copy


def assert_took_the_steps(said: str) -> None:
    """The program read, reported, and followed what it did."""
    lines = said.splitlines()
    assert [step for step, line in zip(STEPS, lines, strict=True) if step not in line] == [], said


async def test_the_program_in_typescript_compiles(typescript: Path) -> None:
    assert await succeed("node_modules/.bin/tsc", folder=typescript) == ""


async def test_a_wrong_field_does_not_compile_in_typescript(typescript: Path, tmp_path: Path) -> None:
    copy = with_a_wrong_field(
        typescript, "main.ts", "reportCase.case.dueAt", "reportCase.case.dueOn", tmp_path
    )
    (copy / "node_modules").symlink_to(typescript / "node_modules")
    ended = await run("node_modules/.bin/tsc", folder=copy)

    assert ended.code != 0
    assert "Property 'dueOn' does not exist" in ended.out
    assert ended.out.count("error TS") == 1


async def test_the_program_in_typescript_reads_writes_and_follows(typescript: Path, place: Place) -> None:
    environ = {"TOKEN": token(place.town.community_staff)}
    said = await succeed(node(), "main.ts", place.http, folder=typescript, environ=environ)

    assert_took_the_steps(said)


async def test_the_program_in_python_is_typed(python: Path) -> None:
    assert "no issues found" in await succeed(".venv/bin/mypy", folder=python)


async def test_mypy_tells_a_wrong_field_in_python(python: Path, tmp_path: Path) -> None:
    copy = with_a_wrong_field(python, "main.py", "case.due_at", "case.due_on", tmp_path)
    ended = await run(python / ".venv" / "bin" / "mypy", folder=copy)

    assert ended.code == 1
    assert 'has no attribute "due_on"' in ended.out
    assert "Found 1 error" in ended.out


async def test_the_program_in_python_reads_writes_and_follows(python: Path, place: Place) -> None:
    environ = {"TOKEN": token(place.town.community_staff)}
    said = await succeed(".venv/bin/python", "main.py", place.http, folder=python, environ=environ)

    assert_took_the_steps(said)
