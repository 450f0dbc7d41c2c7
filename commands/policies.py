"""Commands about policies."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.resources import files
from typing import Annotated, Any

from annotated_doc import Doc

from chuishao.commands.command import Command
from chuishao.commands.work import Work
from chuishao.domain.authority import MAY_SET_UP, Setup
from chuishao.domain.identity import POLICY_ID
from chuishao.domain.policy import Policies


@dataclass(frozen=True, kw_only=True)
class AdoptPolicy(Command):
    """采用政策 Adopt a policy document: limits, calendar, grid size and categories, from its date on."""

    thing = "policy"
    roles = MAY_SET_UP[Setup.ADOPT_POLICY]
    document: Annotated[dict[str, Any], Doc("政策文件 the whole document, in the form of data/policy.json")]

    async def decide(self, work: Work) -> Policies:
        """Adopt the first or a further version."""
        work.require_setup(Setup.ADOPT_POLICY, "")
        policies = await work.find(Policies, POLICY_ID)
        if policies is None:
            return work.add(Policies.adopt(self.document, work.at))
        policies.revise(self.document, work.at)
        return policies


def default_policy() -> dict[str, Any]:
    """The policy document that ships with Chuishao."""
    text = files("chuishao.data").joinpath("policy.json").read_text(encoding="utf-8")
    document: dict[str, Any] = json.loads(text)
    return document
