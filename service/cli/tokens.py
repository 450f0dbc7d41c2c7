"""Tokens for development."""

from __future__ import annotations

import sys
from datetime import timedelta
from typing import Annotated
from uuid import UUID

import typer

from chuishao.domain.actor import Actor
from chuishao.domain.vocabulary import Role
from chuishao.graphql.endpoint.errors import ApiError
from chuishao.service.claims import ClaimNames, actor_of, claims_of
from chuishao.service.cli.app import app
from chuishao.service.keys import load_key, load_token_key
from chuishao.service.options import told
from chuishao.service.settings import Settings, WrongSetting
from chuishao.service.tokens import mint


@app.command()
@told("database_url", "data_dir", "jwks_url", "jwt_issuer", "jwt_audience", "local_tokens")
def token(
    settings: Settings,
    role: Annotated[Role, typer.Option(help="The role to act in.", case_sensitive=False)],
    scope: Annotated[str, typer.Option(help="Division- or grid-code prefix; empty is everywhere.")] = "",
    actor: Annotated[str | None, typer.Option(help="Identifier of the actor; the role if left out.")] = None,
    department: Annotated[
        UUID | None, typer.Option(help="The department a department officer acts for.")
    ] = None,
    hours: Annotated[float, typer.Option(min=0.01, max=24 * 31, help="How long it holds.")] = 24,
) -> None:
    """Mint a token for development; only beside the embedded database."""
    if not settings.believes_local_tokens:
        raise WrongSetting("tokens are made by the identity provider; with --local-tokens, here too")
    if settings.database_url is not None:
        raise WrongSetting("tokens are minted only beside the embedded database; leave --database-url out")
    if not (settings.data_dir / "postgres").exists():
        raise WrongSetting(
            f"there is no embedded database in {settings.data_dir}; run `chuishao serve` or `demo` first"
        )
    name = actor or role.value.lower().replace("_", "-") + "-1"
    made = Actor(name, role, scope, department)
    try:
        actor_of(claims_of(made), ClaimNames())
    except ApiError as error:
        raise WrongSetting(error.message) from error
    key = load_token_key(load_key(settings.data_dir))
    sys.stdout.write(mint(key, made, timedelta(hours=hours), settings.jwt_audience) + "\n")
