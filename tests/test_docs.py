"""The documentation does what it says: queries run, commands exist, links resolve, tables are current."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, fields
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any
from uuid import UUID
from xml.etree import ElementTree

import asyncpg
import pytest
from graphql import OperationDefinitionNode, parse, print_ast, validate

from chuishao.commands.catalogue import COMMANDS
from chuishao.domain.actor import Actor
from chuishao.domain.vocabulary import Role, Tier
from chuishao.eventlog.connection import open_pool
from chuishao.eventlog.log import EventLog
from chuishao.eventlog.sealer import seal
from chuishao.graphql.schema import operations, schema
from chuishao.service.cli import program
from chuishao.service.keys import seal_key
from chuishao.service.settings import PREFIX, Settings
from tests.conftest import copy_of_template
from tests.served import AUDITOR, Client, Served, served, token
from tests.town import COMMUNITY, KEY, STREET, make_town

ROOT = Path(__file__).parent.parent
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
FIRST_QUERIES = ("frontend_cases_of_a_grid", "auditor_trace_a_case", "integrator_follow_events")
FOLLOWERS = ("follow.mjs", "follow_sse.mjs")
STREET_OFFICER = Actor("street-officer-1", Role.STREET_OFFICER, STREET)
AUDIENCES = {
    "auditors.md": AUDITOR,
    "audit.md": AUDITOR,
    "integrators.md": Actor("integrator-1", Role.INTEGRATOR, ""),
}
HERE = "http://127.0.0.1:8000/graphql"
"""Where the documentation says that the server is."""


@dataclass(frozen=True)
class Block:
    """A fenced block of a page, with the block after it."""

    page: Path
    line: int
    language: str
    text: str
    follower: Block | None

    @property
    def place(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def blocks_of(page: Path) -> list[Block]:
    """The fenced blocks of a page, in order."""
    text = page.read_text(encoding="utf-8")
    found: list[Block] = []
    for match in reversed(list(re.finditer(r"^```(\w+)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE))):
        line = text.count("\n", 0, match.start()) + 1
        found.insert(0, Block(page, line, match[1], match[2], found[0] if found else None))
    return found


BLOCKS = [block for page in PAGES for block in blocks_of(page)]


def written_in(language: str) -> list[Any]:
    """The blocks of a language, as parameters that name their place."""
    return [pytest.param(block, id=block.place) for block in BLOCKS if block.language == language]


def operation_of(text: str) -> OperationDefinitionNode:
    """The only operation of a document."""
    (operation,) = parse(text).definitions
    assert isinstance(operation, OperationDefinitionNode)
    return operation


def variables_of(block: Block) -> dict[str, Any] | None:
    """The variables to run a block with: none are needed, or a JSON block that follows has them."""
    if not operation_of(block.text).variable_definitions:
        return {}
    if block.follower is not None and block.follower.language == "json":
        return dict(json.loads(block.follower.text))
    return None


@dataclass(frozen=True)
class Place:
    """A served town with cases in it, and the database behind it."""

    server: Served
    database: str
    departments: list[UUID]

    @property
    def anybody(self) -> Client:
        return self.server.client()

    def reader(self, page: Path) -> Client:
        """Somebody for whom a page is written, with a token."""
        return self.server.client(AUDIENCES.get(page.name, STREET_OFFICER))


@pytest.fixture(scope="module")
async def place(template: str) -> AsyncIterator[Place]:
    """A town in which cases were closed on the spot and settled by several units, served."""
    database = await copy_of_template(template)
    pool = await open_pool(database, size=4)
    log = EventLog(pool)
    town = await make_town(log)
    await town.close(await town.assigned())
    case = await town.assigned(Tier.MULTI_UNIT)
    await town.whistled()
    await town.assigned()
    await seal(log, seal_key(KEY))
    await pool.close()
    async with served(database) as server:
        client = server.client(STREET_OFFICER)
        await client.do("resolveCase", caseId=str(case), result="已处理")
        inspector = server.client(Actor("street-officer-2", Role.STREET_OFFICER, STREET))
        await inspector.do("verifyCase", caseId=str(case), passed=True)
        await inspector.do("closeCase", "case { status }", caseId=str(case))  # answers once it can be read
        yield Place(server, database, town.departments)


@pytest.mark.parametrize("block", written_in("graphql"))
async def test_queries_run_as_they_stand(place: Place, block: Block) -> None:
    assert validate(schema._schema, parse(block.text)) == []
    variables = variables_of(block)
    if variables is None:
        return
    if operation_of(block.text).operation.value == "subscription":
        async with place.reader(block.page).stream(block.text, **variables) as events:
            first = await anext(events)
            assert "errors" not in first, first
        return
    writes = operation_of(block.text).operation.value == "mutation"
    client = place.server.client(STREET_OFFICER) if writes else place.reader(block.page)
    for answer in (await client.read(block.text, **variables)).values():
        assert answer is not None
        assert answer.get("errors", []) == [] if isinstance(answer, dict) else True, answer
        assert answer["nodes"] if isinstance(answer, dict) and "nodes" in answer else True, "nothing to see"


def test_the_readme_gives_each_audience_its_first_operation() -> None:
    readme = [
        block.text for block in BLOCKS if block.page.name == "README.md" and block.language == "graphql"
    ]
    examples = operations()
    assert [print_ast(parse(text)) for text in readme[:3]] == [
        print_ast(parse(examples[name])) for name in FIRST_QUERIES
    ]


@pytest.mark.parametrize("name", FOLLOWERS)
def test_the_followers_ask_what_the_schema_offers(name: str) -> None:
    text = (ROOT / "examples" / name).read_text(encoding="utf-8")
    asked = re.findall(r"query = `(.*?)`|query: '(.*?)'", text, re.DOTALL)
    assert len(asked) == 2
    for document in asked:
        assert validate(schema._schema, parse("".join(document))) == []


async def test_the_cursor_before_the_first_event_is_the_one_written_down(place: Place) -> None:
    pool = await open_pool(place.database, size=1)
    start = EventLog(pool).start_cursor
    await pool.close()
    for page in ("README.md", "docs/auditors.md", "docs/integrators.md"):
        assert start in (ROOT / page).read_text(encoding="utf-8")


@pytest.mark.parametrize("block", written_in("sql"))
async def test_questions_to_the_database_find_nothing_wrong(place: Place, block: Block) -> None:
    connection = await asyncpg.connect(place.database)
    try:
        assert await connection.fetch(block.text) == []
    finally:
        await connection.close()


async def run_python(place: Place, arguments: list[str], folder: Path, **environ: str) -> str:
    """What a program prints that ran to its end without a warning."""
    command = [sys.executable, "-W", "error", *arguments]

    def run() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=folder,
            env=os.environ | environ,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    done = await asyncio.to_thread(run)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


@pytest.mark.parametrize("block", written_in("python"))
async def test_programs_run_and_a_second_run_changes_nothing(
    place: Place, block: Block, tmp_path: Path
) -> None:
    program = tmp_path / "program.py"
    assert HERE in block.text
    program.write_text(block.text.replace(HERE, f"http://{place.server.base}/graphql"), encoding="utf-8")
    access = token(AUDIENCES.get(block.page.name, STREET_OFFICER))
    first = await run_python(place, [str(program)], tmp_path, TOKEN=access)
    assert re.search(
        r"CaseReported|^position [1-9]\d* document [0-9a-f]{64}$| recounted ", first, re.MULTILINE
    )
    for figure, recounted in re.findall(r" (\d+) recounted (\d+)$", first, re.MULTILINE):
        assert figure == recounted
    assert await run_python(place, [str(program)], tmp_path, TOKEN=access) == first


async def test_the_whole_case_goes_from_the_report_to_the_close(place: Place, tmp_path: Path) -> None:
    listed = await place.anybody.read('{ departments(place: "120101", first: 2) { nodes { id } } }')
    departments = [UUID(node["id"]) for node in listed["departments"]["nodes"]]
    actors = {
        "STAFF": Actor("staff", Role.COMMUNITY_STAFF, COMMUNITY),
        "STREET": Actor("officer", Role.STREET_OFFICER, STREET),
        "INSPECTOR": Actor("inspector", Role.STREET_OFFICER, STREET),
    }
    for number, department in enumerate(departments, start=1):
        actors[f"DEPARTMENT_{number}"] = Actor(
            f"them-{number}", Role.DEPARTMENT_OFFICER, "120101", department
        )
    tokens = {f"{name}_TOKEN": token(actor) for name, actor in actors.items()}
    arguments = [
        str(ROOT / "examples/whole_case.py"),
        "--url",
        f"http://{place.server.base}/graphql",
    ]
    told = await run_python(place, arguments, tmp_path, **tokens)
    assert "refused   closeCase" in told
    assert "is CLOSED, satisfied 5 of 5" in told
    assert "told by 21 events" in told


def shell_lines() -> Iterator[tuple[str, str]]:
    """Every line of a shell block and every command in running text, with its page."""
    for block in BLOCKS:
        if block.language == "sh":
            for line in block.text.splitlines():
                yield block.place, line
    for page in PAGES:
        text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
        for span in re.findall(r"`((?:\.venv/bin/)?(?:chuishao|make) [a-z][^`]*)`", text):
            yield page.name, span


def check_chuishao(words: list[str]) -> None:
    """Find the command, and each of its flags, in the command line itself; after -- they are another's."""
    words = words[: words.index("--")] if "--" in words else words
    command: Any = program
    while hasattr(command, "commands") and words:
        assert words[0] in command.commands, f"there is no command {words[0]}"
        command = command.commands[words.pop(0)]
    flags = {flag for parameter in command.params for flag in (*parameter.opts, *parameter.secondary_opts)}
    for word in words:
        assert not word.startswith("-") or word.partition("=")[0] in flags, f"{command.name} has no {word}"


