"""Frames that no well-meaning client sends on a WebSocket, one conversation after another from a seed."""

from __future__ import annotations

import json
import random
import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from tests.malformed_documents import REQUESTS, as_json, request
from tests.malformed_http import SECRET

TEXT, BINARY, CONTINUATION, CLOSE, PING, PONG = 1, 2, 0, 8, 9, 10
PROTOCOL = "graphql-transport-ws"
INIT = '{"type":"connection_init"}'
_MASK = b"\x01\x02\x03\x04"
_ODD_IDS: tuple[Any, ...] = (
    None,
    "",
    1,
    1.5,
    True,
    [],
    {},
    "a" * 5_000,
    "\0",
    "吹",
    '"',
    "__proto__",
    "<NaN>",
)


@dataclass(frozen=True)
class Conversation:
    """What is sent on one socket. `begun`: the connection is acknowledged first; `torn`: cut at the end.

    Otherwise the conversation ends with a good ping, and whatever the server makes of it.
    """

    kind: str
    frames: Sequence[bytes]
    begun: bool = True
    torn: bool = False
    handshake: Sequence[str] = ()
    line: str = "GET /graphql HTTP/1.1"
    protocol: str | None = PROTOCOL
    heard: bool = True
    """Whether the client reads what it is told before it ends."""
    unfinished: bool = False
    """Whether the server may be waiting for the rest of a frame; then the client says that nothing comes."""


def frame(
    payload: bytes | str, opcode: int = TEXT, *, first: int | None = None, masked: bool = True
) -> bytes:
    """A frame as a client sends it; `first` replaces the byte of flags and opcode."""
    data = payload.encode(errors="surrogatepass") if isinstance(payload, str) else payload
    head = bytes([0x80 | opcode if first is None else first])
    mask = 0x80 if masked else 0
    if len(data) < 126:
        head += bytes([mask | len(data)])
    elif len(data) < 65_536:
        head += bytes([mask | 126]) + struct.pack("!H", len(data))
    else:
        head += bytes([mask | 127]) + struct.pack("!Q", len(data))
    return head + (_MASK + _masked(data) if masked else data)


