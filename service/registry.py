"""文档登记 The documents that clients may name, each checked against the schema and the limits."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from chuishao.graphql.endpoint.documents import BadDocuments, identity, read_documents
from chuishao.graphql.endpoint.errors import RequestRefused
from chuishao.graphql.endpoint.execution import Engine


def checked(path: Path, engine: Engine) -> dict[str, str]:
    """The documents at a path, by identifier; raises BadDocuments with every fault."""
    documents = read_documents(path)
    if not documents:
        raise BadDocuments(f"{path} has no documents; they are files that end in .graphql or .gql")
    faults = [fault for text in sorted(set(documents.values())) for fault in _faults(text, engine)]
    if faults:
        raise BadDocuments("\n".join([f"{path} has documents that would be refused:", *faults]))
    return documents


def listed(documents: dict[str, str], engine: Engine) -> Iterator[tuple[str, str, str, int]]:
    """Each operation of documents that are in order: its document's identifier, kind, name, cost."""
    for text in sorted(set(documents.values()), key=identity):
        for operation in engine.operations(text):
            cost = operation.tariff.cost(operation.definition, {})
            yield operation.document_id, operation.kind, operation.name or "", cost


def _faults(text: str, engine: Engine) -> Iterator[str]:
    try:
        operations = engine.operations(text)
    except RequestRefused as refusal:
        for error in refusal.refusals:
            yield f"{identity(text)}: {error.said.en}"
        return
    for operation in operations:
        cost = operation.tariff.cost(operation.definition, {})
        if cost > engine.limits.cost:
            yield f"{identity(text)}: {operation.name} costs {cost} points, more than {engine.limits.cost}"
