"""The command `chuishao`, as a person runs it: its answers, its refusals and its exit codes."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import signal
import socket
import subprocess
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import UTC, datetime, timedelta
from pathlib import Path
from subprocess import CompletedProcess
from uuid import uuid4

import asyncpg
import pytest

from chuishao.domain.actor import Actor
from chuishao.domain.vocabulary import Role
from chuishao.eventlog.log import EventLog
from chuishao.projections.catalogue import PROJECTIONS
from chuishao.service.importer import SHOWN, BadFile, Row, bundled, read_divisions
from chuishao.service.keys import token_key
from chuishao.service.settings import Settings
from chuishao.service.tokens import Trust
from tests.conftest import copy_of_template, with_database
from tests.served import CHUISHAO, address, environment, process, run_chuishao, until
from tests.town import KEY

SCHEMA = Path(__file__).parent.parent / "graphql" / "schema.graphql"
HEADER = "code,name,level,parent_code\n"
CITY = HEADER + "98,试验市,municipality,\n980101,试验区,district,98\n980101001,试验街道,street,980101\n"
NOTHING = "Nothing was imported."
UNREACHABLE = "postgresql://127.0.0.1:1/chuishao"

# Contents of a file, and each fault in it: line, column and the beginning of the reason.
Faults = list[tuple[int, str, str]]
MALFORMED: dict[str, tuple[bytes, Faults]] = {
    "empty": (b"", [(1, "-", "the header is ''; it must be 'code,name,level,parent_code'")]),
    "wrong header": (b"code;name\n", [(1, "-", "the header is 'code;name'; it must be")]),
    "missing column": (b"98,City,municipality\n", [(2, "-", "3 fields; there must be 4")]),
    "bad code": (b"98x,City,municipality,\n", [(2, "code", "98x is not a valid code: a division code has")]),
    "wrong level": (b"98,City,street,\n", [(2, "level", "'street' does not fit the code 98; levels are")]),
    "foreign parent": (
        b"97,City,municipality,\n98,City,municipality,\n980101,District,district,97\n",
        [(4, "parent_code", "'97'; for the code 980101 it is '98'")],
    ),
    "unknown parent": (
        b"980101,District,district,98\n",
        [(2, "parent_code", "98 is neither in the file nor registered")],
    ),
    "duplicate": (
        b"98,City,municipality,\n98,Town,municipality,\n",
        [(3, "code", "98 stands in line 2 already")],
    ),
    "not UTF-8": (b"98,City,municipality,\n980101,\xc7\xf8,district,98\n", [(3, "-", "is not UTF-8 text")]),
    "empty name": (b"98, ,municipality,\n", [(2, "name", "name is empty")]),
    "long name": (
        b"98," + b"x" * 201 + b",municipality,\n",
        [(2, "name", "name has 201 characters; at most 200 are kept")],
    ),
    "NUL": (b"98,Ci\0ty,municipality,\n", [(2, "name", "name holds a NUL or an unpaired surrogate")]),
    "broken quote": (b'98,"City"s,municipality,\n', [(2, "-", "',' expected after '\"'")]),
    "open quote": (b'98,"City,municipality,\n', [(2, "-", "unexpected end of data")]),
    "several faults": (
        b"98,City,municipality,\n980101,,street,98\n98,Town\n",
        [
            (3, "level", "'street' does not fit the code 980101"),
            (3, "name", "name is empty"),
            (4, "-", "2 fields; there must be 4"),
        ],
    ),
}
HEADLESS = {"empty", "wrong header"}

# Commands with a wrong setting, and the beginning of what is said about it.
WRONG = [
    ("serve --port 70000", "port is 70000; it must be from 0 to 65535"),
    (
        "serve --port many",
        "Invalid value for '--port' (env var: 'CHUISHAO_PORT'): Input should be a valid",
    ),
    ("serve --workers 0", "workers is 0; it must be at least 1"),
    ("serve --cost 0", "cost is 0; it must be at least 1"),
    ("serve --cost dear", "Invalid value for '--cost' (env var: 'CHUISHAO_COST'): "),
    ("serve --trusted-only", "trusted-only needs documents: without any, nothing could be executed"),
    ("documents nowhere", "nowhere cannot be read: No such file or directory"),
    ("serve --execution-seconds 0", "execution-seconds is 0"),
    ("serve --allow-origin app.example", "allow-origin is 'app.example'; it must be like https://app.exam"),
    ("serve --rate -1", "rate is -1; it must be at least 0"),
    ("demo --rate fast", "Invalid value for '--rate' (env var: 'CHUISHAO_RATE'): "),
    ("serve --actor-subscriptions 0", "actor-subscriptions is 0; it must be at least 1"),
    ("serve --host nobody.invalid", "nobody.invalid:8000 cannot be used: "),
    (
        "status --database-url mysql://x",
        "database-url begins with 'mysql'; it must begin with postgresql",
    ),
    (
        "status --database-url postgresql://u:p/w@h/x",
        "the database URL is not like postgresql://USER:PASS",
    ),
    (
        "status --database-url postgresql://127.0.0.1:99999/x",
        "the database URL is not like postgresql://",
    ),
    (f"status --database-url {UNREACHABLE}", "the database cannot be reached: "),
    (f"demo --no-serve --database-url {UNREACHABLE}", "the database cannot be reached: "),
    ("rebuild complaints", "there is no read model 'complaints'; there are policies, divisions, "),
    ("demo --district 12", "district '12': the code of a district has 6 digits"),
    ("demo --district 1%0101", "district '1%0101': the code of a district has 6 digits"),
    ("demo --cases 0", "Invalid value for '--cases': Input should be greater than or equal to 1"),
    (f"token --role auditor --database-url {UNREACHABLE}", "tokens are minted only beside the embedded"),
    (
        "token --role auditor --data-dir nowhere",
        "there is no embedded database in nowhere; run `chuishao ",
    ),
    ("token --role mayor", "Invalid value for '--role': Value error, 'mayor' is not one of 'resident', "),
    ("token", "Missing option '--role'. Choose from: resident, grid_worker, "),
    ("import divisions", "Missing argument 'file'."),
    ("import divisions x --effective-from 2024-13-01", "Invalid value for '--effective-from': "),
    ("whistle", "No such command 'whistle'."),
    ("status --loud", "No such option: --loud"),
]

SideBySide = dict[str, "Future[CompletedProcess[str]]"]


def malformed(folder: Path, name: str) -> tuple[Path, Faults]:
    """A file with faults, and the faults."""
    content, faults = MALFORMED[name]
    file = folder / "divisions.csv"
    file.write_bytes(content if name in HEADLESS else HEADER.encode() + content)
    return file, faults


def written(folder: Path, text: str, name: str = "divisions.csv") -> Path:
    """A file with a text."""
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def succeeded(*arguments: object, **environ: str) -> str:
    """What a command printed that must succeed."""
    ended = run_chuishao(*arguments, **environ)
    assert (ended.returncode, ended.stderr) == (0, ""), ended.stderr
    return ended.stdout


def refused(*arguments: object, **environ: str) -> str:
    """The one line that a command which must be refused says, without its name."""
    return told_by(run_chuishao(*arguments, **environ))


def told_by(ended: CompletedProcess[str]) -> str:
    """The one line that a refused command said, without its name."""
    assert ended.returncode == 2, ended.stderr
    (line,) = ended.stderr.splitlines()
    assert line.startswith("chuishao: ")
    return line.removeprefix("chuishao: ")


async def holder(token: str, key: bytes = KEY) -> tuple[Actor, datetime]:
    """Whom a token stands for, and until when, for a server with the key."""
    return await Trust(token_key(key)).verify(token.strip())


def without_key() -> dict[str, str]:
    """The environment of a command that is told nothing."""
    return {name: value for name, value in environment().items() if name != "CHUISHAO_KEY"}


def standings(printed: str) -> dict[str, list[str]]:
    """The rows of `status` by read model: version, position, lag, state, parked, error."""
    rows = [
        [cell.strip() for cell in line.strip("│").split("│")] for line in printed.splitlines() if "│" in line
    ]
    return {name: cells for name, *cells in rows}


def nothing_runs_on(data_dir: Path) -> bool:
    """Every process of PostgreSQL inherits the lock, so a free lock is the proof."""
    with (data_dir / "postgres.lock").open("rb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


async def head_of(database: str) -> int:
    """The last position of the log in a database."""
    connection = await asyncpg.connect(database)
    try:
        return int(await connection.fetchval("SELECT coalesce(max(position), 0) FROM event"))
    finally:
        await connection.close()


async def names(database: str) -> dict[str, str]:
    """The divisions that can be read, by code."""
    connection = await asyncpg.connect(database)
    try:
        rows = await connection.fetch("SELECT code, name FROM divisions.division")
        return {row["code"]: row["name"] for row in rows}
    finally:
        await connection.close()


@pytest.fixture
async def database(template: str) -> str:
    """The URL of a fresh database, as a person writes it."""
    return address(await copy_of_template(template))


@pytest.fixture
async def nowhere(server: str) -> AsyncIterator[str]:
    """The URL of a database without a table."""
    name = f"bare_{uuid4().hex}"
    connection = await asyncpg.connect(server)
    try:
        await connection.execute(f"CREATE DATABASE {name}")
        yield address(with_database(server, name))
        await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
    finally:
        await connection.close()


@pytest.fixture(scope="module")
async def shared(template: str) -> str:
    """A database that is up to date, for tests that leave it as it is."""
    database = address(await copy_of_template(template))
    succeeded("migrate", "--database-url", database)
    return database


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with an embedded database that does not run."""
    folder = tmp_path_factory.mktemp("embedded") / "data"
    succeeded("migrate", "--data-dir", folder)
    return folder


