"""Why a command is refused: typed, with a stable code and a sentence a person can act on.

A refusal changes nothing. `facts` (data, terms, phrases) fill the sentence in either language; `path` leads
to the input field at fault.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar

from chuishao.domain.phrase import Language, said


class Refusal(Exception):
    """已拒绝 The command was refused and nothing was recorded."""

    code: ClassVar[str] = "REFUSED"
    en: ClassVar[str] = "The command was refused."
    zh: ClassVar[str] = "命令被拒绝。"

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.code = re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).upper()

    def __init__(self, *path: str, **facts: object) -> None:
        super().__init__(self.code)
        self.path = path
        self.facts = facts

    def sentence(self, language: Language = "en") -> str:
        """Say what was wrong and what to do, in `en` or `zh`."""
        facts = {name: said(fact, language) for name, fact in self.facts.items()}
        return (self.zh if language == "zh" else self.en).format(**facts)

    def __str__(self) -> str:
        return self.sentence()


@contextmanager
def within(*path: str) -> Iterator[None]:
    """Let refusals from inside lead to a field within these."""
    try:
        yield
    except Refusal as refusal:
        refusal.path = (*path, *refusal.path)
        raise


@contextmanager
def leading_to(*path: str) -> Iterator[None]:
    """Let refusals from inside lead to this field, whatever it is called there."""
    try:
        yield
    except Refusal as refusal:
        refusal.path = path
        raise


class NotFound(Refusal):
    """对象不存在 The thing named does not exist."""

    en = "There is no {kind} {id}. Check the identifier, or read it again."
    zh = "{kind} {id} 不存在。请核对标识或重新读取。"


class AlreadyExists(Refusal):
    """已存在 The thing to be made exists and is different."""

    en = "{kind} {id} exists already: {existing}. Use another identifier, or change the existing one."
    zh = "{kind} {id} 已存在：{existing}。请使用其他标识，或修改已有记录。"


class UnknownDivision(Refusal):
    """区划不存在 No division bears this code."""

    en = "No division has the code {code}. Give the code of a registered division."
    zh = "没有代码为 {code} 的行政区划。请填写已登记的区划代码。"


class WrongDivisionLevel(Refusal):
    """区划级别不符 The division is of another level than this needs."""

    en = "{code} is a {level}; this needs a {needed}."
    zh = "{code} 的级别是{level}；此处需要{needed}。"


class BadCode(Refusal):
    """代码无效 A code does not have the form it must have."""

    en = "{code} is not a valid code: {reason}."
    zh = "{code} 不是有效的代码：{reason}。"


class PlaceRequired(Refusal):
    """缺少位置 A report says where."""

    en = "Say where it is: give a grid or a community."
    zh = "请说明位置：填写网格或社区。"


class UnknownGrid(Refusal):
    """网格不存在 No service grid bears this code."""

    en = "No service grid has the code {code}. Give the code of a drawn grid."
    zh = "没有代码为 {code} 的网格。请填写已划定的网格代码。"


class RetiredGrid(Refusal):
    """网格已撤销 The grid is no longer active."""

    en = "Grid {code} was retired on {at}. Use an active grid of the same community."
    zh = "网格 {code} 已于 {at} 撤销。请使用同一社区的现行网格。"


class ForeignGrid(Refusal):
    """网格不属该社区 The grid belongs to another community."""

    en = "Grid {code} does not lie in {place}. Name a grid of that community, or leave the grid out."
    zh = "网格 {code} 不在 {place}。请填写该社区的网格，或不填网格。"


class GridOccupied(Refusal):
    """网格已有网格员 The grid has its one worker."""

    en = "Grid {code} has a worker already ({worker}). Relieve that worker first: a grid has exactly one."
    zh = "网格 {code} 已有网格员（{worker}）。每个网格配置一名网格员，请先免去现任。"


class GridVacant(Refusal):
    """网格空缺 The grid has no worker."""

    en = "Grid {code} has no worker. Assign one first."
    zh = "网格 {code} 没有网格员。请先配置。"


class WorkerOccupied(Refusal):
    """网格员已在岗 The worker holds another grid."""

    en = "Worker {worker} already serves grid {grid}. Relieve the worker there first."
    zh = "网格员 {worker} 已负责网格 {grid}。请先在该网格免去。"


class IllegalTransition(Refusal):
    """操作不合状态 The step cannot follow the state."""

    en = "{asked} is not possible in state {state}. Possible now: {possible}."
    zh = "{state}状态下不能执行{asked}。当前可执行：{possible}。"


class TierNotHigher(Refusal):
    """层级不更高 Escalation goes upward only."""

    en = "The case is at tier {tier}; {asked} is not higher. Escalate upward, or return the case."
    zh = "案件当前在{tier}层级；{asked}不更高。请向上升级，或退回。"


class WrongTier(Refusal):
    """层级不符 The step belongs to another tier."""

    en = "{asked} needs tier {needed}; the case is at {tier}. {advice}"
    zh = "{asked}需要{needed}层级；案件当前在{tier}。{advice}"


class WhistleRequired(Refusal):
    """须由街镇吹哨 A major dispute is the street's to whistle for."""

    en = "A major dispute makes the street whistle: blow a DISPUTE_RESOLUTION whistle."
    zh = "重大矛盾问题须由街镇吹哨：请吹“矛盾问题排查化解”（DISPUTE_RESOLUTION）哨。"


