"""Which language an asker reads: settled where a request arrives, known to everything that answers it."""

from collections.abc import Mapping
from contextvars import ContextVar
from functools import lru_cache

from chuishao.domain.phrase import Language

asked: ContextVar[Language] = ContextVar("asked", default="en")
"""语言 The language of the request at hand; each task inherits that of the request that started it."""

_PARAMETERS = ("acceptLanguage", "accept-language", "Accept-Language")
_LENGTH = 1_000  # of a header: no browser sends a tenth of it


def speak(accepted: str | None, params: Mapping[str, object] | None = None) -> None:
    """Answer from here on as an Accept-Language header, or a socket's connection parameters, ask for."""
    given = [value for name in _PARAMETERS if isinstance(value := (params or {}).get(name), str)]
    asked.set(preferred((given[0] if given else accepted or "")[:_LENGTH]))


@lru_cache(maxsize=256)
def preferred(accepted: str) -> Language:
    """The better of the two languages by quality, then by place; English where neither is asked for."""
    ranges: dict[str, tuple[float, int]] = {}
    for place, item in enumerate(accepted.split(",")):
        tag, *parameters = (part.strip().lower() for part in item.split(";"))
        rank = _quality(parameters), -place
        language = tag.split("-")[0]
        ranges[language] = max(rank, ranges.get(language, rank))
    nothing = 0.0, -len(accepted)
    zh, en = (ranges.get(language, ranges.get("*", nothing)) for language in ("zh", "en"))
    return "zh" if zh > en and zh[0] > 0 else "en"


def _quality(parameters: list[str]) -> float:
    for parameter in parameters:
        if parameter.startswith("q="):
            try:
                return min(1.0, max(0.0, float(parameter[2:])))
            except ValueError:
                return 0
    return 1
