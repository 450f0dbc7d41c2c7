"""What is left to the ordinary executor: its answer is the right one in every case."""


class Unplanned(Exception):
    """A document, or what was given for it, that compiled reads do not understand."""
