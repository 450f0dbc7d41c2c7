"""可信文档 Documents that a request may name instead of sending: registered at the start, or met before.

A request names one by `documentId` (the appendix on persisted documents of GraphQL over HTTP), or by Apollo's
`extensions.persistedQuery`, whose clients send an unknown document once together with its hash.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from pathlib import Path

from chuishao.domain.phrase import Phrase
from chuishao.graphql.endpoint.errors import ApiError, RequestRefused
from chuishao.graphql.endpoint.failures import FAILURES

PREFIX = "sha256:"
MET = 1_000
"""Documents of Apollo's clients remembered, and the characters that they may have together."""
MET_LENGTH = 8_000_000
_HASH = re.compile(r"[0-9a-f]{64}")
_UNKNOWN = "PersistedQueryNotFound"  # a word that clients look for, in no language
_APOLLO = "apollo-persisted-query-manifest"


class BadDocuments(Exception):
    """Documents that cannot be registered; the message names each and says why."""


def identity(text: str) -> str:
    """The identifier of a document: the SHA-256 of exactly its bytes."""
    return PREFIX + hashlib.sha256(text.encode(errors="backslashreplace")).hexdigest()


class Documents:
    """What may be named. With `only`, nothing that is not registered is executed."""

    def __init__(self, registered: Mapping[str, str] | None = None, *, only: bool = False) -> None:
        self._registered = dict(registered or {})
        self._texts = frozenset(self._registered.values())
        self._only = only
        self._met: OrderedDict[str, str] = OrderedDict()
        self._length = 0

    def text(self, query: str, named: str | None, extensions: Mapping[str, object] | None) -> str:
        """The document that is sent or named; raises RequestRefused."""
        hashed = _persisted(extensions)
        if named is not None:
            found = self._registered.get(named)
            if found is None:
                raise _refusal("DOCUMENT_NOT_TRUSTED" if self._only else "DOCUMENT_NOT_FOUND")
            return found
        if hashed is not None and not query:
            return self._persisted(hashed)
        if hashed is not None and hashed != identity(query):
            raise _bad("`sha256Hash` is not the hash of `query`.", "`sha256Hash` 不是 `query` 的哈希。")
        if self._only and query not in self._texts:
            raise _refusal("DOCUMENT_NOT_TRUSTED")
        return query

    def learn(self, text: str, extensions: Mapping[str, object] | None) -> None:
        """Remember a valid document that came with its hash; the one asked least recently is forgotten."""
        hashed = _persisted(extensions)
        if hashed is None or hashed in self._registered or hashed in self._met:
            return
        self._met[hashed] = text
        self._length += len(text)
        while len(self._met) > MET or self._length > MET_LENGTH:
            _, forgotten = self._met.popitem(last=False)
            self._length -= len(forgotten)

    def _persisted(self, hashed: str) -> str:
        if hashed in self._registered:
            return self._registered[hashed]
        if self._only:
            raise _refusal("DOCUMENT_NOT_TRUSTED")
        if hashed not in self._met:
            raise RequestRefused([ApiError(Phrase(_UNKNOWN, _UNKNOWN), "PERSISTED_QUERY_NOT_FOUND")])
        self._met.move_to_end(hashed)
        return self._met[hashed]


def names_document(value: Mapping[str, object]) -> bool:
    """Whether a request names a document, so that it need not send one."""
    extensions = value.get("extensions")
    return "documentId" in value or (isinstance(extensions, dict) and "persistedQuery" in extensions)


def read_documents(path: Path) -> dict[str, str]:
    """The documents of a folder, of one file, or of a manifest of Relay's or Apollo's form, by identifier."""
    try:
        return dict(_manifest(path) if path.suffix == ".json" else _files(path))
    except OSError as error:
        raise BadDocuments(f"{path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise BadDocuments(f"{path} holds what is no text in UTF-8, or no JSON: {error}") from error


def _files(path: Path) -> Iterator[tuple[str, str]]:
    found = sorted(file for ending in ("graphql", "gql") for file in path.rglob(f"*.{ending}"))
    for file in found if path.is_dir() else [path]:
        text = file.read_bytes().decode()
        yield identity(text), text


def _manifest(path: Path) -> Iterator[tuple[str, str]]:
    manifest = json.loads(path.read_bytes())
    if isinstance(manifest, dict) and manifest.get("format") == _APOLLO:
        listed = manifest.get("operations") or ()
        entries = [(entry.get("id"), entry.get("body")) for entry in listed if isinstance(entry, dict)]
    elif isinstance(manifest, dict):
        entries = list(manifest.items())
    else:
        raise BadDocuments(f"{path} must be a JSON object of documents by identifier, or Apollo's manifest")
    for given, text in entries:
        if not isinstance(given, str) or not isinstance(text, str):
            raise BadDocuments(f"{path}: {given!r} must have the text of a document")
        hashed = identity(text)
        digest = given.removeprefix(PREFIX)
        if _HASH.fullmatch(digest) and PREFIX + digest != hashed:
            raise BadDocuments(f"{path}: {given} is not the hash of its document, which is {hashed}")
        yield given, text
        yield hashed, text


def _persisted(extensions: Mapping[str, object] | None) -> str | None:
    """The identifier in Apollo's extension, or nothing where it is not used."""
    given = (extensions or {}).get("persistedQuery")
    if given is None:
        return None
    hashed = given.get("sha256Hash") if isinstance(given, dict) else None
    known = isinstance(given, dict) and given.get("version") == 1
    if not known or not isinstance(hashed, str) or not _HASH.fullmatch(hashed.lower()):
        raise _bad(
            "`persistedQuery` needs `version` 1 and `sha256Hash`, 64 hexadecimal digits.",
            "`persistedQuery` 须有 `version` 1 与 64 位十六进制的 `sha256Hash`。",
        )
    return PREFIX + hashed.lower()


def _bad(en: str, zh: str) -> RequestRefused:
    return RequestRefused([ApiError(Phrase(en, zh), "BAD_REQUEST")])


def _refusal(code: str) -> RequestRefused:
    return RequestRefused([ApiError(FAILURES[code].means, code)])
