"""The seal as an operator meets it: its key, its commands, its setting, its figures."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from chuishao.eventlog.connection import connected
from chuishao.eventlog.log import EventLog
from chuishao.eventlog.note import opened, parse_note, parse_verifier
from chuishao.eventlog.sealer import seal, standing
from chuishao.service.keys import load_seal_key, load_token_key, seal_key, token_key
from chuishao.service.settings import Settings, WrongSetting
from tests.appends import an_append
from tests.served import address, run_chuishao, served, until
from tests.tampering import superuser
from tests.town import KEY

GIVEN = "ab" * 32


# The key


def test_the_key_of_seals_is_derived_and_is_no_other_key() -> None:
    assert load_seal_key(KEY) == seal_key(KEY)
    assert len({KEY, token_key(KEY), seal_key(KEY)}) == 3
    assert seal_key(b"x" * 32) != seal_key(KEY)


def test_a_key_that_is_given_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHUISHAO_SEAL_KEY", GIVEN)
    assert load_seal_key(KEY) == bytes.fromhex(GIVEN)


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (KEY.hex(), "CHUISHAO_SEAL_KEY is the same as CHUISHAO_KEY"),
        (token_key(KEY).hex(), "CHUISHAO_SEAL_KEY is the same as CHUISHAO_TOKEN_KEY"),
        (GIVEN + "ab", "CHUISHAO_SEAL_KEY must hold exactly 64 hexadecimal digits"),
        (GIVEN[2:], "CHUISHAO_SEAL_KEY must hold at least 64 hexadecimal digits"),
        ("not a key", "CHUISHAO_SEAL_KEY must hold at least 64 hexadecimal digits"),
    ],
)
def test_a_key_that_serves_for_something_else_is_refused(
    monkeypatch: pytest.MonkeyPatch, given: str, reason: str
) -> None:
    monkeypatch.setenv("CHUISHAO_SEAL_KEY", given)
    with pytest.raises(WrongSetting, match=reason):
        load_seal_key(KEY)


def test_the_key_of_tokens_is_none_for_seals_either_when_it_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHUISHAO_SEAL_KEY", GIVEN)
    monkeypatch.setenv("CHUISHAO_TOKEN_KEY", GIVEN)
    assert load_token_key(KEY) == bytes.fromhex(GIVEN)
    with pytest.raises(WrongSetting, match="is the same as CHUISHAO_TOKEN_KEY"):
        load_seal_key(KEY)


@pytest.mark.parametrize("every", [-1, float("nan")])
def test_an_interval_that_is_none_is_refused(every: float) -> None:
    with pytest.raises(WrongSetting, match=r"seal-every is .*; it must be at least 0"):
        Settings(seal_every=every)


# The commands


async def test_a_checkpoint_is_made_and_handed_out(database: str, log: EventLog, tmp_path: Path) -> None:
    there = ("--database-url", address(database))
    none = run_chuishao("checkpoint", *there)
    assert (none.returncode, none.stderr) == (
        2,
        "chuishao: there is no checkpoint yet; make one with `chuishao seal`\n",
    )
    await log.writer.append(an_append(events=3))

    assert "Sealed up to position 3." in run_chuishao("seal", *there).stdout
    printed = run_chuishao("checkpoint", *there).stdout
    key = run_chuishao("checkpoint", "--key", *there).stdout.strip()
    assert opened(parse_note(printed), [parse_verifier(key)]).size == 3

    file = tmp_path / "checkpoint.txt"
    file.write_text("an older one", encoding="utf-8")
    assert run_chuishao("checkpoint", "--to", file, *there).returncode == 0
    assert file.read_text(encoding="utf-8") == printed
    assert stat.S_IMODE(file.stat().st_mode) & 0o400


async def test_another_key_is_refused_by_the_command_until_it_is_told(database: str, log: EventLog) -> None:
    await log.writer.append(an_append(events=3))
    await seal(log, seal_key(KEY))
    await log.writer.append(an_append(events=3))
    there = ("--database-url", address(database))
    refused = run_chuishao("seal", *there, CHUISHAO_SEAL_KEY=GIVEN)
    assert refused.returncode == 1
    assert refused.stderr.startswith(
        "chuishao: the log is not sealed: the checkpoint of 3 events is signed with"
    )
    assert run_chuishao("seal", "--new-key", *there, CHUISHAO_SEAL_KEY=GIVEN).returncode == 0
    assert run_chuishao("seal", *there).returncode == 1


async def test_a_database_that_lacks_a_migration_is_left_alone(database: str) -> None:
    async with superuser(database) as connection:
        await connection.execute("DELETE FROM migration WHERE name = '0006_seal'")
    for command in (("seal",), ("checkpoint",), ("export", "log", "--to", "log.jsonl")):
        done = run_chuishao(*command, "--database-url", address(database))
        assert done.returncode == 2
        assert done.stderr.endswith("the database lacks 0006_seal; run `chuishao migrate` first\n")


# The server


async def test_a_server_seals_and_shows_how_far(database: str, log: EventLog) -> None:
    await log.writer.append(an_append(events=3))
    async with served(database, Settings(seal_every=0.05, reactions=False)) as server:

        async def sealed() -> bool:
            async with connected(log.pool) as connection:
                return (await standing(connection, log.id)).sealed == 3

        await until(sealed)
        text = (await server.http.get(f"http://{server.base}/metrics")).text
        assert "chuishao_sealed_position 3.0" in text
        assert "chuishao_seal_refused 0.0" in text
        assert "chuishao_checkpoint_age_seconds" in text

        await log.writer.append(an_append(events=3))
        async with superuser(database) as connection:
            await connection.execute("UPDATE tile SET hashes = sha256('') || substr(hashes, 33)")

        async def refused() -> bool:
            text = (await server.http.get(f"http://{server.base}/metrics")).text
            return "chuishao_seal_refused 1.0" in text

        await until(refused)


async def test_a_server_that_is_told_not_to_seal_does_not(database: str, log: EventLog) -> None:
    await log.writer.append(an_append(events=3))
    async with served(database, Settings(seal_every=0, reactions=False)) as server:
        text = (await server.http.get(f"http://{server.base}/metrics")).text
        assert "chuishao_sealed_position 0.0" in text
        assert "chuishao_checkpoint_age_seconds" not in text
