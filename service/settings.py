"""What a process is told: by flags, or by environment variables of the same names.

A setting is declared once, as a field: its flag, its variable, its default and its help come from there.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin, get_type_hints
from urllib.parse import urlsplit

from annotated_doc import Doc

from chuishao.eventlog.note import BadNote
from chuishao.graphql.endpoint.limits import Limits
from chuishao.projections.poison import OnPoison
from chuishao.service.witness import Witness, read_witness

PREFIX = "CHUISHAO_"
_LIMITS = Limits()
FORMATS = ("json", "text")
POISON = ("stop", "park")
LEVELS = ("debug", "info", "warning", "error")
LONGEST_DRAIN = 600
ORIGIN = re.compile(r"\*|https?://[a-z0-9.-]+(:\d+)?|https?://\[[0-9a-f:]+\](:\d+)?")
_TRUE, _FALSE = ("1", "true", "yes", "on"), ("0", "false", "no", "off")


CLAIMS = frozenset({"sub", "role", "scope", "department"})
"""What a token says of its holder."""


class WrongSetting(Exception):
    """A setting that cannot be used; the message names it, its value and what would do."""


@dataclass(frozen=True, slots=True)
class Settings:
    """`database_url` None means the embedded PostgreSQL in `data_dir`; `jwks_url` None, our own tokens."""

    database_url: Annotated[
        str | None, Doc("PostgreSQL ≥ 15 by URL; left out, the embedded one in the data folder.")
    ] = None
    data_dir: Annotated[Path, Doc("Folder of the embedded PostgreSQL and the local key.")] = Path(".chuishao")
    host: Annotated[str, Doc("Address to serve on.")] = "127.0.0.1"
    port: Annotated[int, Doc("Port to serve on.")] = 8000
    workers: Annotated[int, Doc("Server processes on the one database.")] = 1
    metrics: Annotated[bool, Doc("Serve figures for Prometheus at /metrics.")] = True
    log_format: Annotated[
        str | None, Doc("Log lines as json or text; left out, text on a terminal and JSON elsewhere.")
    ] = None
    log_level: Annotated[str, Doc("Least level of log lines: debug, info, warning or error.")] = "info"
    drain_seconds: Annotated[float, Doc("How long to be unready before stopping, for load balancers.")] = 0
    seal_every: Annotated[
        float, Doc("Seconds between signed checkpoints of the log, where there is something new; 0 is never.")
    ] = 60
    witness: Annotated[
        tuple[str, ...],
        Doc("Somebody who signs each checkpoint after us, as https://ADDRESS#KEY; several, or none."),
    ] = ()
    jwks_url: Annotated[
        str | None,
        Doc("Public keys of the identity provider, by https or as a file; left out, only tokens of our own."),
    ] = None
    jwt_issuer: Annotated[str | None, Doc("The identity provider, as its tokens name it.")] = None
    jwt_audience: Annotated[str, Doc("Whom tokens must be for.")] = "chuishao"
    jwt_claims: Annotated[
        tuple[str, ...], Doc("The provider's names of claims, as in role=realm.role,scope=realm.scope.")
    ] = ()
    local_tokens: Annotated[bool, Doc("Believe tokens of our own beside those of the identity provider.")] = (
        False
    )
    cost: Annotated[int, Doc("Points that one operation may cost.")] = _LIMITS.cost
    rate: Annotated[int, Doc("Points a minute that one asker may spend; 0 is without bound.")] = _LIMITS.rate
    actor_subscriptions: Annotated[int, Doc("Subscriptions at a time of one asker.")] = (
        _LIMITS.actor_subscriptions
    )
    execution_seconds: Annotated[float, Doc("Seconds that a query or a mutation may run.")] = (
        _LIMITS.execution_seconds
    )
    introspection: Annotated[bool, Doc("Let clients look into the schema.")] = True
    graphiql: Annotated[bool, Doc("Show browsers the explorer GraphiQL.")] = True
    allow_origin: Annotated[
        tuple[str, ...],
        Doc("Another site whose pages may ask, like https://app.example; several, or * for any."),
    ] = ()
    documents: Annotated[
        Path | None, Doc("Folder of .graphql files, or a manifest, that requests may name.")
    ] = None
    trusted_only: Annotated[bool, Doc("Execute registered documents and nothing else.")] = False
    on_poison: Annotated[
        str, Doc("What a read model does at an event that it cannot fold: stop, or park the event's stream.")
    ] = "stop"

    reactions: Annotated[
        bool, Doc("Send what follows from events and from time by itself; not where old data is looked at.")
    ] = True

    def __post_init__(self) -> None:
        """Refuse what could only fail later."""
        if self.database_url is not None and not self.database_url.startswith(
            ("postgresql://", "postgres://")
        ):
            shown = self.database_url.partition(":")[0]
            raise WrongSetting(f"database-url begins with {shown!r}; it must begin with postgresql://")
        if not 0 <= self.port <= 65535:  # noqa: PLR2004 the range of ports
            raise WrongSetting(f"port is {self.port}; it must be from 0 to 65535")
        if self.workers < 1:
            raise WrongSetting(f"workers is {self.workers}; it must be at least 1")
        self._check_limits()
        self._check_choices()
        self._check_identity()
        _ = self.witnesses

    def _check_limits(self) -> None:
        bounds = {"cost": 1, "rate": 0, "actor_subscriptions": 1, "execution_seconds": 0.1, "seal_every": 0}
        for name, least in bounds.items():
            value = getattr(self, name)
            if not value >= least:  # as is no number at all, "nan"
                raise WrongSetting(f"{flag(name)} is {value:g}; it must be at least {least}")

    @property
    def witnesses(self) -> list[Witness]:
        """Who signs our checkpoints."""
        try:
            return [read_witness(text) for text in self.witness]
        except BadNote as error:
            raise WrongSetting(f"witness cannot be used: {error}") from error

    def _check_choices(self) -> None:
        if self.log_format not in (None, *FORMATS):
            raise WrongSetting(f"log-format is {self.log_format!r}; it must be json or text")
        if self.on_poison not in POISON:
            raise WrongSetting(f"on-poison is {self.on_poison!r}; it must be {' or '.join(POISON)}")
        if self.log_level not in LEVELS:
            raise WrongSetting(f"log-level is {self.log_level!r}; it must be one of {', '.join(LEVELS)}")
        if not 0 <= self.drain_seconds <= LONGEST_DRAIN:
            shown = f"{self.drain_seconds:g}"
            raise WrongSetting(f"drain-seconds is {shown}; it must be from 0 to {LONGEST_DRAIN}")
        if self.trusted_only and self.documents is None:
            raise WrongSetting("trusted-only needs documents: without any, nothing could be executed")
        for origin in self.allow_origin:
            if not ORIGIN.fullmatch(origin):
                raise WrongSetting(
                    f"allow-origin is {origin!r}; it must be like https://app.example:8443, or *"
                )

    @property
    def poison_policy(self) -> OnPoison:
        """What read models do at an event that they cannot fold."""
        return "park" if self.on_poison == "park" else "stop"

    @property
    def limits(self) -> Limits:
        """The limits of the endpoint, those that are set among them."""
        known = {limit.name for limit in fields(Limits)}
        return Limits(**{name: getattr(self, name) for name in declared() if name in known})

    def _check_identity(self) -> None:
        if self.jwks_url:
            check_source(self.jwks_url)
        if bool(self.jwks_url) != bool(self.jwt_issuer):
            raise WrongSetting("jwks-url and jwt-issuer belong together; give both, or none")
        if self.jwt_claims and not self.jwks_url:
            raise WrongSetting("jwt-claims is about an identity provider's tokens; give jwks-url, too")
        if not self.jwt_audience:
            raise WrongSetting("jwt-audience is empty; leave it out, or name whom tokens are for")
        self.claim_names()

    def claim_names(self) -> dict[str, str]:
        """Under which names the identity provider says what we ask, where they are not ours."""
        pairs = [claim.partition("=") for claim in self.jwt_claims]
        names = {ours.strip(): theirs.strip() for ours, _, theirs in pairs}
        if not set(names) <= CLAIMS or not all(names.values()):
            raise WrongSetting(
                f"jwt-claims is {','.join(self.jwt_claims)!r}; it must be like "
                f"role=realm.role,scope=realm.scope, for any of {', '.join(sorted(CLAIMS))}"
            )
        return names

    @property
    def believes_local_tokens(self) -> bool:
        """Whether tokens hold that are signed with the local key."""
        return self.local_tokens or not self.jwks_url

    def at(self, database_url: str) -> Settings:
        """The same, on a database that runs."""
        return replace(self, database_url=database_url)

    def to_environment(self) -> dict[str, str]:
        """As environment variables, for the server's own child processes."""
        told = {variable(setting.name): getattr(self, setting.name) for setting in fields(self)}
        return {name: _written(value) for name, value in told.items() if value is not None}

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Settings:
        """As a parent process set them."""
        told = {
            name: _read(environment[variable(name)], kind, name)
            for name, (kind, _) in declared().items()
            if variable(name) in environment
        }
        return cls(**told)


