"""HTTP alone: the server that carries ours, with an application that answers a constant to each request.

    python -m benchmarks.constant PORT

Nothing is decided and nothing is kept. What it spends on the very same requests is the least that a command
over HTTP can take of such a server's processor time.
"""

from __future__ import annotations

import sys

import uvicorn
from starlette.types import Receive, Scope, Send

from chuishao.service.connections import HttpConnection

BODY = b'{"data":{"acceptCase":{"position":"1000000","errors":[]}}}'
"""About as long as the answer to a command."""
_HEADERS = [(b"content-length", b"%d" % len(BODY)), (b"content-type", b"application/json; charset=utf-8")]


async def answer(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer any request with the same bytes, once all of it is there."""
    assert scope["type"] == "http"
    while (await receive()).get("more_body", False):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
    await send({"type": "http.response.body", "body": BODY})


if __name__ == "__main__":
    uvicorn.run(
        answer,
        port=int(sys.argv[1]),
        loop="uvloop",
        http=HttpConnection,
        lifespan="off",
        log_level="warning",
        access_log=False,
    )
