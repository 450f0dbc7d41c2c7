"""What a decision records: events as the log keeps them, words sealed, and the keys they are sealed with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeAlias
from uuid import UUID

from chuishao.commands.request import Envelope, Outcome
from chuishao.domain.event import Event, PersonalText, SealedText
from chuishao.domain.identity import named
from chuishao.eventlog.encoding import encode, encode_meta, topic
from chuishao.eventlog.keyring import Keyring
from chuishao.eventlog.mapper import Meta, schema_version
from chuishao.eventlog.writer import Append, NewEvent

Changed: TypeAlias = tuple[Any, int, Sequence[Event]]
"""An aggregate that decided something, the version it was loaded at, and its new events."""


def subjects_of(changed: Iterable[Changed]) -> set[UUID]:
    """About whom the new events say something."""
    return {text.subject for _, _, decided in changed for event in decided for text in _texts(event)}


def appended(
    envelope: Envelope,
    request_hash: bytes,
    outcome: Outcome,
    changed: Sequence[Changed],
    identities: Mapping[UUID, UUID],
    keyring: Keyring,
    *,
    reads: Sequence[tuple[UUID, int]],
    erases: Sequence[UUID],
    epoch: int | None,
) -> Append:
    """The effect of a command; each word is kept under the identity that its subject has now."""
    keys: dict[UUID, bytes] = {}

    def seal(text: PersonalText) -> SealedText:
        subject = identities[text.subject]
        keys[subject] = keyring.key_for_sealing(subject)
        return keyring.seal(text if subject == text.subject else replace(text, subject=subject))

    events: list[NewEvent] = []
    for aggregate, _, decided in changed:
        correlation = aggregate.correlation
        meta = encode_meta(_meta(envelope, aggregate.place, correlation))
        for event in decided:
            events.append(
                NewEvent(
                    event.originator_id,
                    event.originator_version,
                    named(envelope.id, f"event:{len(events)}"),
                    topic(event),
                    schema_version(type(event)),
                    correlation,
                    encode(event, seal),
                    meta,
                    event.timestamp,
                )
            )
    return Append(
        command=envelope.id,
        request_hash=request_hash,
        result=b'{"id":"%s","version":%d}' % (outcome.id.hex.encode(), outcome.version),
        streams=[(aggregate.id, type(aggregate).TOPIC, seen) for aggregate, seen, _ in changed],
        events=events,
        keys=list(keys.items()),
        reads=reads,
        erases=erases,
        epoch=epoch,
    )


def _texts(event: Event) -> list[PersonalText]:
    found = []
    for value in vars(event).values():
        if type(value) is PersonalText:
            found.append(value)
        elif type(value) is list:
            found += [item for item in value if type(item) is PersonalText]
    return found


def _meta(envelope: Envelope, place: str, correlation: UUID | None) -> Meta:
    actor, command = envelope.actor, envelope.id
    causation = envelope.causation or command
    return Meta(
        actor.id,
        actor.role,
        actor.unit,
        actor.scope,
        place,
        command,
        correlation or command,
        causation,
        envelope.imported,
    )
