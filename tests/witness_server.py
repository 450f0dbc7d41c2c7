"""A witness as c2sp.org/tlog-witness describes it, which trusts one key a log."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from chuishao.eventlog.merkle import EMPTY, consistent
from chuishao.eventlog.note import (
    COSIGNATURE,
    TIME,
    BadNote,
    Checkpoint,
    Signature,
    Verifier,
    cosigned,
    opened,
    parse_note,
)


class WitnessServer:
    """Keeps the newest checkpoint of each log that it has signed."""

    def __init__(self, name: str = "witness.example/w1", now: int = 1_800_000_000) -> None:
        self.private = Ed25519PrivateKey.from_private_bytes(bytes(range(32, 64)))
        self.verifier = Verifier(name, self.private.public_key().public_bytes_raw(), COSIGNATURE)
        self.trusted: list[Verifier] = []
        self.seen: dict[str, Checkpoint] = {}
        self.asked = 0
        self.now = now
        self.lock = Lock()
        self.address = ""
        self.forging = False
        self.more = ""

    @property
    def setting(self) -> str:
        """How the settings name it."""
        return f"{self.address}#{self.verifier}"

    def answer(self, body: str) -> tuple[int, str]:
        """The status and the text for one request."""
        self.asked += 1
        head, _, text = body.partition("\n\n")
        first, *lines = head.split("\n")
        proof = [base64.b64decode(line, validate=True) for line in lines]
        old = int(first.removeprefix("old "))
        try:
            checkpoint = opened(parse_note(text), self.trusted)
        except BadNote as error:
            return 403, f"{error}\n"
        seen = self.seen.get(checkpoint.origin, Checkpoint(checkpoint.origin, 0, EMPTY))
        if old > checkpoint.size:
            return 400, "old is larger than the checkpoint\n"
        if old != seen.size or (old == checkpoint.size and seen.root != checkpoint.root):
            return 409, f"{seen.size}\n"
        if not consistent(seen.size, seen.root, checkpoint.size, checkpoint.root, proof):
            return 422, "the proof does not hold\n"
        self.seen[checkpoint.origin] = checkpoint
        signed = self.private.sign(cosigned(self._signed_text(text, checkpoint), self.now).encode())
        if self.forging:
            signed = bytes(len(signed))
        name, key_id = self.verifier.name, self.verifier.key_id
        signature = str(Signature(name, key_id, self.now.to_bytes(TIME) + signed))
        return 200, f"{self.more}\n{signature}" if self.more else signature

    def _signed_text(self, note: str, checkpoint: Checkpoint) -> str:
        """The checkpoint; a false witness takes the note with its signatures and more for it."""
        return note + self.more if self.more else checkpoint.text


@contextmanager
def witnessing() -> Iterator[WitnessServer]:
    """A witness that can be asked at its address."""
    witness = WitnessServer()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            with witness.lock:
                status, text = witness.answer(body) if self.path == "/w1/add-checkpoint" else (404, "")
            self.send_response(status)
            self.send_header("content-type", "text/x.tlog.size" if status == 409 else "text/plain")
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    witness.address = f"http://127.0.0.1:{server.server_address[1]}/w1"
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield witness
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
