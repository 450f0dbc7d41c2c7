"""The queries of the rounds: patrols, households watched over, campaigns, alley stewards."""

import strawberry

from chuishao.graphql.boards.patrols import PatrolQueries
from chuishao.graphql.boards.screenings import ScreeningQueries
from chuishao.graphql.boards.stewards import StewardQueries
from chuishao.graphql.boards.watches import WatchQueries


@strawberry.type
class RoundsQueries(PatrolQueries, WatchQueries, ScreeningQueries, StewardQueries):
    """What the query type says about the rounds."""
