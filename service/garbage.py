"""How often Python looks for garbage: seldom during imports, and never again among what they made."""

import gc

ROOMY = 20_000
"""Objects made since the last look before the next one; imports make many times as many, and all stay."""


def expect_imports() -> None:
    """Do not look through what is being imported again and again."""
    gc.set_threshold(ROOMY)


def settle() -> None:
    """Take what is there for lasting: nobody waits any more while it is looked through."""
    gc.freeze()
