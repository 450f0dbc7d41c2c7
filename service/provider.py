"""An identity provider 统一身份认证: its keys, fetched aside and kept while it is away."""

from __future__ import annotations

import asyncio
import logging
import math
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

import httptools

from chuishao.service.jwks import BadKeys, PublicKey, matching, read_keys

LARGEST = 512 * 1024
"""Bytes of an answer that are read."""
CHUNK = 64 * 1024
_OK = 200

logger = logging.getLogger("chuishao.identity")


class ProviderAway(Exception):
    """The keys that a token needs are not known and cannot be fetched now."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How keys age, in seconds: after `lifetime` they are fetched again, and at `kept` they are given up.

    However many tokens name unknown keys, fetches begin at least `pause` apart, and each ends in `timeout`.
    """

    lifetime: float = 300
    pause: float = 10
    kept: float = 6 * 3600
    timeout: float = 5


class Provider:
    """The keys at an address or in a file."""

    def __init__(
        self, source: str, pace: Pace | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._source = source
        self._pace = pace or Pace()
        self._clock = clock
        self._keys: list[PublicKey] = []
        self._fetched_at = self._tried_at = -math.inf
        self._failing = False
        self._fetching: asyncio.Task[None] | None = None

    async def find(self, kid: str | None, algorithm: str) -> PublicKey | None:
        """The key for a token; None where the provider has no such key."""
        if self._age > self._pace.lifetime:
            self._begin()
            if not self._failing:  # during an outage nobody waits for keys that are here
                await self._fetched()
        found = self._known(kid, algorithm)
        if found is None:
            self._begin()
            await self._fetched()
            found = self._known(kid, algorithm)
        if found is None and (self._failing or self._age > self._pace.kept):
            raise ProviderAway
        return found

    @property
    def _age(self) -> float:
        return self._clock() - self._fetched_at

    def _known(self, kid: str | None, algorithm: str) -> PublicKey | None:
        return matching(self._keys, kid, algorithm) if self._age <= self._pace.kept else None

    def _begin(self) -> None:
        """Fetch, unless that was tried a moment ago."""
        if self._fetching is None and self._clock() - self._tried_at >= self._pace.pause:
            self._tried_at = self._clock()
            self._fetching = asyncio.create_task(self._fetch())

    async def _fetched(self) -> None:
        if self._fetching is not None:
            await asyncio.shield(self._fetching)  # it goes on for the others when one of them leaves

    async def _fetch(self) -> None:
        try:
            async with asyncio.timeout(self._pace.timeout):
                self._keys = read_keys(await read_source(self._source))
        except (OSError, ValueError, BadKeys, httptools.HttpParserError) as error:  # time and TLS are OSError
            self._failing = True
            reason = str(error) or "it took too long"
            logger.warning("the keys of %s cannot be fetched now: %s", self._source, reason)
        else:
            self._failing = False
            self._fetched_at = self._clock()
        finally:
            self._fetching = None


async def read_source(source: str) -> bytes:
    """The document at an address, or in a file."""
    address = urlsplit(source)
    return await _get(address) if address.scheme in ("http", "https") else _file(Path(source))


def _file(path: Path) -> bytes:
    with path.open("rb") as file:
        return _bounded(file.read(LARGEST + 1))


def _bounded(data: bytes) -> bytes:
    if len(data) > LARGEST:
        raise BadKeys(f"it is larger than {LARGEST} bytes")
    return data


class _Answer:
    """What the parser tells of one response."""

    def __init__(self) -> None:
        self.body = b""
        self.whole = False

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        self.whole = True


async def _get(address: SplitResult) -> bytes:
    """The body of a plain GET. Redirects are not followed: the keys come from where the settings say."""
    secure = address.scheme == "https"
    port = address.port or (443 if secure else 80)
    context = ssl.create_default_context() if secure else None
    reader, writer = await asyncio.open_connection(address.hostname, port, ssl=context)
    try:
        host = address.netloc
        path = (address.path or "/") + (f"?{address.query}" if address.query else "")
        lines = (f"GET {path} HTTP/1.1", f"Host: {host}", "Accept: application/json", "Connection: close")
        writer.write("\r\n".join((*lines, "", "")).encode("ascii"))
        answer = _Answer()
        parser = httptools.HttpResponseParser(answer)
        read = 0
        while not answer.whole and (chunk := await reader.read(CHUNK)):
            read += len(chunk)
            if read > LARGEST:
                raise BadKeys(f"it is larger than {LARGEST} bytes")
            parser.feed_data(chunk)
    finally:
        writer.close()
    if parser.get_status_code() != _OK:
        raise BadKeys(f"the answer has status {parser.get_status_code()}")
    return answer.body
