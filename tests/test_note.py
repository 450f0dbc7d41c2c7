"""Signed notes and checkpoints: the published examples of the formats, and nothing that is almost one."""

from __future__ import annotations

import base64

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from chuishao.eventlog.note import (
    BadNote,
    Checkpoint,
    Note,
    Signature,
    Signer,
    opened,
    parse_checkpoint,
    parse_note,
    parse_verifier,
)

# The examples in the tests of golang.org/x/mod/sumdb/note.
PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PETER_SECRET = "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
ENOCH = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop"
TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
PETERS = (
    "— PeterNeumann "
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
ENOCHS = (
    "— EnochRoot "
    "rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n"
)
# The examples of c2sp.org/tlog-checkpoint and c2sp.org/tlog-cosignature.
SOFA = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
SOFAS = (
    "— example.com/behind-the-sofa "
    "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
)
WITNESS = (
    "— witness.example.com/w1 "
    "jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n"
)

SIGNER = Signer("chuishao/test", bytes(range(32)))
CHECKPOINT = Checkpoint("chuishao/test", 4711, bytes(range(32)))


def peter() -> Signer:
    return Signer("PeterNeumann", base64.b64decode(PETER_SECRET)[1:])


def test_signing_gives_the_published_note() -> None:
    assert str(peter().sign(TEXT)) == TEXT + "\n" + PETERS
    assert str(peter().verifier) == PETER


def test_published_notes_are_verified_and_unknown_signatures_are_kept_and_ignored() -> None:
    note = parse_note(TEXT + "\n" + PETERS + ENOCHS)
    assert note.text == TEXT
    assert [signature.name for signature in note.signatures] == ["PeterNeumann", "EnochRoot"]
    assert parse_verifier(PETER).signed(note)
    assert parse_verifier(ENOCH).signed(note)
    assert not SIGNER.verifier.signed(note)
    assert str(note) == TEXT + "\n" + PETERS + ENOCHS


def test_the_published_checkpoint_is_read_with_the_cosignature_of_its_witness() -> None:
    note = parse_note(SOFA + "\n" + SOFAS + WITNESS)
    checkpoint = parse_checkpoint(note.text)
    assert (checkpoint.origin, checkpoint.size) == ("example.com/behind-the-sofa", 20852163)
    assert checkpoint.text == SOFA
    assert [signature.key_id.hex() for signature in note.signatures] == ["033de0ae", "8d66cf3f"]
    assert str(note) == SOFA + "\n" + SOFAS + WITNESS


@pytest.mark.parametrize(
    "text",
    [
        "",
        TEXT,
        TEXT + "\n",
        TEXT + "\n" + PETERS[:-1],
        "\x01" + TEXT + "\n" + PETERS,
        "\ud800" + TEXT + "\n" + PETERS,
        TEXT + "\n" + PETERS.replace("PeterNeumann", "Bad Name"),
        TEXT + "\n" + PETERS.replace("PeterNeumann", "a+b"),
        TEXT + "\n" + PETERS + "Unexpected line.\n",
        TEXT + "\n" + PETERS.replace("\n", "\r\n"),
        TEXT + "\n" + PETERS.replace("—", "-"),
        TEXT + "\n" + PETERS.replace("=", ""),
        TEXT + "\n" + PETERS.replace("AM=", "AN="),  # other bits behind the end
        TEXT + "\n" + "— PeterNeumann x08g\n",
        TEXT + "\n" + PETERS * 101,
        TEXT + "\n" + PETERS + "\n",
        "x" * 1_000_000 + TEXT + "\n" + PETERS,
    ],
)
def test_what_is_almost_a_note_is_none(text: str) -> None:
    with pytest.raises(BadNote, match="this is no signed note"):
        parse_note(text)


def test_a_note_may_have_empty_lines_and_many_signatures() -> None:
    text = "è subito\n\nsera.\n"
    note = peter().sign(text)
    assert parse_note(str(note)) == note
    many = Note(TEXT, (note.signatures[0],) * 16)
    assert parse_note(str(many)) == many


@given(st.integers(0, len(PETER) - 1), st.characters(codec="utf-8"))
def test_no_mistyped_key_is_one(at: int, other: str) -> None:
    assume(other != PETER[at])
    with pytest.raises(BadNote):
        parse_verifier(PETER[:at] + other + PETER[at + 1 :])


@pytest.mark.parametrize(
    "text",
    [
        *(PETER[:at] for at in range(len(PETER))),
        *(PETER[at:] for at in range(1, len(PETER))),
        "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",  # too long
        "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",  # of an unknown type
        "a b+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
    ],
)
def test_no_part_of_a_key_is_one(text: str) -> None:
    with pytest.raises(BadNote):
        parse_verifier(text)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "must be the log's name"),
        ("origin\n1\n", "must be the log's name"),
        (CHECKPOINT.text[:-1], "must be the log's name"),
        ("\n" + CHECKPOINT.text, "must be the log's name"),
        (CHECKPOINT.text + "\n", "must be the log's name"),
        (CHECKPOINT.text.replace("4711", "04711"), "must be a size"),
        (CHECKPOINT.text.replace("4711", "-1"), "must be a size"),
        (CHECKPOINT.text.replace("4711", "+1"), "must be a size"),
        (CHECKPOINT.text.replace("4711", "٤"), "must be a size"),
        (CHECKPOINT.text.replace("4711", "9223372036854775808"), "must be a size"),
        (CHECKPOINT.text.replace("=", ""), "must be the root"),
        (CHECKPOINT.text.replace("AAEC", "AA"), "must be the root"),
        ("origin\n1\nAAAA\n", "must be the root"),
    ],
)
def test_what_is_almost_a_checkpoint_is_none(text: str, reason: str) -> None:
    with pytest.raises(BadNote, match=reason):
        parse_checkpoint(text)


