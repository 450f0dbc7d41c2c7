"""Claims 声明: what a verified token says of its holder, read strictly."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NoReturn
from uuid import UUID

from chuishao.domain.actor import ANONYMOUS, SYSTEM, Actor
from chuishao.domain.event import storable
from chuishao.domain.phrase import Phrase
from chuishao.domain.vocabulary import Role
from chuishao.graphql.endpoint.errors import ApiError

LONGEST_SUBJECT = 200
_PREFIX_OF_A_CODE = re.compile("[0-9]{0,12}|[0-9]{12}-(G[0-9]{0,3})?")
_OURS = {SYSTEM.id, ANONYMOUS.id}


@dataclass(frozen=True, slots=True)
class ClaimNames:
    """Under which names an identity provider says what we ask; a dot goes into an object."""

    sub: str = "sub"
    role: str = "role"
    scope: str = "scope"
    department: str = "department"


def actor_of(claims: Mapping[str, object], names: ClaimNames) -> Actor:
    """The actor that claims describe; a claim that is not as it must be is refused with its name."""
    role = _role(names.role, _text(claims, names.role))
    return Actor(
        id=_subject(names.sub, _text(claims, names.sub)),
        role=role,
        scope=_scope(names.scope, _text(claims, names.scope)),
        department=_department(names.department, _text(claims, names.department), role),
    )


def claims_of(actor: Actor) -> dict[str, object]:
    """What a token of our own says of an actor."""
    department = str(actor.department) if actor.department is not None else None
    said = {"sub": actor.id, "role": actor.role.value, "scope": actor.scope, "department": department}
    return {name: text for name, text in said.items() if text is not None}


def _text(claims: Mapping[str, object], name: str) -> str | None:
    """A claim's text; None where it is absent."""
    found = claims.get(name)
    if name not in claims:  # a name with dots may be a plain name, as in https://example.org/role
        found = claims
        for part in name.split("."):
            found = found.get(part) if isinstance(found, dict) else None
    if found is not None and not isinstance(found, str):
        _refuse(name, "must be a text, or be left out", "须为文本，或不填")
    return found


def _subject(name: str, text: str | None) -> str:
    if text is None or not text.strip() or len(text) > LONGEST_SUBJECT or not storable(text):
        _refuse(
            name,
            f"must name the actor in 1 to {LONGEST_SUBJECT} characters",
            f"须以 1 至 {LONGEST_SUBJECT} 个字符标明操作者",
        )
    if text in _OURS:
        _refuse(name, f"must not be {text}: that name is the server's own", f"不得为服务器保留的 {text}")
    return text


def _role(name: str, text: str | None) -> Role:
    if text is None or text not in Role.__members__:
        _refuse(name, f"must be one of {', '.join(Role)}", f"须为下列之一：{'、'.join(Role)}")
    return Role(text)


def _scope(name: str, text: str | None) -> str | None:
    if text is not None and not _PREFIX_OF_A_CODE.fullmatch(text):
        _refuse(
            name,
            "must be the beginning of a division or grid code, as in 120101001001-G001",
            "须为区划代码或网格代码的开头，如 120101001001-G001",
        )
    return text


def _department(name: str, text: str | None, role: Role) -> UUID | None:
    if (text is None) == (role is Role.DEPARTMENT_OFFICER):
        _refuse(
            name,
            "belongs to a DEPARTMENT_OFFICER and to nobody else",
            "须由 DEPARTMENT_OFFICER 填写，其他角色不得填写",
        )
    try:
        return None if text is None else UUID(text)
    except ValueError:
        _refuse(name, "must be the identifier of a department, a UUID", "须为部门标识（UUID）")


def _refuse(name: str, en: str, zh: str) -> NoReturn:
    said = Phrase(
        f"The token's claim {name} {en}. Get a token with it.",
        f"令牌的声明 {name} {zh}。请换取合规的令牌。",
    )
    raise ApiError(said, "UNAUTHENTICATED")
