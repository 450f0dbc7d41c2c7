"""The closed lists of the schema with the words that a person sees."""

from functools import lru_cache
from typing import cast

import strawberry
from graphql import GraphQLEnumType, GraphQLSchema

from chuishao.domain.phrase import Phrase
from chuishao.graphql.context import Info
from chuishao.graphql.endpoint.failures import FAILURES
from chuishao.graphql.types.fields import column
from chuishao.graphql.types.shared import ITS_OWN, identified

REQUEST_FAILURE = "RequestFailure"
"""The list of the codes that stand in `errors`, which are no enum of the schema."""


@strawberry.type(description="词条 One word of a closed list: what is sent, and what a person sees.")
class TermValue:
    """A value with its label."""

    id: strawberry.ID = column(ITS_OWN)
    value: str = column("值 The value as the schema has it.")
    label: str = column("标签 What a person sees, in the language of `Accept-Language`.")
    zh: str = column("中文 The Chinese label.")
    en: str = column("英文 The English label.")


@strawberry.type(description="词表 An enum of the schema, or the codes of failed requests, with labels.")
class TermList:
    """A closed list."""

    id: strawberry.ID = column(ITS_OWN)
    name: str = column("名称 The name of the enum.")
    description: str = column("说明 What it lists, in the language of `Accept-Language`.")
    values: list[TermValue] = column("词条 Its values, in their order.")


def term_lists(info: Info, names: list[str] | None) -> list[TermList]:
    """Every list, or those named, in the asker's language."""
    language = info.context.language
    return [
        TermList(
            id=identified("terms", name),
            name=name,
            description=about.said(language),
            values=[
                TermValue(
                    id=identified("term", name, value),
                    value=value,
                    label=label.said(language),
                    zh=label.zh,
                    en=label.en,
                )
                for value, label in values.items()
            ],
        )
        for name, (about, values) in _lists(info.schema._schema).items()
        if names is None or name in names
    ]


@lru_cache(maxsize=4)
def _lists(schema: GraphQLSchema) -> dict[str, tuple[Phrase, dict[str, Phrase]]]:
    enums = {
        name: (
            _bilingual(cast(str, kind.description)),
            {value: _bilingual(cast(str, entry.description)) for value, entry in kind.values.items()},
        )
        for name, kind in sorted(schema.type_map.items())
        if isinstance(kind, GraphQLEnumType) and not name.startswith("__")
    }
    failures = {code: failure.means for code, failure in FAILURES.items()}
    return enums | {REQUEST_FAILURE: (Phrase("Why a request failed.", "请求失败"), failures)}


def _bilingual(description: str) -> Phrase:
    """Both languages of a description: the Chinese term, a space, the English."""
    zh, _, en = description.partition(" ")
    return Phrase(en, zh)
