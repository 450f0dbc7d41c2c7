"""The Merkle tree: what RFC 9162 defines, known answers of Certificate Transparency, no proof of a lie."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chuishao.eventlog.merkle import (
    EMPTY,
    Frontier,
    Node,
    consistency_path,
    consistent,
    included,
    inclusion_path,
    proof,
)

# What the tests of Certificate Transparency put in, and the roots over the first 0 to 8 of them.
INPUTS = [
    bytes.fromhex(text)
    for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", bytes(range(96, 112)).hex())
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
INCLUSION = {
    (0, 1): [],
    (0, 2): ["96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"],
    (2, 3): ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"],
    (0, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (5, 8): [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
}
CONSISTENCY = {
    (1, 1): [],
    (1, 8): INCLUSION[0, 8],
    (6, 8): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 5): [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}

# The definitions of RFC 9162, 2.1, word for word and as slow as they are.


def below(size: int) -> int:
    k = 1
    while k * 2 < size:
        k *= 2
    return k


def mth(leaves: list[bytes]) -> bytes:
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = below(len(leaves))
    return sha256(b"\x01" + mth(leaves[:k]) + mth(leaves[k:])).digest()


def path(m: int, leaves: list[bytes]) -> list[bytes]:
    if len(leaves) == 1:
        return []
    k = below(len(leaves))
    if m < k:
        return [*path(m, leaves[:k]), mth(leaves[k:])]
    return [*path(m - k, leaves[k:]), mth(leaves[:k])]


def subproof(m: int, leaves: list[bytes], whole: bool) -> list[bytes]:
    if m == len(leaves):
        return [] if whole else [mth(leaves)]
    k = below(len(leaves))
    if m <= k:
        return [*subproof(m, leaves[:k], whole), mth(leaves[k:])]
    return [*subproof(m - k, leaves[k:], False), mth(leaves[:k])]


def leaf(number: int) -> bytes:
    return sha256(b"\x00" + number.to_bytes(4)).digest()


def some(size: int) -> list[bytes]:
    return [leaf(number) for number in range(size)]


def grown(leaves: list[bytes]) -> Frontier:
    tree = Frontier()
    for each in leaves:
        tree.add(each)
    return tree


def prove_inclusion(index: int, leaves: list[bytes]) -> list[bytes]:
    return proof(inclusion_path(index, len(leaves)), lambda node: hash_over(leaves, node))


def prove_consistency(old: int, leaves: list[bytes]) -> list[bytes]:
    return proof(consistency_path(old, len(leaves)), lambda node: hash_over(leaves, node))


def hash_over(leaves: list[bytes], node: Node) -> bytes:
    level, index = node
    covered = leaves[index << level : (index + 1) << level]
    assert len(covered) == 1 << level, "the node is no perfect subtree of this tree"
    return mth(covered)


@pytest.mark.parametrize("size", range(9))
def test_the_roots_are_those_of_the_reference_implementation(size: int) -> None:
    leaves = [sha256(b"\x00" + content).digest() for content in INPUTS[:size]]
    assert grown(leaves).root().hex() == ROOTS[size]


@pytest.mark.parametrize(("index", "size"), INCLUSION)
def test_inclusion_proofs_are_those_of_the_reference_implementation(index: int, size: int) -> None:
    leaves = [sha256(b"\x00" + content).digest() for content in INPUTS[:size]]
    assert [each.hex() for each in prove_inclusion(index, leaves)] == INCLUSION[index, size]


@pytest.mark.parametrize(("old", "new"), CONSISTENCY)
def test_consistency_proofs_are_those_of_the_reference_implementation(old: int, new: int) -> None:
    leaves = [sha256(b"\x00" + content).digest() for content in INPUTS[:new]]
    assert [each.hex() for each in prove_consistency(old, leaves)] == CONSISTENCY[old, new]


def test_a_tree_without_leaves_has_the_root_of_nothing() -> None:
    assert Frontier().root() == EMPTY == mth([])
    assert consistent(0, EMPTY, 5, mth(some(5)), [])
    assert not consistent(0, leaf(1), 5, mth(some(5)), [])


@given(st.integers(0, 700))
def test_a_tree_grows_to_the_root_of_the_definition_and_keeps_little(size: int) -> None:
    tree = grown(some(size))
    assert tree.root() == mth(some(size))
    assert len(tree.peaks) <= size.bit_length()


@given(st.integers(0, 300), st.integers(0, 300))
def test_a_tree_that_was_put_away_goes_on_as_if_it_had_not_been(first: int, more: int) -> None:
    kept = grown(some(first))
    resumed = Frontier(kept.size, kept.peaks)
    for each in some(first + more)[first:]:
        resumed.add(each)
    assert resumed.root() == mth(some(first + more))
    assert kept.root() == mth(some(first))


@given(st.data())
def test_every_leaf_is_proved_as_defined(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 300))
    index = data.draw(st.integers(0, size - 1))
    leaves = some(size)
    shown = prove_inclusion(index, leaves)
    assert shown == path(index, leaves)
    assert included(leaves[index], index, size, shown, mth(leaves))


@given(st.data())
def test_every_older_tree_is_proved_the_beginning_of_every_newer_one_as_defined(data: st.DataObject) -> None:
    new = data.draw(st.integers(0, 300))
    old = data.draw(st.integers(0, new))
    leaves = some(new)
    shown = prove_consistency(old, leaves)
    assert shown == (subproof(old, leaves, True) if old else [])
    assert consistent(old, mth(leaves[:old]), new, mth(leaves), shown)


def test_every_small_tree_agrees_with_the_definitions() -> None:
    for new in range(1, 34):
        leaves = some(new)
        for index in range(new):
            assert prove_inclusion(index, leaves) == path(index, leaves)
            assert included(leaves[index], index, new, path(index, leaves), mth(leaves))
        for old in range(1, new + 1):
            assert prove_consistency(old, leaves) == subproof(old, leaves, True)
            assert consistent(old, mth(leaves[:old]), new, mth(leaves), subproof(old, leaves, True))


def spoiled(data: st.DataObject, hashes: list[bytes]) -> list[bytes]:
    """The same proof with one hash changed, left out, doubled or added."""
    how = data.draw(st.sampled_from(["change", "leave out", "double", "add"] if hashes else ["add"]))
    at = data.draw(st.integers(0, max(0, len(hashes) - 1)))
    if how == "change":
        return [*hashes[:at], leaf(99_999), *hashes[at + 1 :]]
    if how == "leave out":
        return hashes[:at] + hashes[at + 1 :]
    return [*hashes[:at], *(hashes[at : at + 1] if how == "double" else [leaf(99_999)]), *hashes[at:]]


@given(st.data())
def test_no_leaf_is_proved_where_it_is_not(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 100))
    index, other = data.draw(st.integers(0, size - 1)), data.draw(st.integers(0, 200))
    leaves = some(size)
    shown, root = path(index, leaves), mth(leaves)
    assert not included(leaf(12_345), index, size, shown, root)
    assert not included(leaves[index], index, size, spoiled(data, shown), root)
    assert not included(leaves[index], index, size, shown, leaf(12_345))
    if other != index:
        assert not included(leaves[index], other, size, shown, root)
    assert not included(leaves[index], -1, size, shown, root)


@given(st.data())
def test_no_other_history_is_proved_to_be_the_beginning(data: st.DataObject) -> None:
    new = data.draw(st.integers(2, 100))
    old = data.draw(st.integers(1, new))
    changed = data.draw(st.integers(0, old - 1))
    leaves = some(new)
    lie = [*leaves[:changed], leaf(12_345), *leaves[changed + 1 :]]
    shown = subproof(old, leaves, True)
    assert not consistent(old, mth(lie[:old]), new, mth(leaves), shown)
    assert not consistent(old, mth(leaves[:old]), new, mth(lie), subproof(old, lie, True))
    assert not consistent(old, mth(leaves[:old]), new, mth(leaves), spoiled(data, shown))
    assert not consistent(new, mth(leaves), old, mth(leaves[:old]), shown) or old == new


@pytest.mark.parametrize(
    "ask", [lambda: inclusion_path(3, 3), lambda: inclusion_path(-1, 3), lambda: consistency_path(4, 3)]
)
def test_what_a_tree_does_not_have_is_refused(ask: object) -> None:
    with pytest.raises(ValueError, match="a tree of 3 leaves has no"):
        ask()  # type: ignore[operator]
    with pytest.raises(ValueError, match="a tree of 3 leaves has 2 perfect subtrees"):
        Frontier(3, [EMPTY])