def check_make(words: list[str]) -> None:
    """Find the target in the Makefile."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for word in words:
        assert "=" in word or re.search(rf"^{word}:", makefile, re.MULTILINE), f"there is no target {word}"


def check_program(words: list[str]) -> None:
    """Find the program file."""
    assert (ROOT / words[0]).exists() or (ROOT / "examples" / words[0]).exists(), f"there is no {words[0]}"


CHECKS: dict[str, Callable[[list[str]], None]] = {
    "chuishao": check_chuishao,
    "make": check_make,
    "python": check_program,
    "node": check_program,
}


@pytest.mark.parametrize("line", sorted({line for _, line in shell_lines()}))
def test_commands_and_their_flags_exist(line: str) -> None:
    words = shlex.split(line.partition("#")[0])
    check = CHECKS.get(Path(words[0]).name) if words else None
    if check is not None:
        check(words[1:])


def test_the_readme_names_every_setting() -> None:
    named = set(re.findall(rf"`({PREFIX}\w+)`", (ROOT / "README.md").read_text(encoding="utf-8")))
    assert named == {PREFIX + field.name.upper() for field in fields(Settings)} | {
        PREFIX + "KEY",
        PREFIX + "TOKEN_KEY",
        PREFIX + "SEAL_KEY",
    }


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_and_named_files_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    links = [link.partition("#")[0] for link in re.findall(r"\]\(([^)\s]+)\)", text)]
    for link in links:
        assert link.startswith("https://") or (page.parent / link).exists(), link
    for name in re.findall(r"`((?:[a-z_]+/)+[a-z_0-9]+\.(?:py|sql|json|graphql|md))`", text):
        assert (ROOT / name).exists(), name


def test_the_glossary_names_commands_that_exist() -> None:
    text = (ROOT / "docs/glossary.md").read_text(encoding="utf-8")
    done = text.partition("## What is done")[2].partition("## What is read")[0]
    named = set(re.findall(r"`([A-Z]\w+)`", done))
    assert named <= {command.__name__ for command in COMMANDS}


def test_generated_tables_are_current() -> None:
    spec = spec_from_file_location("generate", ROOT / "docs/generate.py")
    assert spec is not None and spec.loader is not None
    generate = module_from_spec(spec)
    spec.loader.exec_module(generate)
    pages: dict[Path, str] = generate.pages()
    assert len(pages) == 8
    for path, text in pages.items():
        assert path.read_text(encoding="utf-8") == text, f"{path.name}: run docs/generate.py"


def test_the_picture_is_whole() -> None:
    assert ElementTree.parse(ROOT / "docs/flow.svg").getroot().tag.endswith("svg")
