"""What is refused beside the endpoint is refused like there: as JSON, with a code."""

from __future__ import annotations

import json

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from chuishao.domain.phrase import Phrase
from chuishao.graphql.endpoint.errors import ApiError
from chuishao.graphql.endpoint.failures import FAILURES
from chuishao.graphql.endpoint.language import speak

_CODES = {404: "PATH_NOT_FOUND", 405: "METHOD_NOT_ALLOWED"}


def refusal(code: str, said: str | None = None) -> bytes:
    """The body of a refusal before a request could be read, and so before its language is known."""
    error = {"message": said or FAILURES[code].means.en, "extensions": {"code": code}}
    return json.dumps({"errors": [error]}, separators=(",", ":")).encode()


async def refused(request: Request, error: Exception) -> Response:
    """The answer to a request for an address that does not exist, or not with this method."""
    assert isinstance(error, HTTPException)
    speak(request.headers.get("accept-language"))
    headers = {"cache-control": "no-store", **(error.headers or {})}
    code = _CODES.get(error.status_code, "BAD_REQUEST")
    said = FAILURES[code].means
    if allowed := headers.get("Allow"):
        said = Phrase(f"This address knows {allowed}.", f"此地址只支持 {allowed}。")
    body = {"errors": [ApiError(said, code).as_json()]}
    return JSONResponse(body, error.status_code, headers)
