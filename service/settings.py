"""What a process is told: by flags, or by environment variables of the same names."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass, replace
from pathlib import Path

PREFIX = "CHUISHAO_"


class WrongSetting(Exception):
    """A setting that cannot be used; the message names it, its value and what would do."""


@dataclass(frozen=True, slots=True)
class Settings:
    """`database_url` None means the embedded PostgreSQL in `data_dir`."""

    database_url: str | None = None
    data_dir: Path = Path(".chuishao")
    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 1

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

    def at(self, database_url: str) -> Settings:
        """The same, on a database that runs."""
        return replace(self, database_url=database_url)

    def to_environment(self) -> dict[str, str]:
        """As environment variables, for the server's own child processes."""
        return {
            PREFIX + name.upper(): str(value) for name, value in asdict(self).items() if value is not None
        }

    @classmethod
    def from_environment(cls) -> Settings:
        """As a parent process set them."""
        environment = os.environ
        return cls(
            database_url=environment.get(PREFIX + "DATABASE_URL"),
            data_dir=Path(environment.get(PREFIX + "DATA_DIR", ".chuishao")),
            host=environment.get(PREFIX + "HOST", "127.0.0.1"),
            port=int(environment.get(PREFIX + "PORT", "8000")),
            workers=int(environment.get(PREFIX + "WORKERS", "1")),
        )
