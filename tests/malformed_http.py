"""Bytes that no well-meaning client sends to an HTTP server, one message after another from a seed."""

from __future__ import annotations

import gzip
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import quote_from_bytes

from tests.malformed_documents import REQUESTS, request

SECRET = "never-to-be-logged"
"""Stands in every token that the noise makes up."""
GOOD_TOKEN = b"authorization: Bearer @good-token@\r\n"
"""Stands for a token that holds, which the sender puts in."""
HOST = b"host: localhost\r\n"
JSON = b"content-type: application/json\r\n"


@dataclass(frozen=True)
class Message:
    """Bytes to send, in pieces. `complete`: the server need not wait for more."""

    kind: str
    pieces: Sequence[bytes]
    complete: bool = True
    answers: int = 1

    @property
    def bytes_sent(self) -> bytes:
        """All of it."""
        return b"".join(self.pieces)


def _post(
    body: bytes, headers: bytes = JSON, *, length: bytes | None = None, line: bytes = b"POST /graphql"
) -> bytes:
    announced = b"content-length: %s\r\n" % (length if length is not None else b"%d" % len(body))
    return line + b" HTTP/1.1\r\n" + HOST + headers + announced + b"\r\n" + body


def _get(path: bytes, headers: bytes = b"", method: bytes = b"GET") -> bytes:
    return method + b" " + path + b" HTTP/1.1\r\n" + HOST + headers + b"\r\n"


def _asks(kind: str) -> Callable[[random.Random], Message]:
    def made(dice: random.Random) -> Message:
        """Some with a token that holds, so that they come as far as the decisions."""
        text = request(dice, kind).encode(errors="surrogatepass")
        headers = JSON + dice.choice((b"", b"accept: application/graphql-response+json\r\n"))
        headers += _authorization(dice) if dice.random() < 0.1 else GOOD_TOKEN * dice.randint(0, 1)
        return Message(kind, [_post(text, headers)])

    return made


def _odd_bytes(dice: random.Random) -> Message:
    """A good body with bytes flipped, cut, put in, or as another encoding."""
    kind = dice.choice(list(REQUESTS))
    body = bytearray(request(dice, kind).encode(errors="surrogatepass"))[: 64 * 1024]
    for _ in range(dice.randint(1, 5)):
        place = dice.randrange(len(body) + 1)
        match dice.randrange(5):
            case 0:
                del body[place : place + dice.randint(1, 9)]
            case 1:
                body[place:place] = dice.randbytes(dice.randint(1, 4))
            case 2:
                body[place:place] = dice.choice(
                    (b"\xff", b"\0", b"\\ud800", b"\xed\xa0\x80", b"\\", b'"', b"\r\n")
                )
            case 3:
                body[place : place + 1] = dice.choice(
                    (b"{", b"}", b"[", b":", b",", b"1e400", b"NaN", b"\\u0000")
                )
            case _:
                body[place:place] = body[: dice.randint(1, 30)]
    return Message("odd bytes", [_post(bytes(body))])


_NESTED = (b"[", b'{"a":', b'{"query":', b'[{"a":[', b'{"query":"{a}","variables":{"a":')
_WHOLE_BODIES = (
    b"", b" ", b"null", b"\0", b"\xef\xbb\xbf{}", b"{}{}", b'{"query":"{a}","query":"{viewer{id}}"}', b"'", b"//",
    b'{"query":"\\ud800"}', b'{"query":"{viewer{id}}","variables":{"\\udc00":1}}', b'{"query":"\xc3\x28"}',
    b'{"query":"\0"}', b'{"query":"{viewer{id}}","variables":{"a":' + b"9" * 100_000 + b"}}",
    '{"query":"{viewer{id}}"}'.encode("utf-16"), '{"query":"{viewer{id}}"}'.encode("utf-32"),
    gzip.compress(b'{"query":"{viewer{id}}"}', mtime=0), b"--x\r\ncontent-disposition: form-data\r\n\r\n1\r\n--x--",
)  # fmt: skip


