"""签名凭据 Signed notes, checkpoints and cosignatures, as c2sp.org/signed-note, c2sp.org/tlog-checkpoint and
c2sp.org/tlog-cosignature define them.

A note is text, an empty line, and lines of signatures. A checkpoint is a note whose text names a log, its
size and the root of its tree. Signatures by keys that the reader does not know, such as those of witnesses,
are kept and ignored.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from chuishao.eventlog.merkle import HASH

ED25519, COSIGNATURE = 1, 4
"""The types of signature in a key: of the text itself, and of a witness, with the moment."""
TIME = 8
"""Bytes of the moment in a cosignature: seconds since 1970."""
KEY, SIGNATURE, ID = 32, 64, 4
"""Bytes of a key, of a signature and of a key's identifier."""
MOST_SIGNATURES = 100
LONGEST = 1_000_000
"""Bytes of a note that are read."""
LINES = 3
"""Lines of a checkpoint; others may follow, and mean nothing here."""
LARGEST = 2**63 - 1
"""The greatest size of a tree."""
_SIGNED = re.compile(r"— (\S+) (\S+)")
_UNWANTED = re.compile("[\x00-\x09\x0b-\x1f\ud800-\udfff]")


class BadNote(Exception):
    """A note, checkpoint or key that is not well formed, or that no known key has signed."""


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature of a note: by whom, with which key, and its bytes."""

    name: str
    key_id: bytes
    signature: bytes

    def __str__(self) -> str:
        return f"— {self.name} {_base64(self.key_id + self.signature)}\n"


@dataclass(frozen=True, slots=True)
class Note:
    """A text that ends in a newline, and its signatures, none of which has been checked."""

    text: str
    signatures: tuple[Signature, ...]

    def __str__(self) -> str:
        return self.text + "\n" + "".join(map(str, self.signatures))


@dataclass(frozen=True, slots=True)
class Verifier:
    """A public key under a name, of a log or of a witness; as text `name+id+key`."""

    name: str
    key: bytes
    kind: int = ED25519

    @property
    def key_id(self) -> bytes:
        """The first bytes of the hash of name and key."""
        return sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.key).digest()[:ID]

    def __str__(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{_base64(bytes([self.kind]) + self.key)}"

    def signed(self, note: Note) -> bool:
        """Whether the key has signed; raises `BadNote` where a signature says so falsely."""
        return bool(self.signatures(note))

    def signatures(self, note: Note) -> list[Signature]:
        """The signatures of this key; raises `BadNote` where one says so falsely."""
        known = (self.name, self.key_id)
        found = [signature for signature in note.signatures if (signature.name, signature.key_id) == known]
        if not all(self._holds(signature.signature, note.text) for signature in found):
            raise BadNote(f"the signature of {self.name}+{self.key_id.hex()} does not hold")
        return found

    def moments(self, note: Note) -> list[int]:
        """When a witness says that it has signed, in seconds since 1970; raises `BadNote` as before."""
        return [int.from_bytes(signature.signature[:TIME]) for signature in self.signatures(note)]

    def _holds(self, signature: bytes, text: str) -> bool:
        if self.kind == COSIGNATURE:
            moment, signature = int.from_bytes(signature[:TIME]), signature[TIME:]
            text = cosigned(text, moment)
        try:
            Ed25519PublicKey.from_public_bytes(self.key).verify(signature, text.encode())
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, slots=True)
class Signer:
    """A private key under a name: 32 bytes from which Ed25519 makes its keys."""

    name: str
    seed: bytes

    @property
    def verifier(self) -> Verifier:
        """What others check the signatures with."""
        return Verifier(self.name, self._key.public_key().public_bytes_raw())

    def sign(self, text: str) -> Note:
        """A text with one signature."""
        signature = Signature(self.name, self.verifier.key_id, self._key.sign(text.encode()))
        return Note(text, (signature,))

    @property
    def _key(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.seed)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """检查点 What a log was: its name, how many leaves its tree had, and the root over them."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """What is signed."""
        return f"{self.origin}\n{self.size}\n{_base64(self.root)}\n"


def cosigned(text: str, moment: int) -> str:
    """What a witness signs: that at a moment (seconds since 1970) the checkpoint continued what it knew."""
    return f"cosignature/v1\ntime {moment}\n{text}"


def parse_note(text: str) -> Note:
    """Read a note; raises `BadNote` where it is not exactly one."""
    if len(text) > LONGEST or not text.endswith("\n") or _UNWANTED.search(text):
        raise BadNote("this is no signed note: it must be lines of plain text")
    body, separator, signed = text.rpartition("\n\n")
    lines = signed[:-1].split("\n")
    if not separator or not signed or len(lines) > MOST_SIGNATURES:
        raise BadNote("this is no signed note: it must end in an empty line and signatures")
    return Note(body + "\n", tuple(_parse_signature(line) for line in lines))


def parse_verifier(text: str) -> Verifier:
    """Read a public key, `name+id+key`; raises `BadNote` where it is not exactly one."""
    name, _, rest = text.partition("+")
    key_id, _, encoded = rest.partition("+")
    key = _decoded(encoded)
    if not _is_name(name) or len(key) != 1 + KEY or key[0] not in (ED25519, COSIGNATURE):
        raise BadNote(f"{text[:120]!a} is no key like name+id+key of type Ed25519")
    verifier = Verifier(name, key[1:], key[0])
    if verifier.key_id.hex() != key_id:
        raise BadNote(f"the key {text[:120]!a} does not fit its identifier: it was mistyped or changed")
    return verifier


def parse_checkpoint(text: str) -> Checkpoint:
    """Read the text of a note as a checkpoint; raises `BadNote` where it is not exactly one."""
    lines = text[:-1].split("\n")
    if not text.endswith("\n") or len(lines) < LINES or not all(lines):
        raise BadNote("this is no checkpoint: it must be the log's name, a size and a root, a line each")
    origin, size, encoded = lines[:LINES]
    if not re.fullmatch(r"0|[1-9][0-9]{0,18}", size, re.ASCII) or int(size) > LARGEST:
        raise BadNote("this is no checkpoint: its second line must be a size, in digits")
    root = _decoded(encoded)
    if len(root) != HASH:
        raise BadNote("this is no checkpoint: its third line must be the root of the tree, in base64")
    return Checkpoint(origin, int(size), root)


def opened(note: Note, verifiers: Sequence[Verifier]) -> Checkpoint:
    """The checkpoint in a note that one of the keys has signed; raises `BadNote`."""
    if (
        sum(verifier.signed(note) for verifier in verifiers) == 0
    ):  # each is looked at: one that is false spoils it
        raise BadNote("no known key has signed this checkpoint")
    return parse_checkpoint(note.text)


def _parse_signature(line: str) -> Signature:
    found = _SIGNED.fullmatch(line)
    decoded = _decoded(found[2]) if found else b""
    if not found or not _is_name(found[1]) or len(decoded) <= ID:
        raise BadNote("this is no signed note: a signature is like “— name base64”")
    return Signature(found[1], decoded[:ID], decoded[ID:])


def _is_name(name: str) -> bool:
    return re.fullmatch(r"[^\s+]+", name) is not None


def _decoded(text: str) -> bytes:
    """The bytes of standard base64, or none where the text is not the one that encodes them."""
    try:
        decoded = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
    return decoded if _base64(decoded) == text else b""


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode()