@pytest.fixture(scope="module")
def side_by_side(shared: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SideBySide]:
    """What becomes of the wrong settings and the malformed files, run side by side to save time."""
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        running = {command: threads.submit(run_chuishao, *command.split()) for command, _ in WRONG}
        for name in MALFORMED:
            file, _ = malformed(tmp_path_factory.mktemp("malformed"), name)
            command = ("import", "divisions", file, "--database-url", shared)
            running[name] = threads.submit(run_chuishao, *command)
        yield running


# 命令 What each command answers


def test_schema_prints_the_committed_schema() -> None:
    assert succeeded("schema") == SCHEMA.read_text(encoding="utf-8")


def test_schema_says_what_has_changed_since_an_older_one_and_fails_where_its_clients_break(
    tmp_path: Path,
) -> None:
    now = SCHEMA.read_text(encoding="utf-8")
    older = tmp_path / "older.graphql"
    older.write_text(now.replace("type Query {", "type Query { harvest: Int\n"), encoding="utf-8")
    same = tmp_path / "same.graphql"
    same.write_text(now, encoding="utf-8")

    broken = run_chuishao("schema", "--against", older)

    assert (broken.returncode, broken.stderr) == (1, "")
    assert broken.stdout == "breaking    Field Query.harvest was removed.\n"
    assert succeeded("schema", "--against", same) == ""
    assert "cannot be compared with" in refused("schema", "--against", tmp_path / "missing.graphql")


