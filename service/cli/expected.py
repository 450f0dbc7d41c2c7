"""What a person can do something about when a command fails."""

from chuishao.domain.refusal import Refusal
from chuishao.eventlog.connection import Unavailable
from chuishao.eventlog.migrate import MigrationChanged
from chuishao.graphql.endpoint.documents import BadDocuments
from chuishao.projections.parked import NotParked
from chuishao.projections.poison import CannotFold
from chuishao.projections.rebuild import NothingToGoBackTo, Poisoned
from chuishao.service.demo import UnknownDistrict
from chuishao.service.holidays import UnknownYear
from chuishao.service.importer import BadFile
from chuishao.service.postgres import PostgresUnavailable
from chuishao.service.settings import WrongSetting

EXPECTED = (
    Unavailable,
    PostgresUnavailable,
    MigrationChanged,
    WrongSetting,
    BadFile,
    UnknownDistrict,
    UnknownYear,
    BadDocuments,
    Poisoned,
    CannotFold,
    NotParked,
    NothingToGoBackTo,
    Refusal,
)
"""Told in one line, without a traceback."""
