"""Why something about an election or a committee is refused."""

from chuishao.domain.refusal import Refusal


class NoRegime(Refusal):
    """无适用法律 No state of the law that is known here was in force on that day."""

    en = "On {day} no law was in force that is known here; the first is in force since {since}."
    zh = "{day} 没有系统所知的适用法律；最早的自 {since} 起施行。"


class WrongSeats(Refusal):
    """职数不符 The seats are not those that a committee may have."""

    en = "A residents' committee has {low} to {high} seats, one of them the director's; {given} given."
    zh = "居民委员会由主任、副主任和委员共 {low} 至 {high} 人组成；当前 {given}。"


class NotEnoughProposers(Refusal):
    """提议人数不足 Too few propose it."""

    en = "{supporters} of {entitled} {proposers} propose it; it takes at least {needed}."
    zh = "{entitled} 个{proposers}中有 {supporters} 个提议；至少须有 {needed} 个。"


class ProposalMismatch(Refusal):
    """提议与事由不符 A proposal goes with the ground PROPOSAL, and with no other."""

    en = "The ground is {ground}: give a proposal with PROPOSAL, and with no other ground."
    zh = "选举事由为{ground}：仅“居民提议”须填写提议，其他事由不填。"


class CallGroundUntrue(Refusal):
    """选举事由不成立 The committee that there is belies the reason."""

    en = (
        "{ground} does not hold: there is a committee until {term_until}. "
        "Call with TERM_ENDS for a ballot from {since} on, or with PROPOSAL."
    )
    zh = (
        "“{ground}”不成立：现任居民委员会任期至 {term_until}。"
        "选举日在 {since} 及以后的可以“届满换届”启动，其余须经居民提议。"
    )


class DelegatesMismatch(Refusal):
    """代表与方式不符 Delegates are given where they vote, and nowhere else."""

    en = "Voting is by {mode}: give the number of delegates for GROUP_DELEGATES, and for no other mode."
    zh = "选举方式为{mode}：仅居民小组选举代表时填写代表人数，其他方式不填。"


class ElectorateTooSmall(Refusal):
    """选举人过少 So few vote that a result would tell how each of them voted."""

    en = "{electors} electors are too few for a secret ballot; it takes {needed}. Choose another mode."
    zh = "{electors} 名选举人过少，无法保证无记名投票；至少须有 {needed} 名。请选择其他选举方式。"


class BadHash(Refusal):
    """校验值无效 What should be a salted hash has not the form of one."""

    en = "{field} must be the salted hash of the paper: 64 hexadecimal digits in lower case."
    zh = "{field} 须为纸质文件的加盐哈希：64 位小写十六进制数字。"


class WrongCandidates(Refusal):
    """候选人不符 The candidates do not fit the seats."""

    en = "The candidates do not fit: {reason}."
    zh = "候选人不符：{reason}。"


class BallotTooEarly(Refusal):
    """未到选举日 The day of the ballot has not come."""

    en = "The ballot is called for {ballot_on}; it was not held on {day}."
    zh = "选举日为 {ballot_on}；{day} 不能投票。"


class OtherRegime(Refusal):
    """法律已变更 Another law is in force than the election was called under."""

    en = "The election was called under {called}; on {day} {now} is in force. Void it and call it anew."
    zh = "选举依据{called}启动；{day} 适用{now}。请宣布无效后重新启动。"


class QuorumNotReached(Refusal):
    """未过半数 Not more than half took part."""

    en = "{present} of {electors} took part; it takes more than half. Nothing is counted: void the election."
    zh = "{electors} 人中有 {present} 人参加；须过半数。不予计票，请宣布选举无效。"


class MorePapersThanIssued(Refusal):
    """选票多于发出数 More papers came back than were given out."""

    en = "{collected} papers came back and {issued} were given out. Nothing is counted: void the election."
    zh = "收回选票 {collected} 张，发出 {issued} 张。不予计票，请宣布选举无效。"


class WrongCount(Refusal):
    """计票不符 The figures of a count contradict each other."""

    en = "The count does not add up: {reason}."
    zh = "计票数字不符：{reason}。"


class NobodyElected(Refusal):
    """无人当选 There is no result to certify."""

    en = "Nobody has more than half of the votes of those who took part. Void the election and call it anew."
    zh = "无人获得参加投票人数过半数的赞成票。请宣布无效后重新选举。"


class VoidGroundUntrue(Refusal):
    """无效事由不成立 The election is not void on that ground."""

    en = "{ground} does not hold for this election. Name the ground that does."
    zh = "本次选举不存在“{ground}”的情形。请填写实际事由。"


class NoVacancy(Refusal):
    """无空缺 The committee has no vacant seat of the office."""

    en = "No seat is vacant for {office}."
    zh = "{office}没有空缺。"


class TermOver(Refusal):
    """届次已变更 The term that a by-election was to complete is over."""

    en = "The term that this by-election completes is over: another committee was elected. Void the election."
    zh = "补选所属的届次已结束，已选出新一届居民委员会。请宣布本次补选无效。"


class OlderElection(Refusal):
    """选举早于本届 The committee was elected on a later day already."""

    en = "The committee was elected on {elected_on}; this election was held before. Void it."
    zh = "本届居民委员会已于 {elected_on} 选出；本次选举早于该日。请宣布无效。"


class NotCarried(Refusal):
    """未获通过 A vote did not carry."""

    en = "Not more than half of those present are in favour. Nothing is recorded."
    zh = "赞成者未过出席人数的半数，未获通过，不予记录。"
