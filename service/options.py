"""The settings as options of a command: flag, variable, default and help come from the setting."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import fields
from typing import Annotated, Any, get_args, get_origin

import typer

from chuishao.service.settings import Settings, declared, flag, variable

DEFAULTS: dict[str, Any] = {setting.name: setting.default for setting in fields(Settings)}


def told(*names: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command an option for each setting named, or for every one; it takes them as `settings`."""

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        def run(**arguments: Any) -> None:
            settings = {name: _settled(arguments.pop(name)) for name in names or DEFAULTS}
            command(**arguments, settings=Settings(**settings))

        signature = inspect.signature(command, eval_str=True)
        own = [parameter for name, parameter in signature.parameters.items() if name != "settings"]
        options = [_option(name) for name in names or DEFAULTS]
        run.__signature__ = signature.replace(parameters=_keywords([*own, *options]))  # type: ignore[attr-defined]
        run.__annotations__ = {}
        run.__name__, run.__doc__ = command.__name__, command.__doc__
        return run

    return decorate


def _option(name: str) -> inspect.Parameter:
    kind, text = declared()[name]
    default = DEFAULTS[name]
    switch = f"--{flag(name)}/--no-{flag(name)}" if kind is bool else f"--{flag(name)}"
    if get_origin(kind) is tuple:
        kind, default = list[get_args(kind)[0]], list(default)  # type: ignore[misc]  # an option that repeats
    shown: Any = Annotated[kind, typer.Option(switch, envvar=variable(name), help=text)]
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=shown)


def _keywords(parameters: list[inspect.Parameter]) -> list[inspect.Parameter]:
    """All by keyword, so that one with a default may stand before one without."""
    return [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in parameters]


def _settled(value: Any) -> Any:
    """Several texts as one tuple, whether they were given one by one or in a list with commas."""
    if not isinstance(value, list):
        return value
    parts = (part.strip() for text in value for part in text.split(","))
    return tuple(part for part in parts if part)