async def test_migrate_makes_everything_once(nowhere: str) -> None:
    first = succeeded("migrate", "--database-url", nowhere)
    again = succeeded("migrate", "--database-url", nowhere)

    assert first.startswith("Migrations applied: 0001_log, 0002_partitions, ")
    assert again == "Migrations applied: none were missing.\nRead models rebuilt: none were out of date.\n"
    connection = await asyncpg.connect(nowhere)
    assert await connection.fetchval("SELECT array_agg(type) FROM event") == [
        "PolicyAdopted",
        "WorkdaysAnnounced",
    ]
    await connection.close()


async def test_status_shows_the_head_and_where_each_read_model_stands(database: str, log: EventLog) -> None:
    succeeded("migrate", "--database-url", database)
    await log.pool.execute("UPDATE projection SET status = 'stopped', error = 'a fault' WHERE name = 'cases'")
    await log.pool.execute("UPDATE projection SET position = 2 WHERE name = 'policies'")

    printed = succeeded("status", "--database-url", database)

    assert "The log ends at position 2" in printed
    rows = standings(printed)
    assert set(rows) == {projection.name for projection in PROJECTIONS}
    version = {projection.name: str(projection.version) for projection in PROJECTIONS}
    assert rows["policies"] == [version["policies"], "2", "0", "live", "0", ""]
    assert rows["workers"] == [version["workers"], "0", "2", "live", "0", ""]
    assert rows["cases"] == [version["cases"], "0", "2", "stopped", "0", "a fault"]


