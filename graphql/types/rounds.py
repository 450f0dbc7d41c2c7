"""What the types of the rounds share: words that belong to a grid and to no case."""

from typing import Any

from chuishao.domain.sight import Reading, shown_of_place
from chuishao.graphql.types.shared import sealed_where


def words_of_grid(name: str, description: str) -> Any:
    """Personal text in a column of a row of a grid, for those who handle matters there."""
    return sealed_where(
        name,
        lambda grid, context: shown_of_place(context.actor, Reading.WORDS, grid),
        description,
        Reading.WORDS,
    )
