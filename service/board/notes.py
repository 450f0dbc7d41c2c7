"""口径 The note on what each measure counts, and by which version of its definition."""

from __future__ import annotations

from chuishao.domain.measure import DEFINITIONS, Measure
from chuishao.service.board.league import direction, named
from chuishao.service.board.reading import Board
from chuishao.service.paper.markup import section, table
from chuishao.service.paper.words import both


def definitions_section(board: Board) -> str:
    """口径与版本: every measure with version, sample and what of it is counted."""
    heads = (
        ("指标", "Measure"),
        ("#版本", "Version"),
        ("分母（样本）", "Denominator (sample)"),
        ("分子", "Numerator"),
        ("优劣", "Better"),
    )
    rows = [
        (
            False,
            (
                named(measure),
                str(line["version"]),
                both(DEFINITIONS[measure].denominator.zh, DEFINITIONS[measure].denominator.en),
                both(DEFINITIONS[measure].numerator.zh, DEFINITIONS[measure].numerator.en),
                direction(measure),
            ),
        )
        for line in board.whole
        for measure in [Measure(line["measure"])]
    ]
    return section("口径与版本", "Definitions and versions", f'<div class="notes">{table(heads, rows)}</div>')
