"""SQL as first-class text: statements live in .sql files, one a block, each under `-- name: its_name`."""

import re
from functools import cache
from importlib.resources import files


@cache
def statements(package: str, file: str) -> dict[str, str]:
    """Read the named statements of a .sql file in a package."""
    text = files(package).joinpath(file).read_text(encoding="utf-8")
    _, *blocks = re.split(r"^-- name: *(\w+) *$", text, flags=re.MULTILINE)
    return {name: body.strip() for name, body in zip(blocks[::2], blocks[1::2], strict=True)}
