"""Executing a command: decide, append, and answer a repetition with what was answered first.

A command is judged by the log, not by what was loaded or remembered: where somebody else was faster, it is
decided anew on what is there now. A client that named the version it saw is told instead.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import asdict, dataclass, field, is_dataclass, replace
from datetime import UTC, datetime
from typing import Any, TypeAlias
from uuid import UUID, uuid5

from chuishao.commands.command import Command, name_of
from chuishao.commands.work import Work
from chuishao.domain.actor import Actor
from chuishao.domain.event import Event, PersonalText, not_in_future
from chuishao.domain.phrase import Phrase
from chuishao.domain.refusal import CommandReused, Forbidden, Refusal, StaleVersion, SubjectErased
from chuishao.eventlog.connection import connected
from chuishao.eventlog.log import EventLog, Remembered
from chuishao.eventlog.mapper import Meta, schema_version
from chuishao.eventlog.spans import span
from chuishao.eventlog.writer import Append, NewEvent, Verdict

Changed: TypeAlias = tuple[Any, int, Sequence[Event]]
"""An aggregate that decided something, the version it was loaded at, and its new events."""
ATTEMPTS = 20
"""How often a command is decided anew before it counts as contended."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """Who sends a command, under which client-chosen id, about which moment, having seen which version."""

    id: UUID
    actor: Actor
    occurred_at: datetime | None = None
    expected_version: int | None = None
    causation: UUID | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a command made or changed: its identifier and version, and the position to read it at."""

    id: UUID
    version: int
    position: int


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
        with span("command", {"chuishao.command": type(command).__name__}):
            return await self._execute(command, envelope)

    async def _execute(self, command: Command, envelope: Envelope) -> Outcome:
        request_hash = _request_hash(self.key, command, envelope)
        identities: dict[UUID, UUID] = {}
        for _ in range(ATTEMPTS):
            try:
                decided = await self._decided(command, envelope, request_hash, identities)
            except Refusal:
                remembered = await self.log.remembered(envelope.id)
                if remembered is None:
                    raise
                return _answered_before(remembered, request_hash, envelope)
            work, append, outcome = decided
            if append is None:
                remembered = await self.log.remembered(envelope.id)
                if remembered is not None:
                    return _answered_before(remembered, request_hash, envelope)
                return Outcome(outcome.id, outcome.version, await self.log.head())
            verdict = await self.log.writer.append(append)
            if verdict.result is not None:
                if verdict.verdict == "accepted":
                    self._remember(work, append)
                return _outcome(verdict.result, verdict.last_position)
            await self._face(verdict, append, envelope, work)
        raise Contended(id=outcome.id)

    async def _decided(
        self, command: Command, envelope: Envelope, request_hash: bytes, identities: dict[UUID, UUID]
    ) -> tuple[Work, Append | None, Outcome]:
        """Decide on what is remembered; what the log would not judge, for nothing comes of it, on the log."""
        work = self._begin(envelope)
        try:
            append, outcome = await self._decide(command, envelope, work, request_hash, identities)
        except Refusal:
            if not work.recalled:
                raise
        else:
            if append is not None or not work.recalled:
                return work, append, outcome
        work = self._begin(envelope, fresh=True)
        return work, *await self._decide(command, envelope, work, request_hash, identities)

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
        request_hash: bytes,
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
        append = self._append(envelope, request_hash, outcome, changed, identities)
        epoch = work.epoch if work.recalled else None
        return replace(append, reads=read, erases=work.erases, epoch=epoch), outcome

    async def _identify(self, changed: Sequence[Changed], identities: dict[UUID, UUID]) -> None:
        """Learn under which identities the words are to be kept; what is known from a first attempt stays.

        So a command that was on its way while its subject was erased is refused, and not kept anew.
        """
        texts = (text for _, _, decided in changed for event in decided for text in _personal(event))
        subjects = {text.subject for text in texts} - identities.keys()
        if subjects:
            async with connected(self.log.pool) as connection:
                identities |= await self.log.keyring.living(connection, subjects)

    def _append(
        self,
        envelope: Envelope,
        request_hash: bytes,
        outcome: Outcome,
        changed: Sequence[Changed],
        identities: Mapping[UUID, UUID],
    ) -> Append:
        events: list[NewEvent] = []
        for aggregate, _, decided in changed:
            meta = _meta(envelope, aggregate.place, aggregate.correlation)
            stored_meta = _json(meta.to_json())
            for event in decided:
                stored = self.log.mapper.to_stored_event(_under(event, identities))
                number = len(events)
                events.append(
                    NewEvent(
                        stream=event.originator_id,
                        version=event.originator_version,
                        event_id=uuid5(envelope.id, f"event:{number}"),
                        type=stored.topic,
                        schema_version=schema_version(type(event)),
                        correlation=aggregate.correlation,
                        data=stored.state,
                        meta=stored_meta,
                        occurred_at=event.timestamp,
                    )
                )
        subjects = {
            identities[text.subject]
            for _, _, decided in changed
            for event in decided
            for text in _personal(event)
        }
        return Append(
            command=envelope.id,
            request_hash=request_hash,
            result=_json({"id": outcome.id.hex, "version": outcome.version}),
            streams=[(aggregate.id, type(aggregate).TOPIC, seen) for aggregate, seen, _ in changed],
            events=events,
            keys=[(subject, self.log.keyring.key_for_sealing(subject)) for subject in subjects],
        )

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