async def test_rebuild_makes_one_read_model_anew_from_the_log(database: str, tmp_path: Path) -> None:
    file = written(tmp_path, CITY)
    succeeded("import", "divisions", file, "--database-url", database)
    connection = await asyncpg.connect(database)
    await connection.execute("UPDATE divisions.division SET name = 'broken'")
    await connection.close()

    printed = succeeded("rebuild", "divisions", "--database-url", database)

    assert "divisions is rebuilt up to position 5." in printed
    assert await names(database) == {"98": "试验市", "980101": "试验区", "980101001": "试验街道"}


async def test_a_token_says_who_where_and_until_when(embedded: Path) -> None:
    department = uuid4()
    arguments = ("--actor", "officer-7", "--scope", "980101", "--department", department, "--hours", 2)

    printed = succeeded("token", "--role", "department_officer", *arguments, "--data-dir", embedded)

    actor, ends = await holder(printed)
    assert actor == Actor("officer-7", Role.DEPARTMENT_OFFICER, "980101", department)
    assert timedelta(0) < datetime.now(UTC) + timedelta(hours=2) - ends < timedelta(minutes=2)


async def test_a_token_is_for_a_day_everywhere_and_names_the_role_where_nothing_else_is_said(
    embedded: Path,
) -> None:
    actor, ends = await holder(succeeded("token", "--role", "AUDITOR", "--data-dir", embedded))

    assert actor == Actor("auditor-1", Role.AUDITOR, "")
    assert timedelta(hours=23) < ends - datetime.now(UTC) <= timedelta(hours=24)


async def test_without_a_key_in_the_environment_tokens_are_signed_with_the_one_of_the_data_folder(
    tmp_path: Path,
) -> None:
    (tmp_path / "postgres").mkdir()
    command = [str(CHUISHAO), "token", "--role", "auditor", "--data-dir", str(tmp_path)]

    def made() -> str:
        return subprocess.check_output(command, env=without_key(), text=True)

    one, two = [await asyncio.to_thread(made) for _ in range(2)]

    file = tmp_path / "key"
    assert file.stat().st_mode & 0o777 == 0o600
    key = bytes.fromhex(file.read_text())
    assert {(await holder(token, key))[0] for token in (one, two)} == {Actor("auditor-1", Role.AUDITOR, "")}


# 导入 Importing divisions


async def test_a_good_file_is_imported_and_a_second_time_changes_nothing(
    database: str, log: EventLog, tmp_path: Path
) -> None:
    file = written(tmp_path, CITY)
    command = ("import", "divisions", file, "--database-url", database)

    assert "3 rows read, 3 divisions registered or renamed." in succeeded(*command)
    head = await log.head()
    assert "3 rows read, 0 divisions registered or renamed." in succeeded(*command)

    assert await names(database) == {"98": "试验市", "980101": "试验区", "980101001": "试验街道"}
    assert await log.head() == head


async def test_a_row_with_another_name_is_renamed_and_its_name_can_be_taken_back(
    database: str, log: EventLog, tmp_path: Path
) -> None:
    old = written(tmp_path, CITY, "old.csv")
    new = written(tmp_path, CITY.replace("试验区", "新试验区"), "new.csv")
    on_the_day = ("--effective-from", "2024-01-01", "--database-url", database)
    succeeded("import", "divisions", old, *on_the_day)

    for file, name in ((new, "新试验区"), (old, "试验区"), (new, "新试验区")):
        head = await log.head()
        assert "3 rows read, 1 divisions" in succeeded("import", "divisions", file, *on_the_day)
        (event,) = await log.after(head, 9)
        assert event.type == "DivisionRenamed"
        assert json.loads(event.data).items() >= {"name": name, "effective_from": "2024-01-01"}.items()
        assert (await names(database))["980101"] == name


async def test_an_import_that_was_cut_off_goes_on_even_when_the_read_models_are_behind(
    database: str, log: EventLog, tmp_path: Path
) -> None:
    city, _, _ = CITY.partition("980101,")
    succeeded("import", "divisions", written(tmp_path, city), "--database-url", database)
    await log.pool.execute("TRUNCATE divisions.division CASCADE")
    await log.pool.execute("UPDATE projection SET position = 0 WHERE name = 'divisions'")
    rest = written(tmp_path, HEADER + CITY.removeprefix(city))

    assert "2 rows read, 2 divisions" in succeeded("import", "divisions", rest, "--database-url", database)

    assert set(await names(database)) == {"98", "980101", "980101001"}


