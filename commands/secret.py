"""A case's own secret (查询码): lets its reporter rate and follow it without an account.

Derived from the case's identifier with the server's key, so that it is stored nowhere and a repeated report
gives the same one.
"""

import base64
import hashlib
import hmac
from uuid import UUID

from chuishao.domain.refusal import BadSecret

_BYTES = 15


def secret_of(key: bytes, case: UUID) -> str:
    """The case's secret: 24 letters and digits."""
    digest = hmac.digest(key, b"case:" + case.bytes, hashlib.sha256)
    return base64.b32encode(digest[:_BYTES]).decode()


def require_secret(key: bytes, case: UUID, given: str | None) -> None:
    """Refuse whoever does not hold the case's secret."""
    said = (given or "").strip().upper().encode(errors="replace")
    if not hmac.compare_digest(secret_of(key, case).encode(), said):
        raise BadSecret("secret")