def declared() -> dict[str, tuple[Any, str]]:
    """The type and the help of each setting, by name."""
    hints = get_type_hints(Settings, include_extras=True)
    return {name: (get_args(hint)[0], hint.__metadata__[0].documentation) for name, hint in hints.items()}


def variable(name: str) -> str:
    """The environment variable of a setting."""
    return PREFIX + name.upper()


def flag(name: str) -> str:
    """The flag of a setting, without its dashes."""
    return name.replace("_", "-")


def _written(value: object) -> str:
    if isinstance(value, bool):
        return str(int(value))
    return ",".join(value) if isinstance(value, tuple) else str(value)


def _read(text: str, kind: Any, name: str) -> Any:
    if get_origin(kind) is tuple:
        return tuple(part.strip() for part in text.split(",") if part.strip())
    if kind is bool:
        if text.lower() not in (*_TRUE, *_FALSE):
            raise WrongSetting(f"{variable(name)} is {text!r}; it must be 1 or 0")
        return text.lower() in _TRUE
    read = next((part for part in get_args(kind) if part is not type(None)), kind)
    try:
        return read(text)
    except ValueError:
        raise WrongSetting(f"{variable(name)} is {text!r}; it must be a number") from None


def check_source(source: str) -> None:
    """Refuse an address of keys that somebody on the way could replace, and a file that is not there."""
    if "://" not in source:
        if not Path(source).is_file():
            raise WrongSetting(f"jwks-url is {source!r}; there is no such file, and it is no https address")
        return
    try:
        address = urlsplit(source)
        host, _ = address.hostname, address.port
    except ValueError:
        host = None
    plain = source.isascii() and source.isprintable() and " " not in source
    if not host or not plain or address.username is not None or address.scheme not in ("https", "http"):
        raise WrongSetting("jwks-url must be like https://HOST/PATH, or the name of a file")
    if address.scheme == "http" and not _is_here(host):
        raise WrongSetting(f"jwks-url is {source}; it must begin with https://, except for localhost")


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
