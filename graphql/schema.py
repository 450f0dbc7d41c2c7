"""The one schema."""

from pathlib import Path

import strawberry

from chuishao.graphql import enums
from chuishao.graphql.mutations import Mutation
from chuishao.graphql.queries import Query
from chuishao.graphql.scalars import CONFIG
from chuishao.graphql.subscriptions import Subscription
from chuishao.graphql.types.case import Case
from chuishao.graphql.types.department import Department
from chuishao.graphql.types.division import Division
from chuishao.graphql.types.grid import Grid
from chuishao.graphql.types.whistle import Whistle
from chuishao.graphql.types.worker import GridWorker

assert enums.NAMES, "importing the module registers the enums"

schema = strawberry.Schema(
    query=Query,
    mutation=Mutation,
    subscription=Subscription,
    types=[Case, Whistle, Grid, GridWorker, Department, Division],
    config=CONFIG,
)


def sdl() -> str:
    """The schema in its definition language, as committed in graphql/schema.graphql."""
    return schema.as_str() + "\n"


def operations() -> dict[str, str]:
    """The example operations by name, as documents that work when pasted."""
    found = Path(__file__).with_name("operations").glob("*.graphql")
    return {file.stem: file.read_text(encoding="utf-8") for file in sorted(found)}
