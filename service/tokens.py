"""Tokens 令牌: who somebody is, as a JWT signed by an identity provider or with the local key."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import jwt

from chuishao.domain.actor import Actor
from chuishao.domain.phrase import Phrase
from chuishao.graphql.endpoint.errors import ApiError
from chuishao.service.claims import ClaimNames, actor_of, claims_of
from chuishao.service.provider import Provider, ProviderAway

LOCAL = "HS256"
"""The algorithm of the local key, and of nothing else."""
AUDIENCE = "chuishao"
LONGEST = 16 * 1024
REMEMBERED = 10_000
"""Tokens known again without their signatures being checked anew."""
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
class _Verified:
    """What a token has said of itself, and the key by which that is believed."""

    header: Mapping[str, Any]
    key: Any
    actor: Actor
    end: datetime


@dataclass(frozen=True, slots=True)
class Trust:
    """Whose tokens are believed: `key` is the local one or None, `issuer` and `names` are the provider's."""

    key: bytes | None
    provider: Provider | None = None
    issuer: str | None = None
    audience: str = AUDIENCE
    names: ClaimNames = _PLAIN
    _verified: OrderedDict[bytes, _Verified] = field(default_factory=OrderedDict, repr=False, compare=False)

    async def verify(self, token: str) -> tuple[Actor, datetime]:
        """The actor of a token and when it ends; refused where it does not hold.

        A token that was verified is known again until it ends, as long as the key that signed it is believed.
        """
        digest = sha256(token.encode(errors="backslashreplace")).digest()
        known = self._verified.get(digest)
        if known is None or await self._believed(known.header) is not known.key:
            known = await self._verify(token)
            self._verified[digest] = known
            if len(self._verified) > REMEMBERED:
                self._verified.popitem(last=False)
        if known.end <= datetime.now(UTC):
            raise _expired()
        return known.actor, known.end

    async def _verify(self, token: str) -> _Verified:
        header = _header(token)
        key = await self._believed(header)
        if key is self.key:
            claims, names = _decode(token, key, LOCAL, audience=self.audience), _PLAIN
        else:
            claims = _decode(token, key, header["alg"], audience=self.audience, issuer=self.issuer)
            names = self.names
        return _Verified(header, key, actor_of(claims, names), _end(claims))

    async def _believed(self, header: Mapping[str, Any]) -> Any:
        """The key that must have signed a token with this header; refused where there is none."""
        if header["alg"] == LOCAL and self.key is not None:
            return self.key
        return await self._public_key(header)

    async def _public_key(self, header: Mapping[str, Any]) -> Any:
        if self.provider is None:
            raise _invalid()
        try:
            found = await self.provider.find(header.get("kid"), header["alg"])
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
