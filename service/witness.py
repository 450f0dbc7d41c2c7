"""见证人 Witnesses: others, who sign each checkpoint that continues what they saw (c2sp.org/tlog-witness).

A witness keeps the newest checkpoint that it has signed, so whoever trusts it need not have kept any: an
operator who shows two histories, or cuts the end off, gets no signature for the second one.
"""

from __future__ import annotations

import asyncio
import base64
import logging
import urllib.request
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPException
from urllib.error import HTTPError

import asyncpg

from chuishao.eventlog.connection import Connection, Unavailable, connected
from chuishao.eventlog.failure import told
from chuishao.eventlog.log import EventLog
from chuishao.eventlog.note import COSIGNATURE, BadNote, Signature, Verifier, parse_note, parse_verifier
from chuishao.eventlog.sealer import Sealed, newest_checkpoint
from chuishao.eventlog.tiles import consistency_proof

TIMEOUT = 10
"""Seconds that a witness may take to answer."""
LARGEST = 64 * 1024
"""Bytes of an answer that are read."""
_LOCK = "SELECT pg_try_advisory_lock(hashtext('chuishao.witness/' || $2::text), $1)"
_UNLOCK = "SELECT pg_advisory_unlock(hashtext('chuishao.witness/' || $2::text), $1)"
_KNOWN = "SELECT coalesce(max(size), 0) FROM cosignature WHERE log = $1 AND witness = $2"
_KEEP = """INSERT INTO cosignature (log, size, witness, signature) VALUES ($1, $2, $3, $4)
ON CONFLICT DO NOTHING"""

logger = logging.getLogger("chuishao.witness")


class WitnessRefused(Exception):
    """A witness did not sign; the message says why, and whether it has seen another history."""


class WitnessAway(Exception):
    """A witness cannot be reached now."""


@dataclass(frozen=True, slots=True)
class Witness:
    """Where a witness takes checkpoints, and the key that it signs with."""

    address: str
    key: Verifier


@dataclass(frozen=True, slots=True)
class Answer:
    """What a witness answered."""

    status: int
    text: str


def read_witness(text: str) -> Witness:
    """A witness as the settings name it: its address, #, and its key; raises `BadNote`."""
    address, _, key = text.partition("#")
    if not address.startswith(("https://", "http://")):
        raise BadNote("it must be like https://witness.example#name+id+key")
    verifier = parse_verifier(key)
    if verifier.kind != COSIGNATURE:
        raise BadNote(
            f"the key {verifier.name} is a log's; a witness signs with the moment, by a key of type 4"
        )
    return Witness(address.rstrip("/"), verifier)


async def witnessed(log: EventLog, witness: Witness) -> int | None:
    """Have a witness sign the newest checkpoint; give its size, None where there is nothing new.

    Raises `WitnessRefused` where it does not sign, `WitnessAway` where it cannot be reached.
    """
    async with connected(log.pool) as connection:
        newest = await newest_checkpoint(connection, log.id)
        known = await connection.fetchval(_KNOWN, log.id, witness.key.name)
        if newest is None or known >= newest.size:
            return None
        answer = await _submit(connection, log.id, witness, newest, known)
        if answer.status == HTTPStatus.CONFLICT:  # it has seen more than we know of, or less
            known = _seen(answer, newest)
            answer = await _submit(connection, log.id, witness, newest, known)
        signature = _signature(answer, witness, newest)
        await connection.execute(_KEEP, log.id, newest.size, witness.key.name, str(signature))
    return newest.size


async def _submit(connection: Connection, log: int, witness: Witness, newest: Sealed, known: int) -> Answer:
    proof = await consistency_proof(connection, log, known, newest.size)
    lines = [f"old {known}", *(base64.b64encode(value).decode() for value in proof), "", newest.text]
    return await asyncio.to_thread(_post, f"{witness.address}/add-checkpoint", "\n".join(lines).encode())


def _post(address: str, body: bytes) -> Answer:
    request = urllib.request.Request(address, body, {"Content-Type": "text/plain; charset=utf-8"})  # noqa: S310 checked
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT) as response:  # noqa: S310 the settings say where
            return Answer(response.status, response.read(LARGEST).decode("utf-8", "replace"))
    except HTTPError as error:
        with error:
            return Answer(error.code, error.read(LARGEST).decode("utf-8", "replace"))
    except (OSError, HTTPException) as error:
        raise WitnessAway(str(getattr(error, "reason", error)) or type(error).__name__) from error


def _seen(answer: Answer, newest: Sealed) -> int:
    """How many events the witness has seen; refused where that is no beginning of this log's."""
    seen = answer.text.strip()
    if not seen.isdecimal() or len(seen) > 19:  # noqa: PLR2004 digits of the largest position
        raise WitnessRefused("it answers 409 without the size that it has seen")
    if int(seen) > newest.size:
        raise WitnessRefused(
            f"it has signed a checkpoint of {int(seen):,} events, and ours is of {newest.size:,}: "
            "the log was set back, or somebody signs another history with our key"
        )
    return int(seen)


def _signature(answer: Answer, witness: Witness, newest: Sealed) -> Signature:
    """The witness's signature in its answer."""
    if answer.status in (HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY):
        raise WitnessRefused("what it has signed before is no beginning of this log, but another history")
    if answer.status != HTTPStatus.OK:
        reason = answer.text.strip().splitlines()[:1] or [""]
        raise WitnessRefused(f"it answers {answer.status}: {reason[0][:200]!a}")
    try:
        note = parse_note(newest.text + answer.text)
        signatures = witness.key.signatures(note)
    except BadNote as error:
        raise WitnessRefused(str(error)) from error
    if not signatures or note.text != parse_note(newest.text).text:
        raise WitnessRefused("its answer has no signature by the key that the settings name")
    return signatures[-1]


@asynccontextmanager
async def watching(log: EventLog, witnesses: Iterable[Witness], every: float) -> AsyncIterator[None]:
    """Show checkpoints to witnesses every so many seconds; of several processes, one at a time."""
    tasks = [asyncio.create_task(_keep(log, witness, every)) for witness in witnesses]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _keep(log: EventLog, witness: Witness, every: float) -> None:
    while True:
        await asyncio.sleep(every)
        try:
            await _alone(log, witness)
        except WitnessRefused as refusal:
            logger.error("witness %s does not sign: %s", witness.key.name, refusal)  # noqa: TRY400 it says it all
        except WitnessAway as away:
            logger.warning("witness %s cannot be asked now: %s", witness.key.name, away)
        except (Unavailable, asyncpg.PostgresError) as error:
            logger.warning("checkpoints cannot be shown to witnesses now: %s", told(error))
        except Exception:
            logger.exception("witness %s cannot be asked now; trying again", witness.key.name)


async def _alone(log: EventLog, witness: Witness) -> None:
    async with connected(log.pool) as connection:
        if await connection.fetchval(_LOCK, log.id, witness.key.name):
            try:
                await witnessed(log, witness)
            finally:
                if not connection.is_closed():
                    await connection.execute(_UNLOCK, log.id, witness.key.name)