def _masked(data: bytes) -> bytes:
    key = (_MASK * (len(data) // 4 + 1))[: len(data)]
    return (int.from_bytes(data, "big") ^ int.from_bytes(key, "big")).to_bytes(len(data), "big")


def _subscribe(payload: str, identity: str = '"1"') -> bytes:
    return frame(f'{{"id":{identity},"type":"subscribe","payload":{payload}}}')


def _asked(dice: random.Random) -> Conversation:
    """Operations that fit nothing, on a socket that is in order."""
    kinds = [dice.choice(list(REQUESTS)) for _ in range(dice.choice((1, 3)))]
    frames = [_subscribe(request(dice, kind), json.dumps(str(n))) for n, kind in enumerate(kinds)]
    return Conversation("operations", frames)


def _odd_message(dice: random.Random) -> Conversation:
    message: dict[str, Any] = {
        "type": dice.choice(("subscribe", "complete", "ping", "pong", "connection_init", "connection_ack", "next", "x", "", 1, None)),
        "id": dice.choice(("1", *_ODD_IDS)),
        "payload": dice.choice((None, {}, [], 1, "x", {"query": "{ viewer { id } }"}, {"query": 1}, {"a": "<1e400>"}, {"a": "\ud800"},
                                {"a": f"<{'[' * 480}{']' * 480}>"}, f"<{'[' * 100_000}{']' * 100_000}>", {"a": "\0"})),
    }  # fmt: skip
    for name in dice.sample(list(message), dice.choice((0, 0, 1, 2))):
        del message[name]
    text = as_json(message)
    if dice.random() < 0.3:
        text = dice.choice(("", "null", "[]", "1", "{", '{"type":"ping","type":"x"}', "[" * 100_000, "\ufeff{}", "NaN", " " * 250_000,
                            '{"type":"ping","payload":{"a":' + "9" * 5_000 + "}}", '{"type":"ping","payload":{"a":-1e400}}'))  # fmt: skip
    return Conversation("odd message", [frame(text)], begun=dice.random() < 0.7)


def _odd_init(dice: random.Random) -> Conversation:
    secrets: tuple[Any, ...] = (
        SECRET,
        f"Bearer {SECRET}",
        "",
        " ",
        "Bearer",
        1,
        [],
        {},
        True,
        f"a.b.{SECRET}",
        "eyJhbGciOiJIUzI1NiJ9.e30.x",
        "\0",
        "吹哨",
    )
    payload: Any = dice.choice((1, "x", [], True, {"authToken": dice.choice(secrets)}, {"authorization": dice.choice(secrets)},
                           {"acceptLanguage": dice.choice(("zh;q=nan", "," * 2_000, 1, "\0"))}, {"token": "x" * 20_000}))  # fmt: skip
    init = frame(json.dumps({"type": "connection_init", "payload": payload}))
    return Conversation("odd init", [init] * dice.choice((1, 1, 2, 3)), begun=False)


def _too_early(dice: random.Random) -> Conversation:
    frames = [_subscribe('{"query":"{ viewer { id } }"}'), frame('{"id":"1","type":"complete"}'), frame(INIT)]
    return Conversation("too early", dice.sample(frames, dice.randint(1, 3)), begun=False)


def _odd_frame(dice: random.Random) -> Conversation:
    """Frames that break the protocol under ours."""
    good = '{"type":"ping"}'
    frames: tuple[bytes, ...] = (
        frame(good, BINARY), frame(b"\xff\xfe", TEXT), frame(good, masked=False), frame(good, first=0xC1), frame(good, first=0xF1),
        frame(good, first=0x83), frame(good, first=0x8B), frame(b"a" * 126, PING), frame(b"a", first=0x09), frame(good, CONTINUATION),
        frame(good[:5], first=0x01) + frame(good[5:], CONTINUATION), frame(good[:5], first=0x01) + frame(good),
        frame("吹".encode()[:1], first=0x01) + frame("吹".encode()[1:], CONTINUATION), frame(b"", PONG) * 50, frame(b"x" * 125, PING) * 200,
        b"\x81\xff" + b"\xff" * 8, b"\x81\xff\x7f" + b"\xff" * 7 + _MASK, b"\x81\xff" + struct.pack("!Q", 262_145) + _MASK,
        frame(b" " * 262_145), frame(b" " * 200_000, first=0x01) + frame(b" " * 200_000, CONTINUATION),
        frame("{", first=0x01) + frame(b"", first=0x00) * 5_000, frame("{", first=0x01) + frame(b" ", first=0x00) * 5_000,
        b"\x81\xfe\xff\x01" + _MASK + b"{", b"\x00", dice.randbytes(40), b"GET / HTTP/1.1\r\n\r\n",
    )  # fmt: skip
    chosen = dice.choice(frames)
    return Conversation("odd frame", [chosen], begun=dice.random() < 0.5, unfinished=chosen in frames[-4:])


def _odd_close(dice: random.Random) -> Conversation:
    codes = (0, 999, 1000, 1004, 1005, 1006, 1015, 1016, 2999, 3000, 4400, 4999, 5000, 65_535)
    payload = struct.pack("!H", dice.choice(codes)) + dice.choice(
        (b"", b"\xff", b"bye", b"a" * 123, b"a" * 124)
    )
    return Conversation(
        "odd close", [frame(dice.choice((payload, b"", b"\x03")), CLOSE)], begun=dice.random() < 0.5
    )


def _torn(dice: random.Random) -> Conversation:
    whole = _subscribe(
        dice.choice(('{"query":"subscription { events { position } }"}', '{"query":"{ log { head } }"}'))
    )
    frames = [whole] * dice.randint(0, 1) + [whole[: dice.randrange(1, len(whole))]]
    return Conversation("torn", frames, begun=dice.random() < 0.7, torn=True)


def _duplicate(dice: random.Random) -> Conversation:
    follow = '{"query":"subscription { events { position } }"}'
    identity = json.dumps(dice.choice(("1", "吹", "a" * 200, "\n")))
    frames = [_subscribe(follow, identity)] * 2
    if dice.random() < 0.5:
        frames.insert(1, frame(f'{{"id":{identity},"type":"complete"}}'))
    return Conversation("duplicate id", frames)


def _crowd(dice: random.Random) -> Conversation:
    """Many subscriptions at once, taken back again or not."""
    follow = '{"query":"subscription { events { position } }"}'
    frames = [_subscribe(follow, f'"{n}"') for n in range(dice.choice((150, 150, 1_000)))]
    if dice.random() < 0.5:
        frames += [frame(f'{{"id":"{n}","type":"complete"}}') for n in range(-20, 200)]
    return Conversation("crowd", frames, torn=dice.random() < 0.5, heard=dice.random() < 0.5)


def _odd_handshake(dice: random.Random) -> Conversation:
    headers = dice.choice((
        (), ("sec-websocket-extensions: permessage-deflate; a=b; c",), ("origin: http://elsewhere",), ("origin: \xff",),
        tuple(f"x-{n}: a" for n in range(200)), ("x: " + "a" * 9_000,), ("x: " + "a" * 60_000,), ("content-length: 5",),
        ("sec-websocket-key: x",), ("sec-websocket-version: 99",), ("transfer-encoding: chunked",), (f"authorization: Bearer {SECRET}",),
        ("traceparent: x", "accept-language: " + "," * 500), ("host: b",), ("sec-websocket-extensions: ;;;",),
    ))  # fmt: skip
    lines = ("GET /graphql", "POST /graphql", "GET /", "GET /graphql/static/x", "GET /\xff", "GET /%00", "PUT /x", "HEAD /graphql",
             "GET /graphql?" + "a" * 9_000, "GET *", "GET /%ed%a0%80", "GET http://x/graphql")  # fmt: skip
    line = dice.choice(lines) if dice.random() < 0.5 else lines[0]
    protocols = (
        PROTOCOL,
        "graphql-ws",
        "",
        None,
        "\xff",
        f"x, {PROTOCOL}",
        ",,",
        "a" * 500,
        f"{PROTOCOL}, {PROTOCOL}",
    )
    version = dice.choice(("1.1", "1.1", "1.1", "1.0", "2.0"))
    return Conversation(
        "odd handshake", [], False, False, headers, f"{line} HTTP/{version}", dice.choice(protocols)
    )


_KINDS: tuple[tuple[int, Callable[[random.Random], Conversation]], ...] = (
    (10, _asked), (10, _odd_message), (6, _odd_init), (3, _too_early), (10, _odd_frame), (4, _odd_close), (4, _torn),
    (3, _duplicate), (0.3, _crowd), (5, _odd_handshake),
)  # type: ignore[assignment]  # fmt: skip


def conversations(dice: random.Random) -> Iterator[Conversation]:
    """Conversations without end."""
    weights, makers = zip(*_KINDS, strict=True)
    while True:
        (make,) = dice.choices(makers, weights)
        yield make(dice)