def _odd_body(dice: random.Random) -> Message:
    match dice.randrange(3):
        case 0:
            return Message("odd body", [_post(dice.choice(_WHOLE_BODIES))])
        case 1:
            depth = dice.choice((10, 300, 480, 500, 900, 960, 990, 1_000, 1_500, 10_000, 100_000))
            opening = dice.choice(_NESTED)
            body = (opening * depth)[: 256 * 1024 - 100_010]
            closing = b"".join(b"]" if sign == ord("[") else b"}" for sign in reversed(body) if sign in b"[{")
            return Message("nested body", [_post(body + dice.choice((b"", b"1")) + closing)])
        case _:
            size = dice.choice((256 * 1024 + 1, 300_000, 1_000_000))
            return Message("oversized body", [_post(b" " * size)])


_TYPES = (
    b"text/plain", b"", b"application/json; charset=gbk", b"application/json; charset=", b"application/json;;;",
    b"application/graphql", b"multipart/form-data", b"application/x-www-form-urlencoded", b"application/json\xff",
    b"APPLICATION/JSON; CHARSET=\"UTF-8\"", b"application/json; charset=utf-8; charset=utf-16", b"*/*", b"a" * 8_000,
)  # fmt: skip
_ENCODINGS = (b"gzip", b"br", b"identity, gzip", b"", b"\xff", b"deflate", b"zstd", b"chunked")


def _odd_type(dice: random.Random) -> Message:
    body = b'{"query":"{ viewer { id } }"}'
    headers = JSON + b"content-encoding: %s\r\n" % dice.choice(_ENCODINGS)
    if dice.random() < 0.6:
        headers = b"content-type: %s\r\n" % dice.choice(_TYPES)
    return Message("odd media type", [_post(dice.choice((body, b"", gzip.compress(body, mtime=0))), headers)])


def _authorization(dice: random.Random) -> bytes:
    secret = SECRET.encode()
    values = (
        b"Bearer " + secret, secret, b"Bearer", b"Bearer  ", b"Basic " + secret, b"bearer " + secret * 500,
        b"Bearer eyJhbGciOiJub25lIn0." + secret + b".", b"Bearer \xff\xfe" + secret, b"Bearer ..", b"Bearer a.b.c",
        b"Bearer eyJhbGciOiJIUzI1NiJ9.e30." + secret, b"Bearer " + b"a" * 20_000 + b".b." + secret,
        b"Bearer eyJhbGciOiB7fX0.e30.AA", b"Bearer W10.e30.AA", b"Bearer bnVsbA.e30.AA",
    )  # fmt: skip
    return b"authorization: %s\r\n" % dice.choice(values)


_NAMES = (
    b"accept", b"accept-language", b"last-event-id", b"traceparent", b"tracestate", b"x-request-id", b"origin", b"referer",
    b"sec-fetch-site", b"x-chuishao-trace", b"x-requested-with", b"user-agent", b"cookie", b"forwarded", b"range",
    b"x-forwarded-for", b"expect", b"te", b"trailer", b"if-none-match", b"content-language", b"accept-encoding",
    b"connection", b"upgrade", b"via", b"baggage", b"prefer", b"access-control-request-method", b"http2-settings",
)  # fmt: skip
_VALUES = (
    b"", b"\xff\xfe\x80", b"a" * 100, b"a" * 5_000, b"a" * 60_000, b"," * 3_000, b";q=," * 2_000, b"*/*;q=nan", b"*;q=inf",
    b"zh;q=1e999", b"zh-" * 1_000, "吹哨".encode(), b"%00", b"\\u0000", b"00-" + b"0" * 32 + b"-" + b"0" * 16 + b"-01",
    b"00-" + b"f" * 32 + b"-" + b"f" * 16 + b"-01-x", b"a=1," * 500, b"\x0b\x0c", b"a\tb", b"null", b"http://[::1", b"cross-site",
    b"https://[", b"AQAAAAEAAAAAAAAAAAAAAAAAAAAA", b"AQAAAAEAAAAAAAAAAAAAAAAAAAA=", b"-1", b"0", b"9" * 400, b"{}",
    b"100-continue", b"trailers", b"text/event-stream;q=0", b"text/html", b"image/png", b"websocket", b"h2c", b"close",
)  # fmt: skip
_DOCUMENTS = (
    b'{"query":"{ viewer { id } }"}', b'{"query":"{"}', b'{"query":"subscription { events { position } }"}',
    b'{"query":"subscription { events(after: \\"x\\") { position } }"}', b'{"query":"{ log { head } }","extensions":{"trace":1}}',
)  # fmt: skip


