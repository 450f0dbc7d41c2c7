"""The command line itself; the modules beside this one add their commands to it."""

import typer

app = typer.Typer(
    help="Chuishao 吹哨: the open core of grassroots governance.", no_args_is_help=True, add_completion=False
)
