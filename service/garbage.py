"""How often Python looks for garbage: seldom, and never again among what imports made.

A look through everything takes 0.2 s where thousands are connected, and all of them wait for it.
"""

import gc

ROOMY = 20_000
"""Objects made and kept since the last look before the next one; Python would look after 700."""


def expect_imports() -> None:
    """Do not look through what is being imported again and again."""
    gc.set_threshold(ROOMY)


def settle() -> None:
    """Take what is there for lasting, and look seldom through what comes, however the server was started."""
    gc.freeze()
    gc.set_threshold(ROOMY)
