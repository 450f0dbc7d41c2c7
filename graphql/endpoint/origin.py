"""来源 Whether the page that a browser asks for may ask, by what the browser says of it.

A browser tells where a request comes from in headers that pages cannot set. Programs that are no browsers
send none of them and are not restricted: whoever is not led by a stranger's page needs no protection from it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from chuishao.domain.phrase import Phrase
from chuishao.graphql.endpoint.errors import ApiError

PREFLIGHTED = ("authorization", "x-requested-with", "graphql-require-preflight", "apollo-require-preflight")
"""A page of another site cannot add these to a request without the browser asking us first."""
_BROWSER = "mozilla/"  # how every browser begins its User-Agent, and hardly anything else


class Origins:
    """Our own origin, and those that the operator allows; `*` is any."""

    def __init__(self, allowed: Sequence[str] = ()) -> None:
        self._allowed = frozenset(allowed)

    def check_get(self, headers: Mapping[str, str]) -> None:
        """Refuse a GET that a page of a stranger's site may have sent; raises ApiError FORBIDDEN."""
        if not (any(name in headers for name in PREFLIGHTED) or self._may_get(headers)):
            said = Phrase(
                "A GET from a page of another site needs the header X-Requested-With, and an origin that is "
                "allowed here.",
                "来自其他站点页面的 GET 须带 X-Requested-With 头，且其来源须经本服务器允许。",
            )
            raise ApiError(said, "FORBIDDEN")

    def may_connect(self, headers: Mapping[str, str]) -> bool:
        """Whether a WebSocket may be opened: browsers ask nobody before they open one anywhere."""
        if "origin" not in headers or headers.get("sec-fetch-site") == "same-origin":
            return True
        return self._admits(headers["origin"], headers)

    def _may_get(self, headers: Mapping[str, str]) -> bool:
        site = headers.get("sec-fetch-site")
        if site is not None:
            foreign = site not in ("same-origin", "none")
            return not foreign or ("origin" in headers and self._admits(headers["origin"], headers))
        told = headers.get("origin") or headers.get("referer")
        if told:
            return self._admits(told, headers)
        return not headers.get("user-agent", "").lower().startswith(_BROWSER)

    def _admits(self, address: str, headers: Mapping[str, str]) -> bool:
        """Whether an origin, or the address of a page, is our own or allowed."""
        try:
            scheme, host, *_ = urlsplit(address.lower())
        except ValueError:
            return False
        own = host != "" and host == headers.get("host", "").lower()
        return own or not self._allowed.isdisjoint(("*", f"{scheme}://{host}"))
