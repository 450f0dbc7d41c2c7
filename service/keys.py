"""The keys of an installation: one makes the secrets of cases; derived from it, others sign tokens and seals.

Nobody who holds a derived key can compute the first one, so that of the tokens may be given to a sign-in
service and changed at any time without a resident losing a secret. Each key is for one thing.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from chuishao.service.settings import PREFIX, WrongSetting

KEY_BYTES = 32
_TOKENS = b"chuishao: signing tokens, 1"
"""Part of the derivation: with other words, every token would be void."""
_SEALS = b"chuishao: sealing checkpoints, 1"
"""Likewise: with other words, no checkpoint would be signed with the key that auditors know."""


def load_key(data_dir: Path) -> bytes:
    """The key of CHUISHAO_KEY (hexadecimal), or of the data folder, where it is made once."""
    given = os.environ.get(PREFIX + "KEY")
    if given is not None:
        return _read_key(given, PREFIX + "KEY")
    try:
        return _kept_key(data_dir)
    except OSError as error:
        raise WrongSetting(f"data-dir {data_dir} cannot keep the key: {error.strerror}") from error


def load_token_key(key: bytes) -> bytes:
    """The key of CHUISHAO_TOKEN_KEY, or the one derived from the key of the installation."""
    given = os.environ.get(PREFIX + "TOKEN_KEY")
    if given is None:
        return token_key(key)
    tokens = _read_key(given, PREFIX + "TOKEN_KEY")
    if tokens == key:
        raise WrongSetting(f"{PREFIX}TOKEN_KEY is the same as {PREFIX}KEY; it must be another one")
    return tokens


def load_seal_key(key: bytes) -> bytes:
    """The key of CHUISHAO_SEAL_KEY, or the one derived from the key of the installation."""
    given = os.environ.get(PREFIX + "SEAL_KEY")
    if given is None:
        return seal_key(key)
    seals = _read_key(given, PREFIX + "SEAL_KEY")
    if len(seals) != KEY_BYTES:
        raise WrongSetting(f"{PREFIX}SEAL_KEY must hold exactly {2 * KEY_BYTES} hexadecimal digits")
    for name, other in (("KEY", key), ("TOKEN_KEY", load_token_key(key)), ("TOKEN_KEY", token_key(key))):
        if seals == other:
            raise WrongSetting(f"{PREFIX}SEAL_KEY is the same as {PREFIX}{name}; it must be another one")
    return seals


def token_key(key: bytes) -> bytes:
    """The key that signs tokens where none is given."""
    return _derived(key, _TOKENS)


def seal_key(key: bytes) -> bytes:
    """The key that signs checkpoints where none is given."""
    return _derived(key, _SEALS)


def _derived(key: bytes, use: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=use).derive(key)


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