class AtHome(Refusal):
    """无须随迁 Jurisdiction over the place of the case went nowhere."""

    en = "Case {case} lies in {place}, which was neither split nor given to another division: it stays there."
    zh = "案件 {case} 位于 {place}，该地点未拆分也未移交管辖权，无须随迁。"


class WhistleGoesOn(Refusal):
    """哨件未结 A case leaves its street only once that street's whistle is withdrawn or resolved."""

    en = (
        "The whistle of street {street} on case {case} goes on. "
        "Withdraw it first: the other street blows its own."
    )
    zh = "街镇 {street} 对案件 {case} 的哨件尚未结束。请先撤哨，由承接街镇另行吹哨。"


class SamePerson(Refusal):
    """须由他人办理 Two steps must be taken by two people."""

    en = "{actor} resolved this case and may not verify it. Somebody else must."
    zh = "{actor} 处置了此案件，不得自行核查。须由他人核查。"


class AlreadyRated(Refusal):
    """已评价 A rating is given once."""

    en = "{what} is rated already. A rating is given once."
    zh = "{what}已评价。每次处置只评价一次。"


class NotYetRateable(Refusal):
    """尚不能评价 A department is rated after its answer or a missed limit."""

    en = "Department {department} has neither answered nor missed its limit. Rate it after that."
    zh = "部门 {department} 尚未答复，也未逾期。请在其后评价。"


class SameCase(Refusal):
    """同一案件 A case cannot be joined to itself."""

    en = "Case {case} cannot be joined to itself. Name another case."
    zh = "案件 {case} 不能与自身合并。请指定另一案件。"


class HasMergedCases(Refusal):
    """已并入其他案件 A case that carries others is not itself merged away."""

    en = "Case {case} carries {count} merged case(s). Undo those merges first, or merge the other way."
    zh = "案件 {case} 已并入 {count} 个案件。请先撤销，或反向合并。"


class CaseEnded(Refusal):
    """案件已终结 The other case takes nothing more in."""

    en = "Case {case} is {state} and takes no other case in. Name a case that is being handled."
    zh = "案件 {case} 处于{state}状态，不能并入其他案件。请指定办理中的案件。"


class TooFewParts(Refusal):
    """拆分不足两部分 A split has at least two parts."""

    en = "A split needs at least two parts; {count} given."
    zh = "拆分至少需要两部分；当前 {count}。"


class DepartmentRequired(Refusal):
    """缺少部门 A whistle summons somebody."""

    en = "A whistle summons at least one department. Name one."
    zh = "吹哨至少须召集一个部门。"


class NotSummoned(Refusal):
    """部门未被召集 Only a summoned department acts on a whistle."""

    en = "Department {department} was not summoned to this whistle. Summoned: {summoned}."
    zh = "部门 {department} 未被召集。已召集：{summoned}。"


class LeadConflict(Refusal):
    """不能牵头 The lead named is not possible."""

    en = "{lead} cannot lead this whistle: {reason}."
    zh = "{lead} 不能牵头：{reason}。"


class DepartmentsOutstanding(Refusal):
    """部门尚未答复 The whistle still waits for departments."""

    en = "These departments have not answered: {departments}. Wait, or record the missed limit."
    zh = "以下部门尚未答复：{departments}。请等待，或登记逾期。"


class NobodyAnswered(Refusal):
    """无部门答复 Nobody settled the matter."""

    en = "No summoned department has answered. Summon another, or withdraw the whistle."
    zh = "没有部门作出答复。请另行召集，或撤哨。"


class MeetingRequired(Refusal):
    """须召开现场会 The last mile needs its on-site meeting."""

    en = "A LAST_MILE whistle ends after its on-site meeting. Open one, settle its items and close it."
    zh = "“最后一公里”（LAST_MILE）哨须召开现场会。请召开、办结事项并闭会。"


class WrongLinkage(Refusal):
    """联动机制不符 The step belongs to another linkage mechanism."""

    en = "{asked} belongs to {needed} whistles; this one is {linkage}."
    zh = "{asked}仅用于{needed}哨；此哨为{linkage}。"


class ItemsOpen(Refusal):
    """事项未办结 Nobody leaves while an item is open (事不完、人不走)."""

    en = "Nobody leaves while an item is open (事不完、人不走): {count} left: {items}. Settle them first."
    zh = "事不完、人不走：尚有 {count} 项未办结：{items}。请先办结。"


class NotYetDue(Refusal):
    """尚未逾期 A limit that has not passed is not missed."""

    en = "The limit ends at {due}; it is not missed at {at}."
    zh = "期限到 {due}；{at} 尚未逾期。"


