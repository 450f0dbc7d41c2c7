"""Who reads which field and sends which mutation: read from schema and commands, for people and tests."""

from __future__ import annotations

from collections.abc import Iterator

from strawberry.types.base import StrawberryObjectDefinition

from chuishao.commands.catalogue import COMMANDS
from chuishao.domain.sight import Reading
from chuishao.domain.vocabulary import Role
from chuishao.graphql.inputs import mutation_name
from chuishao.graphql.schema import schema
from chuishao.graphql.types.fields import RULE

RULES: dict[str, Reading] = {
    "Case": Reading.CASE,
    "HistoryEntry": Reading.CASE,
    "HoldingPeriod": Reading.CASE,
    "Whistle": Reading.CASE,
    "CaseRequest": Reading.CASE,
    "Summons": Reading.CASE,
    "OnSiteItem": Reading.CASE,
    "Event": Reading.CASE,
    "EventActor": Reading.CASE,
    "InclusionProof": Reading.CASE,
    "CareEntry": Reading.REGISTERS,
    "CareCount": Reading.REGISTERS,
    "DiaryEntry": Reading.REGISTERS,
    "RegisterLine": Reading.REGISTERS,
    "Look": Reading.REGISTERS,
    "WordsShown": Reading.REGISTERS,
    "LineShown": Reading.REGISTERS,
    "Patrol": Reading.REGISTERS,
    "PatrolVisit": Reading.REGISTERS,
    "NeighbourWatch": Reading.REGISTERS,
    "MissedCheck": Reading.REGISTERS,
    "WelfareLook": Reading.REGISTERS,
    "Concern": Reading.REGISTERS,
    "ScreenedDoor": Reading.REGISTERS,
    "ScreenedPerson": Reading.REGISTERS,
    "StewardDutyEntry": Reading.REGISTERS,
    "StewardActivity": Reading.REGISTERS,
}
"""The types that belong to cases or registers; what is in any other type is published."""


def fields() -> Iterator[tuple[str, str, Reading]]:
    """Every field of every type that shows something: type, field, and the rule by which it is shown."""
    for name in sorted(schema.schema_converter.type_map):
        definition = schema.schema_converter.type_map[name].definition
        if not isinstance(definition, StrawberryObjectDefinition) or not _shows(name, definition):
            continue
        default = RULES.get(name, Reading.PUBLISHED)
        for field in definition.fields:
            yield name, schema.config.name_converter.from_field(field), field.metadata.get(RULE, default)


def mutations() -> dict[str, frozenset[Role]]:
    """The roles that may send each mutation."""
    return {mutation_name(command): command.roles for command in COMMANDS}


def _shows(name: str, definition: StrawberryObjectDefinition) -> bool:
    """Whether a type shows something itself: no input, no operation, no form in which others show it."""
    operation = name in ("Query", "Mutation", "Subscription")
    form = name.endswith(("Connection", "Edge", "Payload", "PageInfo", "PersonalText"))
    return not (definition.is_input or definition.is_interface or operation or form)
