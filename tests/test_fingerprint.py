"""The fingerprint of code: what changes it and what does not."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from chuishao.domain.catalogue import AGGREGATES
from chuishao.eventlog.fingerprint import _source, fingerprint

FOLD = '''"""Count."""

import json

from shelf.numbers import one
from shelf import names


def fold(total: int) -> int:
    """Count on."""
    return total + one()  # never down
'''
NUMBERS = "def one() -> int:\n    return 1\n"
NAMES = "from shelf import deep\n"

Shelf = Callable[..., str]


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shelf]:
    """Write the modules of a package and give the fingerprint of one that imports the others."""
    (tmp_path / "shelf").mkdir()
    monkeypatch.syspath_prepend(tmp_path)

    def write(fold: str = FOLD, numbers: str = NUMBERS, deep: str = "", package: str = "shelf") -> str:
        texts = {"__init__": "", "fold": fold, "numbers": numbers, "names": NAMES, "deep": deep}
        for name, text in texts.items():
            (tmp_path / "shelf" / f"{name}.py").write_text(text, encoding="utf-8")
        for cached in (fingerprint, _source):
            cached.cache_clear()
        importlib.invalidate_caches()
        return fingerprint("shelf.fold", package)

    yield write
    sys.modules.pop("shelf", None)
    for cached in (fingerprint, _source):
        cached.cache_clear()


def test_the_same_code_has_the_same_fingerprint(shelf: Shelf) -> None:
    assert shelf() == shelf()
    assert len(shelf()) == 64


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('"""Count."""', '"""Count anew."""'),
        ('"""Count."""', ""),
        ('    """Count on."""\n', ""),
        ("  # never down", ""),
        ("total + one()", "total+one()"),
        ("\n\n\ndef", "\n\ndef"),
    ],
)
def test_words_and_layout_do_not_count(shelf: Shelf, before: str, after: str) -> None:
    assert before in FOLD
    assert shelf(FOLD.replace(before, after)) == shelf()


def test_what_is_computed_counts(shelf: Shelf) -> None:
    assert shelf(FOLD.replace("total +", "total -")) != shelf()


def test_a_module_that_is_imported_counts_directly_and_indirectly(shelf: Shelf) -> None:
    assert shelf(numbers=NUMBERS.replace("1", "2")) != shelf()
    assert shelf(deep="ONE = 1\n") != shelf()


def test_what_lies_outside_of_the_packages_does_not_count(shelf: Shelf) -> None:
    assert shelf(numbers=NUMBERS.replace("1", "2"), package="other") == shelf(package="other")
    assert shelf(package="other") != shelf()


@pytest.mark.parametrize("kind", AGGREGATES)
def test_an_aggregate_is_fingerprinted_with_its_events(kind: type[object]) -> None:
    found = fingerprint(kind.__module__, "chuishao.domain")
    assert found == fingerprint(kind.__module__, "chuishao.domain")
    assert found != fingerprint(kind.__module__, "chuishao.eventlog"), "what it imports counts"