def _odd_header(dice: random.Random) -> Message:
    headers = JSON
    for _ in range(dice.choice((1, 1, 2, 5, 60))):
        headers += dice.choice(_NAMES) + b": " + dice.choice(_VALUES)[:4_000] + b"\r\n"
    headers += dice.choice((b"", _authorization(dice)))
    if dice.random() < 0.1:
        headers += dice.choice(_NAMES) + b": " + b"a" * dice.choice((60_000, 70_000, 500_000)) + b"\r\n"
    return Message("odd header", [_post(dice.choice(_DOCUMENTS), headers)])


_LINES = (
    b"GET", b"GET /graphql", b"GET  /graphql HTTP/1.1", b"GET /graphql HTTP/9.9", b"GET /graphql HTTP/1.0", b"\0 / HTTP/1.1",
    b"get /graphql HTTP/1.1", b"GET graphql HTTP/1.1", b"GET * HTTP/1.1", b"OPTIONS * HTTP/1.1", b"CONNECT localhost:1 HTTP/1.1",
    b"GET http://elsewhere/graphql HTTP/1.1", b"GET //graphql HTTP/1.1", b"GET /\xff HTTP/1.1", b"GET ? HTTP/1.1", b"PRI * HTTP/2.0",
    b"GET http:// HTTP/1.1", b"GET /" + b"a" * 70_000 + b" HTTP/1.1", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"GET /graphql\tHTTP/1.1", b"GET # HTTP/1.1", b"GET /a#b HTTP/1.1", b"GET http://[ HTTP/1.1", b"CONNECT / HTTP/1.1",
    b"SSH-2.0-a", b"HTTP/1.1 200 OK", b"GET /graphql HTTP/1.1 x", b"M-SEARCH * HTTP/1.1", b"SOURCE /graphql ICE/1.0",
)  # fmt: skip
_HEADS = (
    b"", b"host: a\r\n", b"host: a\r\nhost: b\r\n", b"no colon\r\n", b": empty\r\n", b" folded\r\n", b"a: b\r\n folded\r\n", b"a b: c\r\n",
    b"a\0b: c\r\n", b"a: \0\r\n", b"\xff: a\r\n", b"a: b\n", b"a: b\rc: d\r\n", b"content-length: -1\r\n", b"content-length: 1, 1\r\n",
    b"content-length: 99999999999999999999\r\n", b"content-length: 1\r\ncontent-length: 2\r\n", b"content-length: 0x10\r\n",
    b"transfer-encoding: chunked\r\ncontent-length: 3\r\n", b"transfer-encoding: gzip\r\n", b"transfer-encoding: chunked, gzip\r\n",
    b"transfer-encoding: xchunked\r\n", b"a: b\r\n" * 3_000, b"a: " + b"b" * 300_000 + b"\r\n", b"connection: upgrade\r\nupgrade: h2c\r\n",
    b"content-length: \r\n", b"content-length: 1e3\r\n", b"content-length: +1\r\n", b"a" * 70_000 + b": b\r\n",
)  # fmt: skip


def _odd_head(dice: random.Random) -> Message:
    """A request line or a head that breaks HTTP, or nearly does; whatever the server waits for never comes."""
    line = dice.choice(_LINES) if dice.random() < 0.5 else b"POST /graphql HTTP/1.1"
    return Message("odd head", [line + b"\r\n" + dice.choice(_HEADS) + b"\r\n"], complete=False)


