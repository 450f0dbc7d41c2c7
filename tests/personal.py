"""A person's cases in which every event that can hold their words does, and a look for words everywhere."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import asyncpg

from chuishao.commands import cases, whistles
from chuishao.domain.actor import Actor
from chuishao.domain.vocabulary import LinkageMechanism, Severity, Tier, WhistleKind
from tests.town import OTHER_COMMUNITY, THIRD_GRID, Town


@dataclass
class Person:
    """Somebody who reports, and every word that was ever written about them, each unmistakable."""

    town: Town
    actor: Actor
    mark: str
    words: list[str] = field(default_factory=list)
    cases: list[UUID] = field(default_factory=list)

    def say(self, what: str) -> str:
        """A word that stands nowhere else."""
        self.words.append(f"{what}〔{self.mark}-{len(self.words):02d}〕")
        return self.words[-1]

    async def live(self) -> None:
        """Take part in everything in which words about a reporter are written."""
        await self._whole_loop()
        refused = await self.report()
        await self._do(cases.RefuseCase(case_id=refused, reason=self.say("不予受理原因")))
        merged, other = await self.report(), await self.report()
        await self._do(cases.MergeCase(case_id=merged, into_id=other))
        await self._do(cases.UndoMerge(case_id=merged, reason=self.say("撤销并案原因")))
        await self._do(cases.AcceptCase(case_id=other))
        parts = [cases.SplitPart(text=self.say("部分")), cases.SplitPart(text=self.say("部分"))]
        await self._do(cases.SplitCase(case_id=other, parts=parts))
        await self._settled_on_the_spot()

    async def report(self) -> UUID:
        """Report with everything that can be said."""
        report = cases.ReportCase(
            category="01001",
            text=self.say("描述"),
            grid_code=THIRD_GRID,
            address=self.say("地址"),
            reporter_name=self.say("姓名"),
            reporter_phone=self.say("电话"),
        )
        self.cases.append((await self.town.do(report, self.actor)).id)
        return self.cases[-1]

    async def _settled_on_the_spot(self) -> None:
        case = await self._assigned(Tier.ON_SPOT)
        await self._do(cases.ReturnCase(case_id=case, reason=self.say("退回原因")))
        await self._do(cases.AssignCase(case_id=case, tier=Tier.ON_SPOT))
        result = cases.ResolveOnSpot(case_id=case, result=self.say("处置结果"))
        await self.town.do(result, self.town.worker(THIRD_GRID))

    async def _assigned(self, tier: Tier) -> UUID:
        case = await self.report()
        await self._do(cases.AcceptCase(case_id=case, note=self.say("受理备注")))
        assess = cases.AssessCase(case_id=case, severity=Severity.MINOR, note=self.say("研判备注"))
        await self._do(assess)
        await self._do(cases.AssignCase(case_id=case, tier=tier))
        return case

    async def _whole_loop(self) -> None:
        case = await self._assigned(Tier.DELIBERATION)
        reason = self.say("转办原因")
        place = {"community_code": OTHER_COMMUNITY, "grid_code": THIRD_GRID}
        await self._do(cases.TransferCase(case_id=case, reason=reason, **place))
        await self._do(cases.EscalateCase(case_id=case, tier=Tier.MULTI_UNIT, reason=self.say("升级原因")))
        withdrawn = await self._whistle(case)
        await self._do(whistles.WithdrawWhistle(whistle_id=withdrawn, reason=self.say("撤哨原因")))
        await self._through_a_whistle(case)
        await self._do(
            cases.VerifyCase(case_id=case, passed=False, note=self.say("返工原因")),
            self.town.other_street_officer,
        )
        await self._do(cases.ResolveCase(case_id=case, result=self.say("处置结果")))
        await self._do(
            cases.VerifyCase(case_id=case, passed=True, note=self.say("核查备注")),
            self.town.other_street_officer,
        )
        rating: dict[str, Any] = {"answered": True, "solved": True, "satisfied": 5}
        await self._do(cases.RateCase(case_id=case, comment=self.say("评语"), **rating), self.actor)
        await self._do(cases.CloseCase(case_id=case, note=self.say("结案备注")))
        await self._do(cases.ReopenCase(case_id=case, reason=self.say("重开原因")), self.actor)

    async def _whistle(self, case: UUID) -> UUID:
        blow = whistles.BlowWhistle(
            case_id=case,
            kind=WhistleKind.ROUTINE,
            linkage=LinkageMechanism.LAST_MILE,
            grounds=self.say("吹哨事由"),
            department_ids=self.town.departments,
        )
        return (await self.town.do(blow, self.town.street_officer)).id

    async def _through_a_whistle(self, case: UUID) -> None:
        whistle = await self._whistle(case)
        first, second = self.town.departments
        about: dict[str, Any] = {"whistle_id": whistle}
        refuse = whistles.RefuseSummons(**about, department_id=second, reason=self.say("拒绝原因"))
        await self._do(refuse, self.town.officer(1))
        await self._do(whistles.SummonDepartment(**about, department_id=second))
        for number, department in enumerate((first, second)):
            officer = self.town.officer(number)
            await self._do(whistles.CheckIn(**about, department_id=department), officer)
            answer = whistles.AnswerSummons(**about, department_id=department, result=self.say("反馈"))
            await self._do(answer, officer)
        rate = whistles.RateDepartment(**about, department_id=first, score=4, comment=self.say("评价"))
        await self._do(rate)
        await self._do(whistles.OpenOnSiteMeeting(**about, items=[self.say("事项"), self.say("事项")]))
        for item in (1, 2):
            await self._do(whistles.SettleOnSiteItem(**about, item=item))
        await self._do(whistles.CloseOnSiteMeeting(**about))
        await self._do(whistles.ResolveWhistle(**about, result=self.say("办结结果")))

    async def _do(self, command: Any, by: Actor | None = None) -> None:
        self.town.clock.advance(minutes=1)
        await self.town.do(command, by or self.town.street_officer)


def forms(word: str) -> set[bytes]:
    """How a word may stand somewhere: plain, escaped as JSON, in hexadecimal, in base64 at any offset."""
    plain = word.encode()
    found = {plain, json.dumps(word)[1:-1].encode(), plain.hex().encode()}
    for offset in range(3):
        cut = (3 - offset) % 3
        encoded = base64.b64encode(plain[cut : cut + (len(plain) - cut) // 3 * 3])
        found.add(encoded)
    return found


async def rows_of(connection: asyncpg.Connection[Any]) -> Iterator[tuple[str, bytes]]:
    """Every row of every table of every schema as text, the catalogue of PostgreSQL included."""
    tables = await connection.fetch(
        "SELECT c.oid::regclass::text AS name FROM pg_class c WHERE c.relkind IN ('r', 'm')"
        " AND NOT EXISTS (SELECT FROM pg_inherits i WHERE i.inhparent = c.oid)"
    )
    found = []
    for (table,) in tables:
        rows = await connection.fetch(f"SELECT t::text FROM {table} t")
        found += [(table, (row[0] or "").encode()) for row in rows]
    return iter(found)


async def where_found(connection: asyncpg.Connection[Any], words: list[str]) -> dict[str, set[str]]:
    """The words that stand somewhere in the database, each with the tables."""
    everything: dict[str, bytes] = {}
    for table, row in await rows_of(connection):
        everything[table] = everything.get(table, b"") + b"\n" + row
    found: dict[str, set[str]] = {}
    for word in words:
        for table, text in everything.items():
            if any(form in text for form in forms(word)):
                found.setdefault(word, set()).add(table)
    return found
