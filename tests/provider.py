"""An identity provider of the tests' own: real keys, served over real HTTP, in any state of health."""

from __future__ import annotations

import asyncio
import contextlib
import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

ISSUER = "https://identity.example/realms/city"
CURVES = {"ES256": ec.SECP256R1(), "ES384": ec.SECP384R1(), "ES512": ec.SECP521R1()}


@cache
def _made(algorithm: str, number: int, bits: int) -> Any:
    assert number >= 0
    if algorithm in CURVES:
        return ec.generate_private_key(CURVES[algorithm])
    if algorithm == "EdDSA":
        return ed25519.Ed25519PrivateKey.generate()
    return rsa.generate_private_key(65537, bits)


def key_for(algorithm: str, number: int = 0, bits: int = 2048) -> Any:
    """A private key that fits an algorithm; the same for the same number."""
    return _made(algorithm, number, bits)


def jwk(algorithm: str, key: Any, **fields: Any) -> dict[str, Any]:
    """A key as a provider publishes it; its private half where a private key is given."""
    kind = ECAlgorithm if algorithm in CURVES else OKPAlgorithm if algorithm == "EdDSA" else RSAAlgorithm
    return {**kind.to_jwk(key, as_dict=True), "key_ops": ["verify"]} | fields


@dataclass
class Authority:
    """Who signs: one key for each algorithm asked for, under a name that changes when it rotates."""

    number: int = 0

    def kid(self, algorithm: str) -> str:
        """The name of the present key."""
        return f"{algorithm}-{self.number}"

    def rotate(self) -> None:
        """Sign with other keys from now on."""
        self.number += 1

    def published(self, *algorithms: str) -> bytes:
        """The document with the public keys."""
        keys = [
            jwk(name, key_for(name, self.number).public_key(), kid=self.kid(name), alg=name, use="sig")
            for name in algorithms or ("RS256",)
        ]
        return json.dumps({"keys": keys}).encode()

    def token(self, algorithm: str = "RS256", headers: dict[str, Any] | None = None, **claims: Any) -> str:
        """A token that holds unless claims or headers say otherwise; None leaves one out."""
        now = datetime.now(UTC)
        usual = {"iss": ISSUER, "aud": "chuishao", "sub": "auditor-1", "role": "AUDITOR", "scope": "12"}
        named = {"kid": self.kid(algorithm)} | (headers or {})
        said = usual | {"iat": now, "exp": now + timedelta(hours=1)} | claims
        return jwt.encode(
            {name: value for name, value in said.items() if value is not None},
            key_for(algorithm, self.number),
            algorithm=algorithm,
            headers={name: value for name, value in named.items() if value is not None},
        )


@dataclass
class Site:
    """The provider's address, and how it answers."""

    document: bytes
    url: str = ""
    status: str = "200 OK"
    headers: str = ""
    hangs: bool = False
    fetches: int = 0
    answered: list[asyncio.StreamWriter] = field(default_factory=list)

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request, or never."""
        self.answered.append(writer)
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            await reader.readuntil(b"\r\n\r\n")
            self.fetches += 1
            if not self.hangs:
                head = f"HTTP/1.1 {self.status}\r\ncontent-length: {len(self.document)}\r\n{self.headers}\r\n"
                writer.write(head.encode() + self.document)
                await writer.drain()
                writer.close()


@asynccontextmanager
async def site(document: bytes, tls: ssl.SSLContext | None = None) -> AsyncIterator[Site]:
    """The provider's keys at an address of this machine."""
    made = Site(document)
    listener = await asyncio.start_server(made.answer, "127.0.0.1", 0, ssl=tls)
    port = listener.sockets[0].getsockname()[1]
    made.url = f"{'https' if tls else 'http'}://localhost:{port}/keys?version=1"
    try:
        yield made
    finally:
        listener.close()
        for writer in made.answered:
            writer.close()