_CHUNKS = (
    b"0\r\n\r\n", b"x\r\n", b"-1\r\n{}\r\n", b"fffffffffffffffff\r\n{}", b"2\r\n{}\r\n", b"2\r\n{}\r\n0\r\n\r\n", b"2;a=b;c\r\n{}\r\n0\r\n\r\n",
    b"2\n{}\n0\n\n", b"2\r\n{}0\r\n\r\n", b"\r\n\r\n", b"0\r\na: b\r\n\r\n", b"0\r\n" + b"a: b\r\n" * 5_000 + b"\r\n", b"1\r\n{}\r\n0\r\n\r\n",
    b"2 \r\n{}\r\n0\r\n\r\n", b"0x2\r\n{}\r\n0\r\n\r\n", b"2;" + b"a" * 20_000 + b"\r\n{}\r\n0\r\n\r\n", b"00000000000002\r\n{}\r\n0\r\n\r\n",
    b"1\r\n{\r\n" * 3_000 + b"0\r\n\r\n", b"40001\r\n" + b" " * 0x40001 + b"\r\n0\r\n\r\n", b"7fffffffffffffff\r\n{}",
)  # fmt: skip


def _odd_chunks(dice: random.Random) -> Message:
    head = b"POST /graphql HTTP/1.1\r\n" + HOST + JSON + b"transfer-encoding: chunked\r\n\r\n"
    return Message("odd chunks", [head + dice.choice(_CHUNKS)], complete=False)


def _wrong_length(dice: random.Random) -> Message:
    """A body that is shorter or longer than announced: the rest is waited for, or read as a request."""
    body = request(dice, dice.choice(list(REQUESTS))).encode(errors="surrogatepass")[:20_000]
    length = max(0, len(body) + dice.choice((-5_000, -7, -1, 1, 9, 10_000)))
    return Message("wrong length", [_post(body, length=b"%d" % length)], complete=False)


def _truncated(dice: random.Random) -> Message:
    whole = _post(request(dice, "misfit").encode(errors="surrogatepass"))
    return Message("truncated", [whole[: dice.randrange(len(whole))]], complete=False)


_PATHS = (
    b"/", b"//", b"/graphql/", b"/graphqlx", b"/health", b"/health/", b"/health/live", b"/health/ready", b"/health/../metrics",
    b"/metrics", b"/metrics/", b"/favicon.ico", b"/robots.txt", b"/.env", b"/graphql/static", b"/graphql/static/",
    b"/graphql/static/../schema.py", b"/graphql/static/..%2fschema.py", b"/graphql/static/%2e%2e/%2e%2e/pyproject.toml",
    b"/graphql/static/%00", b"/graphql/static/graphiql.min.js%00.css", b"/graphql/static/" + b"a" * 5_000,
    b"/graphql/static//etc/passwd", b"/graphql/static/%2fetc%2fpasswd", b"/graphql/static/..%5c..%5cpyproject.toml",
    b"/graphql/static/%ff%fe", b"/graphql/static/%ed%a0%80", b"/graphql/static/explorer.js/x", b"/graphql/static/.",
    b"/graphql/static/explorer.css", b"/%2e%2e/%2e%2e/etc/passwd", b"/%", b"/%zz", b"/" + b"%00" * 300, b"/a;b?c#d", b"/\\..\\",
)  # fmt: skip
_METHODS = (
    b"GET", b"GET", b"GET", b"GET", b"HEAD", b"OPTIONS", b"PUT", b"DELETE", b"PATCH", b"TRACE", b"PROPFIND", b"LINK", b"PURGE",
)  # fmt: skip


def _odd_path(dice: random.Random) -> Message:
    headers = dice.choice((b"", b"range: bytes=5-2\r\n", b"range: bytes=" + b"0-1," * 500 + b"0-1\r\n",
                           b"if-modified-since: x\r\n", b"if-none-match: \xff\r\n", b"accept: text/html\r\n"))  # fmt: skip
    return Message("odd path", [_get(dice.choice(_PATHS), headers, dice.choice(_METHODS))])


_QUERIES = (
    b"", b"&", b"=&=", b"query", b"query=%", b"query=%ff", b"query=%00", b"query=+", b"query={viewer{id}}&variables=[",
    b"query={viewer{id}}&variables=" + b"[" * 5_000, b"query={viewer{id}}&extensions=1", b"query={a&query={viewer{id}}",
    b"query=mutation{__typename}", b"query=subscription{events{position}}", b"variables={}", b"query=" + b"{" * 4_500,
    b"query=%7Bviewer%7Bid%7D%7D&variables=NaN", b"&" * 20_000, b"query={viewer{id}}&variables={\"a\":1e999}",
    b"query=%EF%BB%BF{viewer{id}}", b"query=%ED%A0%80", b"q[]=1&query[]=2", b"a=1&" * 5_000,
)  # fmt: skip