class OverdueAlready(Refusal):
    """逾期已记录 A limit passes once."""

    en = "It is recorded already that the limit of case {case} passed at {due}."
    zh = "案件 {case} 的期限于 {due} 届满，已有记录。"


class NoLimit(Refusal):
    """未规定期限 The policy states no limit here."""

    en = "The policy in force states no limit for {what}, so none can be missed."
    zh = "现行政策未规定{what}的期限，不存在逾期。"


class UnknownCategory(Refusal):
    """类别不存在 The catalogue has no such category."""

    en = "The catalogue in force has no category {code}. Choose one from `categories`."
    zh = "现行分类目录没有类别 {code}。请从 `categories` 中选择。"


class NoPolicy(Refusal):
    """无生效政策 No policy is in force."""

    en = "No policy is in force at {at}. Adopt one first (`chuishao migrate` adopts the default)."
    zh = "{at} 没有生效的政策。请先采用政策（`chuishao migrate` 采用默认政策）。"


class BadPolicy(Refusal):
    """政策文件不可用 The policy document is not well-formed."""

    en = "The policy document is not usable: {reason}."
    zh = "政策文件不可用：{reason}。"


class TextEmpty(Refusal):
    """内容为空 A text that must say something says nothing."""

    en = "{field} is empty. Write what it is about."
    zh = "{field} 为空。请填写内容。"


class TextTooLong(Refusal):
    """内容过长 A text exceeds its limit."""

    en = "{field} has {length} characters; at most {limit} are kept."
    zh = "{field} 有 {length} 字；最多 {limit} 字。"


class BadText(Refusal):
    """字符无效 A text holds characters that cannot be kept."""

    en = "{field} holds a NUL or an unpaired surrogate. Send plain Unicode text."
    zh = "{field} 含有空字符或不成对的代理码位。请发送规范的 Unicode 文本。"


class OutOfRange(Refusal):
    """超出范围 A number lies outside its range."""

    en = "{field} is {value}; it must be from {low} to {high}."
    zh = "{field} 为 {value}；应在 {low} 到 {high} 之间。"


class OneEndOnly(Refusal):
    """分页方向冲突 A page is asked for from one end."""

    en = "Give `first` or `last`, not both: a page begins at one end."
    zh = "`first` 与 `last` 只能填写其一：分页从一端开始。"


class GivenTwice(Refusal):
    """重复填写 The same is given under its present and under its former name."""

    en = "`{former}` is the former name of `{name}`. Give `{name}` alone."
    zh = "`{former}` 是 `{name}` 的旧名。请只填写 `{name}`。"


class BadTime(Refusal):
    """时间不成立 A time contradicts the clock or the history."""

    en = "{field} {at} is not possible: {reason}."
    zh = "{field} {at} 不成立：{reason}。"


class Forbidden(Refusal):
    """无权执行 The role may not do this."""

    en = "{role} may not {action}. Allowed: {allowed}."
    zh = "{role}无权执行{action}。允许：{allowed}。"


class TokenRequired(Refusal):
    """需要令牌 Cases are listed for people who are known."""

    en = (
        "Cases are shown to those who handle, audit or reported them. "
        "Send a token, or ask for one case with its secret."
    )
    zh = "案件仅向经办、审计人员及上报人显示。请提供令牌，或凭查询码查询单个案件。"


class OutOfScope(Refusal):
    """超出职权范围 The place lies outside the actor's scope."""

    en = "{place} lies outside your scope {scope}."
    zh = "{place} 不在您的职权范围 {scope} 内。"


class BadSecret(Refusal):
    """查询码不符 The case's own secret does not fit."""

    en = "The secret does not belong to this case. Use the one that reportCase returned."
    zh = "查询码与此案件不符。请使用报告时返回的查询码。"


class StaleVersion(Refusal):
    """版本已变 Somebody else was faster."""

    en = "You expected version {expected}, but it is {actual}. Read again and decide anew."
    zh = "您预期版本 {expected}，实际为 {actual}。请重新读取后再决定。"


class CommandReused(Refusal):
    """命令标识已用 A command id stands for one content."""

    en = "Command id {id} was used for other content. Use a new id for a new command."
    zh = "命令标识 {id} 已用于其他内容。新的命令请使用新的标识。"


class SubjectErased(Refusal):
    """个人信息已删除 The person's text was erased by right."""

    en = (
        "The personal text of {subject} was erased while this was on its way, and nothing more is kept "
        "under that identity. Leave out what is about them, and send it again."
    )
    zh = "在此命令处理期间，{subject} 的个人信息已被删除，不能再以该身份保存。请去除其个人信息后重新发送。"


class NothingKept(Refusal):
    """未保存个人信息 Nothing is kept about whom this names."""

    en = (
        "Nothing is kept about {id}. Name a case, a whistle or a grid worker, or the subject itself; "
        "a resident's own identifier is for `chuishao erase --resident`."
    )
    zh = (
        "没有保存与 {id} 有关的个人信息。请填写案件、哨件、网格员或信息主体的标识；"
        "居民的身份标识请用于 `chuishao erase --resident`。"
    )
