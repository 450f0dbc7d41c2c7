"""Tokens 令牌: who somebody is, as a JWT signed by an identity provider or with the local key."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt

from chuishao.domain.actor import Actor
from chuishao.domain.phrase import Phrase
from chuishao.graphql.endpoint.errors import ApiError
from chuishao.service.claims import ClaimNames, actor_of, claims_of
from chuishao.service.provider import Provider, ProviderAway
from chuishao.service.verified import Believed, Verified

LOCAL = "HS256"
"""The algorithm of the local key, and of nothing else."""
AUDIENCE = "chuishao"
LONGEST = 16 * 1024
AHEAD = timedelta(seconds=10)
"""How far the clock of who signs may be ahead of ours. A token that has ended has ended: it is renewed."""
_TOKEN = re.compile(r"[\w-]+\.[\w-]+\.[\w-]+", re.ASCII)
_PLAIN = ClaimNames()
_WRONG_HEADER = Phrase(
    "Send the token as `Authorization: Bearer …`.", "请以 `Authorization: Bearer …` 发送令牌。"
)
_ENDED = Phrase("The token has expired. Get a new one.", "令牌已过期。请换取新的令牌。")
_WRONG = Phrase(
    "The token is not valid here. Get one that is made for this server.",
    "令牌在此无效。请使用为本服务器签发的令牌。",
)
_AWAY = Phrase(
    "The identity provider cannot be reached, so the token cannot be checked now. Try again.",
    "暂时无法连接统一身份认证平台，不能核验令牌。请稍后重试。",
)


@dataclass(frozen=True, slots=True)
class Trust:
    """Whose tokens are believed: `key` is the local one or None, `issuer` and `names` are the provider's."""

    key: bytes | None
    provider: Provider | None = None
    issuer: str | None = None
    audience: str = AUDIENCE
    names: ClaimNames = _PLAIN
    verified: Verified = field(default_factory=Verified, compare=False, repr=False)

    async def verify(self, token: str) -> tuple[Actor, datetime]:
        """The actor of a token and when it ends; refused where it does not hold."""
        known = self.verified.find(token)
        if known is not None and await self._key(known.algorithm, known.names_key) is known.key:
            if known.end > datetime.now(UTC):
                return known.actor, known.end
            self.verified.forget(token)
            raise _expired()
        believed = await self._verify(token)
        self.verified.keep(token, believed)
        return believed.actor, believed.end

    async def _verify(self, token: str) -> Believed:
        header = _header(token)
        algorithm, names_key = header["alg"], header.get("kid")
        key = await self._key(algorithm, names_key)
        local = key is self.key
        issuer, names = (None, _PLAIN) if local else (self.issuer, self.names)
        claims = _decode(token, key, algorithm, audience=self.audience, issuer=issuer)
        return Believed(actor_of(claims, names), _end(claims), key, algorithm, names_key)

    async def _key(self, algorithm: str, names_key: str | None) -> Any:
        """What verifies a token with such a header at this moment; refused where nothing does."""
        if algorithm == LOCAL and self.key is not None:
            return self.key
        return await self._public_key(algorithm, names_key)

    async def _public_key(self, algorithm: str, names_key: str | None) -> Any:
        if self.provider is None:
            raise _invalid()
        try:
            found = await self.provider.find(names_key, algorithm)
        except ProviderAway:
            raise ApiError(_AWAY, "UNAVAILABLE", retry=True) from None
        if found is None:
            raise _invalid()
        return found.key


def mint(key: bytes, actor: Actor, lasting: timedelta, audience: str = AUDIENCE) -> str:
    """A token for an actor, signed with the key of the tokens."""
    now = datetime.now(UTC)
    about = {"aud": audience, "iat": now, "exp": now + lasting}
    return jwt.encode(claims_of(actor) | about, key, algorithm=LOCAL)


def bearer(header: str | None, params: object = None) -> str | None:
    """The token of an Authorization header, or of a socket's connection parameters."""
    if header is not None:
        scheme, _, token = header.partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise ApiError(_WRONG_HEADER, "UNAUTHENTICATED")
        return token.strip()
    for name in ("authToken", "token", "authorization", "Authorization"):
        value = params.get(name) if isinstance(params, dict) else None
        if value is not None:
            return _of_params(name, value)
    return None


def _of_params(name: str, value: object) -> str:
    """A token that is meant to be one: nobody becomes anonymous by a slip."""
    text = value.strip() if isinstance(value, str) else ""
    token = re.sub(r"^bearer(\s+|$)", "", text, flags=re.IGNORECASE)
    if not token:
        said = Phrase(
            f"Send the token as a text in {name}, or leave {name} out.",
            f"请在 {name} 中以文本发送令牌，或不填 {name}。",
        )
        raise ApiError(said, "UNAUTHENTICATED")
    return token


def _header(token: str) -> dict[str, Any]:
    """What a token says of its signature, before that is verified."""
    if len(token) > LONGEST or not _TOKEN.fullmatch(token):
        raise _invalid()
    try:
        header = jwt.get_unverified_header(token)
    except (jwt.InvalidTokenError, RecursionError):
        raise _invalid() from None
    if not isinstance(header.get("alg"), str) or "crit" in header:
        raise _invalid()  # what must be understood is not
    return header


def _decode(
    token: str, key: Any, algorithm: str, *, audience: str, issuer: str | None = None
) -> dict[str, Any]:
    """The claims of a token whose signature and times hold."""
    required = ["exp", "aud"] if issuer is None else ["exp", "aud", "iss"]
    try:
        return jwt.decode(
            token,
            key,
            algorithms=[algorithm],
            audience=audience,
            issuer=issuer,
            leeway=AHEAD,
            options={"require": required, "verify_sub": False},  # the claims are read in their own place
        )
    except jwt.ExpiredSignatureError:
        raise _expired() from None
    except (jwt.InvalidTokenError, OverflowError, RecursionError):
        raise _invalid() from None


def _end(claims: Mapping[str, Any]) -> datetime:
    try:
        end = datetime.fromtimestamp(claims["exp"], UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        raise _invalid() from None
    if end <= datetime.now(UTC):
        raise _expired()
    return end


def _expired() -> ApiError:
    return ApiError(_ENDED, "UNAUTHENTICATED")


def _invalid() -> ApiError:
    return ApiError(_WRONG, "UNAUTHENTICATED")
