"""Commands about policies."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from typing import Annotated, Any

from annotated_doc import Doc

from chuishao.commands.command import Command
from chuishao.commands.work import Work
from chuishao.domain.authority import MAY_SET_UP, Setup
from chuishao.domain.identity import POLICY_ID
from chuishao.domain.policy import Policies
from chuishao.domain.refusal import NoPolicy


@dataclass(frozen=True, kw_only=True)
class Workday:
    """工作日 Whether one works on a day."""

    day: Annotated[date, Doc("日期 the local day")]
    works: Annotated[bool, Doc("是否上班 whether the working shifts of that day count")]


@dataclass(frozen=True, kw_only=True)
class AdoptPolicy(Command):
    """采用政策 Adopt a policy document: limits, calendar, grid size and categories, from its date on."""

    thing = "policy"
    roles = MAY_SET_UP[Setup.ADOPT_POLICY]
    document: Annotated[dict[str, Any], Doc("政策文件 the whole document, in the form of data/policy.json")]
    days: Annotated[list[Workday] | None, Doc("日期 days that are announced with it, everywhere")] = None

    async def decide(self, work: Work) -> Policies:
        """Adopt the first or a further version."""
        work.require_setup(Setup.ADOPT_POLICY, "")
        policies = await work.find(Policies, POLICY_ID)
        if policies is None:
            policies = work.add(Policies.adopt(self.document, work.at))
        else:
            policies.revise(self.document, work.at)
        if self.days is not None:
            work.require_setup(Setup.ANNOUNCE_WORKDAYS, "")
            policies.announce("", _named(self.days), work.at)
        return policies


@dataclass(frozen=True, kw_only=True)
class AnnounceWorkdays(Command):
    """公布工作日 Announce on which days one works in a place, and on which not. Limits are dated anew."""

    thing = "policy"
    roles = MAY_SET_UP[Setup.ANNOUNCE_WORKDAYS]
    days: Annotated[
        list[Workday], Doc("日期 the days: holidays (节假日), make-up days (调休), local exceptions")
    ]
    division_code: Annotated[
        str | None,
        Doc("区划代码 in which division, and all that lies in it; everywhere where it is left out"),
    ] = None

    async def decide(self, work: Work) -> Policies:
        """Announce what is not so already."""
        place = self.division_code or ""
        work.require_setup(Setup.ANNOUNCE_WORKDAYS, place, "divisionCode")
        if self.division_code is not None:
            await work.division(self.division_code)
        policies = await work.find(Policies, POLICY_ID)
        if policies is None:
            raise NoPolicy(at=work.at.isoformat())
        policies.announce(place, _named(self.days), work.at)
        return policies


def _named(days: list[Workday]) -> list[tuple[date, bool]]:
    return [(one.day, one.works) for one in days]


def default_policy() -> dict[str, Any]:
    """The policy document that ships with Chuishao."""
    text = files("chuishao.data").joinpath("policy.json").read_text(encoding="utf-8")
    document: dict[str, Any] = json.loads(text)
    return document