def _meta(envelope: Envelope, place: str, correlation: UUID | None) -> Meta:
    actor = envelope.actor
    return Meta(
        actor=actor.id,
        role=actor.role.value,
        unit=actor.unit,
        scope=actor.scope,
        place=place,
        command=envelope.id,
        correlation=correlation or envelope.id,
        causation=envelope.causation or envelope.id,
    )


def _personal(event: Event) -> list[PersonalText]:
    values = [
        item for value in vars(event).values() for item in (value if isinstance(value, list) else [value])
    ]
    return [value for value in values if isinstance(value, PersonalText)]


def _under(event: Event, identities: Mapping[UUID, UUID]) -> Event:
    """The event with its personal texts bound to the identities under which they are to be kept."""
    if all(identities[text.subject] == text.subject for text in _personal(event)):
        return event
    bound = copy(event)
    for name, value in vars(event).items():
        vars(bound)[name] = (
            [_bound(item, identities) for item in value]
            if isinstance(value, list)
            else _bound(value, identities)
        )
    return bound


def _bound(value: Any, identities: Mapping[UUID, UUID]) -> Any:
    return replace(value, subject=identities[value.subject]) if isinstance(value, PersonalText) else value


def _request_hash(key: bytes, command: Command, envelope: Envelope) -> bytes:
    """What the command id stands for. The id salts it, so that equal contents do not show, and nobody without
    the key of the installation finds a short content by trying."""
    content = {
        "command": type(command).__name__,
        "actor": [envelope.actor.id, envelope.actor.role, envelope.actor.unit],
        "at": envelope.occurred_at,
        "expected": envelope.expected_version,
        "fields": asdict(command) if is_dataclass(command) else {},
    }
    text = json.dumps(content, sort_keys=True, default=str)
    salted = b"request:" + envelope.id.bytes + text.encode("utf-8", "surrogatepass")
    return hmac.digest(key, salted, hashlib.sha256)


def _answered_before(remembered: Remembered, request_hash: bytes, envelope: Envelope) -> Outcome:
    if remembered.request_hash != request_hash:
        raise CommandReused("commandId", id=envelope.id)
    return _outcome(remembered.result, remembered.last_position)


def _outcome(result: bytes, position: int | None) -> Outcome:
    stored = json.loads(result)
    return Outcome(UUID(stored["id"]), stored["version"], position or 0)


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