def _odd_query(dice: random.Random) -> Message:
    asked = dice.choice(_QUERIES)
    if dice.random() < 0.5:
        text = request(dice, dice.choice(("mutated", "misshapen"))).encode(errors="surrogatepass")[:6_000]
        asked = (
            dice.choice((b"query=", b"variables=", b"query={viewer{id}}&variables="))
            + quote_from_bytes(text).encode()
        )
    if dice.random() < 0.1:
        asked = dice.randbytes(50).replace(b"\r", b"").replace(b"\n", b"").replace(b" ", b"")
    method = dice.choice((b"GET", b"GET", b"GET", b"HEAD", b"PUT", b"OPTIONS"))
    headers = dice.choice(
        (b"", b"accept: text/event-stream\r\n", b"accept: image/png\r\n", b"content-length: 3\r\n")
    )
    return Message("odd query", [_get(b"/graphql?" + asked, headers, method)], complete=False)


def _pipelined(dice: random.Random) -> Message:
    good = _post(b'{"query":"{ viewer { id } }"}')
    bad = (_odd_head(dice), _odd_chunks(dice), _truncated(dice), _odd_body(dice), _odd_path(dice))
    count = dice.choice((1, 2, 5, 30))
    return Message(
        "pipelined", [good * count + dice.choice(bad).bytes_sent], complete=False, answers=count + 1
    )


def _trickled(dice: random.Random) -> Message:
    """A whole request that arrives byte by byte, and another that ends in the middle."""
    whole = _post(dice.choice(_DOCUMENTS[:2]))
    sent = whole if dice.random() < 0.5 else whole[: dice.randrange(1, len(whole))]
    return Message("trickled", [sent[n : n + 1] for n in range(len(sent))], complete=len(sent) == len(whole))


_STREAMED = (
    b"subscription { events { position } }", b'subscription { events(place: \\"120101001\\") { cursor data } }',
    b'subscription { events(after: \\"AQAAAAEAAAAAAAAAAAAAAAAAAAAA\\") { position cursor } }', b"{ log { head } }",
    b'subscription { events(after: \\"\\u0000\\") { position } }', b'subscription { caseEvents(caseId: \\"x\\") { position } }',
    b"subscription { events { position } events { cursor } }", b"subscription { __typename }", b"mutation { a }", b"{",
)  # fmt: skip
_CURSORS = (
    b"", b"x", b"\xff", b"AQAAAAEAAAAAAAAAAAAAAAAAAAAA", b"AQAAAAF//////////wAAAAAAAAAA", b"A" * 3_000, b"-1", b"AQAAAAEAAAAA", b"\\0",
)  # fmt: skip


def _stream(dice: random.Random) -> Message:
    """An event stream, left as soon as it has begun."""
    headers = JSON + b"accept: text/event-stream\r\n"
    if dice.random() < 0.5:
        headers += b"last-event-id: %s\r\n" % dice.choice(_CURSORS)
    return Message("event stream", [_post(b'{"query":"%s"}' % dice.choice(_STREAMED), headers)])


_KINDS: tuple[tuple[int, Callable[[random.Random], Message]], ...] = (
    *((14 if kind in ("misfit", "mutated") else 6, _asks(kind)) for kind in REQUESTS),
    (10, _odd_bytes), (3, _odd_body), (3, _odd_type), (10, _odd_header), (8, _odd_head), (4, _odd_chunks), (4, _wrong_length),
    (3, _truncated), (6, _odd_path), (6, _odd_query), (3, _pipelined), (1, _trickled), (5, _stream),
)  # fmt: skip


def messages(dice: random.Random) -> Iterator[Message]:
    """Messages without end."""
    weights, makers = zip(*_KINDS, strict=True)
    while True:
        (make,) = dice.choices(makers, weights)
        yield make(dice)
