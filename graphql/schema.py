"""The one schema."""

from pathlib import Path

import strawberry

from chuishao.graphql import enums
from chuishao.graphql.as_of import as_of
from chuishao.graphql.mutations import Mutation
from chuishao.graphql.queries import Query
from chuishao.graphql.scalars import CONFIG
from chuishao.graphql.subscriptions import Subscription
from chuishao.graphql.types.campaign import GridScreening, ScreeningCampaign
from chuishao.graphql.types.care import CareEntry
from chuishao.graphql.types.case import Case
from chuishao.graphql.types.committee import ResidentsCommittee
from chuishao.graphql.types.coordination import CoordinationOrder
from chuishao.graphql.types.deliberation import Deliberation
from chuishao.graphql.types.department import Department
from chuishao.graphql.types.diary import DiaryEntry
from chuishao.graphql.types.division import Division
from chuishao.graphql.types.duty import StewardDutyEntry
from chuishao.graphql.types.election import Election
from chuishao.graphql.types.element import Element
from chuishao.graphql.types.grid import Grid
from chuishao.graphql.types.invitation import DailyClearanceInvitation
from chuishao.graphql.types.meeting import WorkMeeting
from chuishao.graphql.types.patrol import Patrol
from chuishao.graphql.types.person import Person
from chuishao.graphql.types.post import Post
from chuishao.graphql.types.register import Look
from chuishao.graphql.types.watch import NeighbourWatch
from chuishao.graphql.types.whistle import Whistle
from chuishao.graphql.types.worker import GridWorker

assert enums.NAMES, "importing the module registers the enums"

schema = strawberry.Schema(
    query=Query,
    mutation=Mutation,
    subscription=Subscription,
    directives=[as_of],
    types=[
        Case,
        Whistle,
        Grid,
        GridWorker,
        Department,
        Division,
        Person,
        Post,
        Election,
        ResidentsCommittee,
        Element,
        CareEntry,
        DiaryEntry,
        Look,
        Patrol,
        NeighbourWatch,
        ScreeningCampaign,
        GridScreening,
        StewardDutyEntry,
        WorkMeeting,
        Deliberation,
        CoordinationOrder,
        DailyClearanceInvitation,
    ],
    config=CONFIG,
)


_EXCEPTIONS = """\
# eslint-disable @graphql-eslint/relay-edge-types -- what belongs to one thing and is short is a plain list
# eslint-disable @graphql-eslint/require-deprecation-date -- the reason ends with the date
"""
_VALUES = {
    "EventActor": "the part of an event that says who acted; its own identifier may be masked",
    "PersonalText": "a text and whether it is shown: a value of the field that has it",
    "Tally": "the counts of the place or worker that has it",
}
"""Types without an identity of their own, and what they are instead."""


def sdl() -> str:
    """The schema in its definition language, as committed in graphql/schema.graphql.

    Its comments tell graphql-eslint where a rule does not hold, and why.
    """
    text = schema.as_str() + "\n"
    for name, reason in _VALUES.items():
        comment = f"# eslint-disable-next-line @graphql-eslint/strict-id-in-types -- {reason}"
        text = text.replace(f"\ntype {name} {{", f"\n{comment}\ntype {name} {{")
    return _EXCEPTIONS + "\n" + text


def operations() -> dict[str, str]:
    """The example operations by name, as documents that work when pasted."""
    found = Path(__file__).with_name("operations").glob("*.graphql")
    return {file.stem: file.read_text(encoding="utf-8") for file in sorted(found)}