@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_file_is_refused_and_told_where(name: str, side_by_side: SideBySide) -> None:
    ended = side_by_side[name].result()

    _, faults = MALFORMED[name]
    *told, last = ended.stderr.removeprefix("chuishao: ").splitlines()
    assert (ended.returncode, last) == (2, NOTHING)
    for line, (number, column, reason) in zip(told, faults, strict=True):
        assert f"divisions.csv, line {number}, column {column}: {reason}" in line


async def test_malformed_files_leave_the_log_as_it_was(side_by_side: SideBySide, shared: str) -> None:
    wait(side_by_side.values())
    assert await head_of(shared) == 2  # the policy that `migrate` adopts, and the days announced with it


async def test_a_missing_file_is_refused(shared: str, tmp_path: Path) -> None:
    file = tmp_path / "nowhere.csv"

    ended = run_chuishao("import", "divisions", file, "--database-url", shared)

    reason = "cannot be read: No such file or directory"
    assert ended.stderr == f"chuishao: {file}, line 0, column -: {reason}\n{NOTHING}\n"
    assert ended.returncode == 2


@pytest.mark.parametrize("name", MALFORMED)
def test_reading_a_malformed_file_tells_every_fault(name: str, tmp_path: Path) -> None:
    file, faults = malformed(tmp_path, name)

    with pytest.raises(BadFile) as refusal:
        read_divisions(file)

    told = refusal.value.faults
    assert [(fault.file, fault.line, fault.column) for fault in told] == [
        (str(file), line, column) for line, column, _ in faults
    ]
    assert all(fault.reason.startswith(reason) for fault, (_, _, reason) in zip(told, faults, strict=True))


def test_of_many_faults_the_first_are_shown_and_the_rest_is_counted(tmp_path: Path) -> None:
    file = written(tmp_path, HEADER + "98\n" * (SHOWN + 3))

    with pytest.raises(BadFile) as refusal:
        read_divisions(file)

    *shown, more, last = str(refusal.value).splitlines()
    assert (len(shown), more, last) == (SHOWN, "and 3 more", NOTHING)


def test_rows_are_read_from_above_to_below_whatever_their_order(tmp_path: Path) -> None:
    header, *lines = CITY.splitlines()
    file = written(tmp_path, "\n".join([header, *reversed(lines)]))

    assert read_divisions(file) == [
        Row(4, "98", "试验市", ""),
        Row(3, "980101", "试验区", "98"),
        Row(2, "980101001", "试验街道", "980101"),
    ]


def test_a_parent_may_be_registered_already(tmp_path: Path) -> None:
    file = written(tmp_path, HEADER + "980101,试验区,district,98\n")

    assert [row.code for row in read_divisions(file, known=["98"])] == ["980101"]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_file_may_be_as_a_spreadsheet_writes_it(end: str, tmp_path: Path) -> None:
    file = tmp_path / "divisions.csv"
    file.write_bytes(b"\xef\xbb\xbf" + CITY.replace("\n", end).encode())

    assert [row.code for row in read_divisions(file)] == ["98", "980101", "980101001"]


@pytest.mark.parametrize("separator", ["\u2028", "\x85", "\x0c"])
def test_only_line_feeds_end_lines(separator: str, tmp_path: Path) -> None:
    file = written(tmp_path, CITY.replace("试验市", f"试验{separator}市"))

    assert [(row.line, row.name) for row in read_divisions(file)][:1] == [(2, f"试验{separator}市")]


def test_blank_lines_in_a_file_say_nothing(tmp_path: Path) -> None:
    file = tmp_path / "blank.csv"
    file.write_text("code,name,level,parent_code\n\n12,天津市,municipality,\n\n\n", encoding="utf-8")
    assert read_divisions(file) == [Row(3, "12", "天津市", "")]


def test_the_bundled_file_is_good() -> None:
    assert len(read_divisions(bundled())) == 5933


