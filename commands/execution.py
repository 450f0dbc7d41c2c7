"""Executing a command: decide, append, and answer a repetition with what was answered first.

A command is judged by the log, not by what was loaded or remembered: where somebody else was faster, it is
decided anew on what is there now. A client that named the version it saw is told instead.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from chuishao.commands.command import Command, name_of
from chuishao.commands.recording import Changed, appended, subjects_of
from chuishao.commands.request import Envelope, Outcome, request_hash
from chuishao.commands.work import Work
from chuishao.domain.actor import Actor
from chuishao.domain.event import not_in_future
from chuishao.domain.phrase import Phrase
from chuishao.domain.refusal import CommandReused, Forbidden, Refusal, StaleVersion, SubjectErased
from chuishao.eventlog import spans
from chuishao.eventlog.connection import connected
from chuishao.eventlog.log import EventLog, Remembered
from chuishao.eventlog.spans import span
from chuishao.eventlog.writer import Append, Verdict

__all__ = ["Contended", "Envelope", "Executor", "Outcome"]

ATTEMPTS = 20
"""How often a command is decided anew before it counts as contended."""


class Contended(Refusal):
    """并发冲突 Too many others write to the same stream."""

    en = "Others are changing {id} faster than this command could be decided. Send it again."
    zh = "{id} 正被频繁修改，命令未能完成。请重新发送。"


@dataclass
class Executor:
    """Executes commands against one log. `clock` gives the present moment."""

    log: EventLog
    key: bytes
    clock: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))

    async def execute(self, command: Command, envelope: Envelope) -> Outcome:
        """Execute a command; raises `Refusal` (nothing recorded) or `Unavailable` (send it again)."""
        if not spans.exported():
            return await self._execute(command, envelope)
        with span("command", {"chuishao.command": type(command).__name__}):
            return await self._execute(command, envelope)

    async def _execute(self, command: Command, envelope: Envelope) -> Outcome:
        hashed = request_hash(self.key, command, envelope)
        identities: dict[UUID, UUID] = {}
        for _ in range(ATTEMPTS):
            try:
                decided = await self._decided(command, envelope, hashed, identities)
            except Refusal:
                remembered = await self.log.remembered(envelope.id)
                if remembered is None:
                    raise
                return _answered_before(remembered, hashed, envelope)
            work, append, outcome = decided
            if append is None:
                remembered = await self.log.remembered(envelope.id)
                if remembered is not None:
                    return _answered_before(remembered, hashed, envelope)
                return Outcome(outcome.id, outcome.version, await self.log.head())
            verdict = await self.log.writer.append(append)
            if verdict.verdict == "accepted":
                if verdict.remembered:
                    self._remember(work, append)
                return Outcome(outcome.id, outcome.version, verdict.last_position or 0)
            if verdict.result is not None:
                return _outcome(verdict.result, verdict.last_position)
            await self._face(verdict, append, envelope, work)
        raise Contended(id=outcome.id)

    async def _decided(
        self, command: Command, envelope: Envelope, hashed: bytes, identities: dict[UUID, UUID]
    ) -> tuple[Work, Append | None, Outcome]:
        """Decide on what is remembered; what the log would not judge, for nothing comes of it, on the log."""
        work = self._begin(envelope)
        try:
            append, outcome = await self._decide(command, envelope, work, hashed, identities)
        except Refusal:
            if not work.recalled:
                raise
        else:
            if append is not None or not work.recalled:
                return work, append, outcome
        work = self._begin(envelope, fresh=True)
        return work, *await self._decide(command, envelope, work, hashed, identities)

    async def judge(self, command: Command, envelope: Envelope, past: Mapping[UUID, Any]) -> None:
        """Decide a command as if some streams were still in the past, and record nothing; raises `Refusal`.

        `past` has what these streams made then, None where that was nothing yet.
        """
        work = self._begin(envelope, fresh=True)
        work.aggregates |= past
        work.versions |= {stream: made.version if made else 0 for stream, made in past.items()}
        await self._decide(command, envelope, work, b"", {})

    def _begin(self, envelope: Envelope, *, fresh: bool = False) -> Work:
        now = self.clock()
        at = envelope.occurred_at or now
        return Work(self.log, envelope.actor, at, now, envelope.id, self.key, fresh=fresh)

    def _remember(self, work: Work, append: Append) -> None:
        """Remember what came of the aggregates that were changed."""
        for stream, _, seen in append.streams:
            self.log.aggregates.recorded(work.aggregates[stream], seen, work.epoch)

    async def _decide(
        self,
        command: Command,
        envelope: Envelope,
        work: Work,
        hashed: bytes,
        identities: dict[UUID, UUID],
    ) -> tuple[Append | None, Outcome]:
        _require_role(command, envelope.actor)
        not_in_future(work.at, work.now)
        main = await command.decide(work)
        seen = work.versions[main.id]
        if envelope.expected_version is not None and envelope.expected_version != seen:
            raise StaleVersion("expectedVersion", expected=envelope.expected_version, actual=seen)
        outcome = Outcome(main.id, main.version, 0)
        read, changed = work.read(), work.changed()
        if not changed:
            return None, outcome
        await self._identify(changed, identities)
        append = appended(
            envelope,
            hashed,
            outcome,
            changed,
            identities,
            self.log.keyring,
            reads=read,
            erases=work.erases,
            epoch=work.epoch if work.recalled else None,
        )
        return append, outcome

    async def _identify(self, changed: Sequence[Changed], identities: dict[UUID, UUID]) -> None:
        """Learn under which identities the words are to be kept; what is known from a first attempt stays.

        So a command that was on its way while its subject was erased is refused, and not kept anew. What is
        made by the command itself has no words yet that could have been erased.
        """
        made = {aggregate.id for aggregate, seen, _ in changed if seen == 0}
        subjects = subjects_of(changed) - identities.keys()
        identities |= {subject: subject for subject in subjects & made}
        if others := subjects - made:
            identities |= await self.log.identities.living(others)

    async def _face(self, verdict: Verdict, append: Append, envelope: Envelope, work: Work) -> None:
        """Deal with a verdict that recorded nothing: refuse for good, or let the command be decided anew."""
        for stream, seen in work.versions.items():
            self.log.recall.forget(stream, seen)
        if verdict.verdict == "reused":
            raise CommandReused("commandId", id=envelope.id)
        if verdict.verdict == "key":
            async with connected(self.log.pool) as connection:
                erased = await self.log.keyring.reload(connection, [subject for subject, _ in append.keys])
            if erased:
                raise SubjectErased(subject=list(erased))


def _require_role(command: Command, actor: Actor) -> None:
    """Refuse a role that may never send the command, whatever it is about: existing or not."""
    if actor.role not in command.roles:
        name = name_of(type(command))
        what = Phrase(name, (type(command).__doc__ or name).split(" ")[0])
        raise Forbidden(role=actor.role, action=what, allowed=sorted(command.roles))


def _answered_before(remembered: Remembered, hashed: bytes, envelope: Envelope) -> Outcome:
    if remembered.request_hash != hashed:
        raise CommandReused("commandId", id=envelope.id)
    return _outcome(remembered.result, remembered.last_position)


def _outcome(result: bytes, position: int | None) -> Outcome:
    stored = json.loads(result)
    return Outcome(UUID(stored["id"]), stored["version"], position or 0)
