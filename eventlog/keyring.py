"""Keys of people: personal text is sealed with its subject's key and opened with it, or not at all.

Sealing may use a remembered key, for the log itself refuses a key that is not the stored one; opening always
asks the database, so an erased key opens nothing from that moment on.
"""

from __future__ import annotations

import base64
import os
import secrets
from collections import OrderedDict
from collections.abc import Iterable
from functools import lru_cache
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from chuishao.domain.event import PersonalText, SealedText
from chuishao.eventlog.connection import Connection
from chuishao.eventlog.sql import statements

_NONCE = 12
_SQL = statements("chuishao.eventlog", "statements.sql")
REMEMBERED = 20_000
"""Keys kept in memory for sealing."""
CIPHERS = 1024
"""Keys that are ready to seal with: to make one ready takes longer than to seal a sentence."""


class Keyring:
    """The keys of one log."""

    def __init__(self, log: int) -> None:
        self.log = log
        self._keys: OrderedDict[UUID, bytes] = OrderedDict()
        self._cipher = lru_cache(maxsize=CIPHERS)(AESGCM)

    def key_for_sealing(self, subject: UUID) -> bytes:
        """The subject's key as remembered, or a new candidate that the next append decides about."""
        key = self._keys.get(subject)
        if key is None:
            key = self._keys[subject] = secrets.token_bytes(32)
            if len(self._keys) > REMEMBERED:
                self._keys.popitem(last=False)
        return key

    async def reload(self, connection: Connection, subjects: Iterable[UUID]) -> set[UUID]:
        """Learn the stored keys; give the subjects whose key was erased."""
        query = "SELECT subject, key FROM subject_key WHERE log = $1 AND subject = ANY($2)"
        erased = set()
        for subject in subjects:
            self._keys.pop(subject, None)
        for subject, key in await connection.fetch(query, self.log, list(subjects)):
            if key is None:
                erased.add(subject)
            else:
                self._keys[subject] = key
        return erased

    def forget(self, subject: UUID) -> None:
        """Seal nothing with a key any more that is known to be erased."""
        self._keys.pop(subject, None)

    def seal(self, text: PersonalText) -> SealedText:
        """Encrypt a text for its subject."""
        nonce = os.urandom(_NONCE)
        cipher = self._cipher(self.key_for_sealing(text.subject))
        return SealedText(text.subject, nonce + cipher.encrypt(nonce, text.text.encode(), text.subject.bytes))

    async def open(self, connection: Connection, texts: Iterable[SealedText]) -> dict[SealedText, str]:
        """Decrypt what can be decrypted; a text whose key is erased is missing in the answer."""
        return await self._open(connection, "open_keys", set(texts))

    async def open_to_keep(
        self, connection: Connection, texts: Iterable[SealedText]
    ) -> dict[SealedText, str]:
        """The same, for words that a read model will keep in plain, until an erasure deletes them there.

        They belong into rows that refer to `opened_subject`, in this transaction: an erasure waits for it.
        """
        return await self._open(connection, "open_keys_to_keep", set(texts))

    async def _open(
        self, connection: Connection, statement: str, wanted: set[SealedText]
    ) -> dict[SealedText, str]:
        rows = await connection.fetch(_SQL[statement], self.log, list({text.subject for text in wanted}))
        ciphers = {subject: AESGCM(key) for subject, key in rows}
        opened = {}
        for text in wanted:
            cipher = ciphers.get(text.subject)
            if cipher is not None:
                try:
                    plain = cipher.decrypt(text.box[:_NONCE], text.box[_NONCE:], text.subject.bytes)
                except InvalidTag:
                    continue  # sealed under a key that was erased and replaced: gone by right
                opened[text] = plain.decode()
        return opened


def open_with(key: bytes | None, value: bytes) -> str | None:
    """The plain text of a value of a read model; None without the key that it was sealed with."""
    if key is None:
        return None
    subject, box = value[:16], value[16:]
    try:
        return AESGCM(key).decrypt(box[:_NONCE], box[_NONCE:], subject).decode()
    except InvalidTag:
        return None  # sealed under a key that was erased and replaced: gone by right


def to_json(text: SealedText) -> list[str]:
    """A sealed text as JSON: subject and box."""
    return [text.subject.hex, base64.b64encode(text.box).decode()]


def from_json(value: list[str]) -> SealedText:
    """A sealed text from JSON."""
    return SealedText(UUID(value[0]), base64.b64decode(value[1]))


def to_bytes(text: PersonalText | SealedText | None) -> bytes | None:
    """A sealed text as one value of a read model: subject, then box."""
    return text.subject.bytes + text.box if isinstance(text, SealedText) else None


def from_bytes(value: bytes | None) -> SealedText | None:
    """A sealed text from a value of a read model."""
    return SealedText(UUID(bytes=value[:16]), value[16:]) if value else None