# 设置 Wrong settings


@pytest.mark.parametrize(("command", "line"), WRONG)
def test_a_wrong_setting_is_one_line(command: str, line: str, side_by_side: SideBySide) -> None:
    assert told_by(side_by_side[command].result()).startswith(line)


def test_a_port_in_use_is_one_line_before_a_database_is_started(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        line = refused("serve", "--port", port, "--data-dir", tmp_path / "data")

    assert line == f"127.0.0.1:{port} cannot be used: Address already in use"
    assert not (tmp_path / "data").exists()


def test_an_unknown_database_is_one_line(server: str) -> None:
    assert "nosuch" in refused("status", "--database-url", address(with_database(server, "nosuch")))


@pytest.mark.parametrize("key", ["", "secret", "ab" * 31, "钥匙" * 32])
def test_a_bad_key_is_one_line(key: str, embedded: Path) -> None:
    line = refused("token", "--role", "auditor", "--data-dir", embedded, CHUISHAO_KEY=key)
    assert line == "CHUISHAO_KEY must hold at least 64 hexadecimal digits"


def test_a_data_folder_that_cannot_be_one_is_one_line(tmp_path: Path) -> None:
    file = written(tmp_path, "a file", "data")
    assert refused("status", "--data-dir", file).startswith(f"PostgreSQL cannot run on {file}: ")


def test_a_key_that_cannot_be_kept_is_one_line(shared: str, tmp_path: Path) -> None:
    file = written(tmp_path, "a file", "data")
    arguments = [str(CHUISHAO), "status", "--database-url", shared, "--data-dir", str(file)]

    ended = subprocess.run(arguments, env=without_key(), capture_output=True, text=True, check=False)

    assert ended.stderr == f"chuishao: data-dir {file} cannot keep the key: File exists\n"
    assert ended.returncode == 2


# 环境变量 Settings by environment variables


async def test_a_database_named_by_the_environment_is_the_one_named_by_a_flag(shared: str) -> None:
    by_flag = succeeded("status", "--database-url", shared)
    by_variable = succeeded("status", CHUISHAO_DATABASE_URL=shared)
    by_both = succeeded("status", "--database-url", shared, CHUISHAO_DATABASE_URL=UNREACHABLE)

    assert by_flag == by_variable == by_both


def test_an_address_of_the_environment_is_the_one_of_the_flags(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.2", 0)) as listener:
        port = str(listener.getsockname()[1])
        line = refused(
            "serve", CHUISHAO_HOST="127.0.0.2", CHUISHAO_PORT=port, CHUISHAO_DATA_DIR=str(tmp_path)
        )

    assert line == f"127.0.0.2:{port} cannot be used: Address already in use"


def test_a_wrong_variable_is_refused_as_the_flag_is() -> None:
    assert refused("serve", CHUISHAO_WORKERS="0") == refused("serve", "--workers", "0")


async def test_a_data_folder_of_the_environment_is_the_one_of_the_flag(embedded: Path) -> None:
    printed = succeeded("token", "--role", "auditor", CHUISHAO_DATA_DIR=str(embedded))
    assert (await holder(printed))[0] == Actor("auditor-1", Role.AUDITOR, "")


@pytest.mark.parametrize("url", [None, "postgresql:///chuishao?host=/run"])
def test_a_server_tells_its_workers_its_own_settings(
    url: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(url, Path("here"), "::1", 8123, 3)
    for name, value in settings.to_environment().items():
        monkeypatch.setenv(name, value)

    assert Settings.from_environment() == settings


# 结束 The end


@pytest.mark.parametrize("workers", [1, 2])
async def test_ctrl_c_ends_the_server_and_its_embedded_database(
    workers: int, embedded: Path, tmp_path: Path
) -> None:
    async with process(tmp_path, "--data-dir", embedded, "--workers", workers) as server:

        async def all_serve() -> bool:
            return server.said.count("Serving ") == workers

        await until(all_serve, within=60)
        assert not nothing_runs_on(embedded)

        os.killpg(server.popen.pid, signal.SIGINT)  # as a terminal does, to all of them

        server.popen.wait(30)
        assert server.popen.returncode in {0, 130}, server.said
        assert "Traceback" not in server.said
        assert nothing_runs_on(embedded)