@pytest.mark.parametrize("size", [0, 1, 2**63 - 1])
def test_a_checkpoint_is_read_as_it_was_written(size: int) -> None:
    checkpoint = Checkpoint("chuishao/test", size, bytes(32))
    assert parse_checkpoint(checkpoint.text) == checkpoint
    assert parse_checkpoint(checkpoint.text + "of no meaning here\n") == checkpoint


def test_a_checkpoint_opens_under_any_of_the_keys_that_signed_it() -> None:
    note = SIGNER.sign(CHECKPOINT.text)
    assert opened(note, [SIGNER.verifier]) == CHECKPOINT
    assert opened(note, [parse_verifier(PETER), SIGNER.verifier]) == CHECKPOINT
    assert opened(note, [parse_verifier(str(SIGNER.verifier))]) == CHECKPOINT


def test_a_checkpoint_opens_under_no_other_key() -> None:
    note = SIGNER.sign(CHECKPOINT.text)
    other = Signer("chuishao/test", bytes(32))
    for verifiers in ([], [parse_verifier(PETER)], [other.verifier]):
        with pytest.raises(BadNote, match="no known key has signed"):
            opened(note, verifiers)


def test_one_false_signature_by_a_known_key_spoils_the_note() -> None:
    note = SIGNER.sign(CHECKPOINT.text)
    falsely = Signature(SIGNER.name, SIGNER.verifier.key_id, bytes(64))
    for signatures in ((*note.signatures, falsely), (falsely, *note.signatures)):
        with pytest.raises(BadNote, match="does not hold"):
            opened(Note(note.text, signatures), [SIGNER.verifier])
    short = Signature(SIGNER.name, SIGNER.verifier.key_id, b"short")
    with pytest.raises(BadNote, match="does not hold"):
        opened(Note(note.text, (short,)), [SIGNER.verifier])


@given(st.data())
def test_one_changed_character_of_a_checkpoint_is_noticed(data: st.DataObject) -> None:
    text = str(SIGNER.sign(CHECKPOINT.text))
    at = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.characters(codec="utf-8"))
    assume(other != text[at])
    with pytest.raises(BadNote):
        opened(parse_note(text[:at] + other + text[at + 1 :]), [SIGNER.verifier])
