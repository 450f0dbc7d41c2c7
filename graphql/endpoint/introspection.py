"""模式查询 Whether a document looks into the schema, where that is switched off."""

from __future__ import annotations

from graphql import DocumentNode, FieldNode, GraphQLError, Visitor, visit

from chuishao.domain.phrase import Phrase
from chuishao.graphql.endpoint.errors import ApiError, located

_FIELDS = ("__schema", "__type")


def introspects(document: DocumentNode) -> list[ApiError]:
    """One refusal for each field that looks into the schema; `__typename` does not."""
    finder = _Finder()
    visit(document, finder)
    return [_refusal(node) for node in finder.found]


class _Finder(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[FieldNode] = []

    def enter_field(self, node: FieldNode, *_: object) -> None:
        if node.name.value in _FIELDS:
            self.found.append(node)


def _refusal(node: FieldNode) -> ApiError:
    said = Phrase(
        f"`{node.name.value}` is switched off here. Each version publishes its schema as "
        "graphql/schema.graphql; `chuishao schema` prints it.",
        f"`{node.name.value}` 在此已关闭。各版本的模式见 `graphql/schema.graphql`；"
        "`chuishao schema` 可打印。",
    )
    refusal = ApiError(said, "INTROSPECTION_DISABLED")
    refusal.located = located(GraphQLError(said.en, node))
    return refusal
