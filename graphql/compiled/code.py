"""The functions that write an answer, as Python source: made once for a document, run for every row."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Code:
    """Functions, and the constants that they name."""

    functions: list[str] = field(default_factory=list)
    constants: dict[str, Any] = field(default_factory=dict)
    names: dict[int, str] = field(default_factory=dict)

    def constant(self, value: Any) -> str:
        """The name of a value, the same one whenever it is asked for."""
        name = self.names.get(id(value))
        if name is None:
            name = self.names[id(value)] = f"k{len(self.names)}"
            self.constants[name] = value
        return name

    def function(self, parameters: str, *lines: str) -> str:
        """Add a function; gives its name."""
        name = f"f{len(self.functions)}"
        self.functions.append("\n    ".join([f"def {name}({parameters}):", *lines]))
        return name

    def made(self) -> dict[str, Callable[..., Any]]:
        """The functions by name."""
        namespace = dict(self.constants)
        exec(compile("\n".join(self.functions), "<compiled read>", "exec"), namespace)  # noqa: S102 names and numbers of our own
        return {name: value for name, value in namespace.items() if name.startswith("f")}
