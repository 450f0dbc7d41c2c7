"""Tokens: who somebody is, as a signed JWT; and the local key that signs them and derives cases' secrets."""

from __future__ import annotations

import os
import secrets
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import jwt

from chuishao.domain.actor import ANONYMOUS, Actor
from chuishao.domain.phrase import Phrase
from chuishao.domain.vocabulary import Role
from chuishao.graphql.errors import ApiError
from chuishao.service.settings import PREFIX, WrongSetting

ALGORITHM = "HS256"
AUDIENCE = "chuishao"
KEY_BYTES = 32


def load_key(data_dir: Path) -> bytes:
    """The key of CHUISHAO_KEY (hexadecimal), or of the data folder, where it is made once."""
    given = os.environ.get(PREFIX + "KEY")
    if given is not None:
        return _read_key(given, PREFIX + "KEY")
    try:
        return _kept_key(data_dir)
    except OSError as error:
        raise WrongSetting(f"data-dir {data_dir} cannot keep the key: {error.strerror}") from error


def _kept_key(data_dir: Path) -> bytes:
    file = data_dir / "key"
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = data_dir / f"key.{os.getpid()}.{secrets.token_hex(4)}"
    if not file.exists():
        fresh.touch(mode=0o600)
        fresh.write_text(secrets.token_hex(KEY_BYTES), encoding="ascii")
        try:
            os.link(fresh, file)  # whoever links first has made it, whole
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return _read_key(file.read_text(encoding="ascii", errors="replace"), str(file))


def _read_key(text: str, where: str) -> bytes:
    try:
        key = bytes.fromhex(text.strip())
    except ValueError:
        key = b""
    if len(key) < KEY_BYTES:
        raise WrongSetting(f"{where} must hold at least {2 * KEY_BYTES} hexadecimal digits")
    return key


def mint(key: bytes, actor: Actor, lasting: timedelta) -> str:
    """A token for an actor."""
    now = datetime.now(UTC)
    claims: dict[str, Any] = {
        "sub": actor.id,
        "aud": AUDIENCE,
        "role": actor.role.value,
        "scope": actor.scope,
        "iat": now,
        "exp": now + lasting,
    }
    if actor.department is not None:
        claims["department"] = str(actor.department)
    return jwt.encode(claims, key, algorithm=ALGORITHM)


def verify(key: bytes, token: str) -> tuple[Actor, datetime]:
    """The actor of a token and when it ends; refused where it does not hold."""
    try:
        claims = jwt.decode(
            token, key, algorithms=[ALGORITHM], audience=AUDIENCE, options={"require": ["sub", "exp", "aud"]}
        )
        department = claims.get("department")
        scope = claims.get("scope")
        actor = Actor(
            id=str(claims["sub"]),
            role=Role(claims["role"]),
            scope=None if scope is None else str(scope),
            department=UUID(department) if department else None,
        )
    except jwt.ExpiredSignatureError:
        said = Phrase("The token has expired. Get a new one.", "令牌已过期。请换取新的令牌。")
        raise ApiError(said, "UNAUTHENTICATED") from None
    except (jwt.InvalidTokenError, KeyError, ValueError):
        said = Phrase(
            "The token is not valid here. Get one from this server.",
            "令牌在此无效。请使用本服务器签发的令牌。",
        )
        raise ApiError(said, "UNAUTHENTICATED") from None
    return actor, datetime.fromtimestamp(claims["exp"], UTC)


def bearer(header: str | None, params: object = None) -> str | None:
    """The token of an Authorization header, or of a socket's connection parameters."""
    if header is not None:
        scheme, _, token = header.partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            said = Phrase(
                "Send the token as `Authorization: Bearer …`.",
                "请以 `Authorization: Bearer …` 发送令牌。",
            )
            raise ApiError(said, "UNAUTHENTICATED")
        return token.strip()
    if isinstance(params, dict):
        for name in ("authToken", "token", "authorization", "Authorization"):
            value = params.get(name)
            if isinstance(value, str) and value.strip():
                return value.strip().removeprefix("Bearer ").removeprefix("bearer ")
    return None


__all__ = ["ANONYMOUS", "bearer", "load_key", "mint", "verify"]
