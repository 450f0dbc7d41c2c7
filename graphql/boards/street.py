"""The queries of the street: powers and funds, duties and tasks, proposals."""

import strawberry

from chuishao.graphql.boards.street_lists import StreetListQueries
from chuishao.graphql.boards.street_powers import StreetPowerQueries
from chuishao.graphql.boards.street_proposals import StreetProposalQueries


@strawberry.type
class StreetQueries(StreetPowerQueries, StreetListQueries, StreetProposalQueries):
    """What the query type says about streets."""
