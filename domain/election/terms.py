"""换届用语 The closed lists of elections and committees."""

from chuishao.domain.term import Term


class LegalRegime(Term):
    """适用法律 Under which state of the law a committee is elected."""

    LAW_2018 = (
        "LAW_2018",
        "城市居民委员会组织法（2018年修正）",
        "the law as amended on 29 December 2018, in force to 31 December 2025",
    )
    LAW_2025 = (
        "LAW_2025",
        "城市居民委员会组织法（2025年修订）",
        "the law as revised in 2025, in force from 1 January 2026",
    )


class VotingMode(Term):
    """选举方式 Who votes: one of the three ways that the law knows."""

    ALL_VOTERS = "ALL_VOTERS", "全体有选举权的居民", "every resident with a vote"
    ONE_A_HOUSEHOLD = "ONE_A_HOUSEHOLD", "每户派代表", "one of each household"
    GROUP_DELEGATES = "GROUP_DELEGATES", "居民小组选举代表", "two or three delegates of each residents' group"


class Office(Term):
    """职务 The offices of a residents' committee."""

    DIRECTOR = "DIRECTOR", "主任", "the director"
    DEPUTY_DIRECTOR = "DEPUTY_DIRECTOR", "副主任", "a deputy director"
    MEMBER = "MEMBER", "委员", "a member"


class CallGround(Term):
    """选举事由 Why an election is called."""

    NEW_COMMITTEE = "NEW_COMMITTEE", "新建居委会", "the community has no committee yet"
    TERM_ENDS = "TERM_ENDS", "届满换届", "the term of the committee ends"
    PROPOSAL = "PROPOSAL", "居民提议", "enough residents, households or groups proposed it"


class Proposers(Term):
    """提议主体 Who proposes a residents' meeting: 居民会议的提议."""

    ADULTS = "ADULTS", "十八周岁以上的居民", "residents of 18 or older: a fifth of them"
    HOUSEHOLDS = "HOUSEHOLDS", "户", "households: a fifth of them"
    GROUPS = "GROUPS", "居民小组", "residents' groups: a third of them"


class ElectionStatus(Term):
    """选举状态 Where an election stands."""

    CALLED = "CALLED", "已启动", "called"
    REGISTERED = "REGISTERED", "选民已登记", "the voters are registered"
    SCREENED = "SCREENED", "候选人已审查", "the candidates are screened"
    HELD = "HELD", "已投票", "the ballot is over, and not counted"
    COUNTED = "COUNTED", "已计票", "the ballots are counted"
    CERTIFIED = "CERTIFIED", "已确认", "the result is certified"
    VOIDED = "VOIDED", "选举无效", "void, at whatever step"


class ElectionStep(Term):
    """选举步骤 What is done in an election, in this order; none is skipped, repeated or taken early."""

    REGISTER_VOTERS = "REGISTER_VOTERS", "选民登记", "register the voters"
    SCREEN_CANDIDATES = "SCREEN_CANDIDATES", "候选人审查", "screen the candidates"
    HOLD_BALLOT = "HOLD_BALLOT", "投票", "hold the ballot"
    COUNT_BALLOTS = "COUNT_BALLOTS", "计票", "count the ballots"
    CERTIFY_RESULT = "CERTIFY_RESULT", "确认结果", "certify the result"
    VOID = "VOID", "宣布无效", "void the election"


class VoidGround(Term):
    """无效事由 Why an election is void. There is no free text: it would stay, and might name a voter."""

    QUORUM_NOT_REACHED = (
        "QUORUM_NOT_REACHED",
        "参加投票未过半数",
        "not more than half of the electors took part",
    )
    MORE_PAPERS_THAN_ISSUED = (
        "MORE_PAPERS_THAN_ISSUED",
        "收回选票多于发出选票",
        "more papers came back than were given out",
    )
    NOBODY_ELECTED = "NOBODY_ELECTED", "无人当选", "nobody has more than half of the votes"
    PROCEDURE_BROKEN = "PROCEDURE_BROKEN", "违反选举程序", "the procedure was not kept"
    CALLED_OFF = "CALLED_OFF", "取消", "called off before the ballot"


class VacancyGround(Term):
    """出缺事由 Why a seat is vacant. Of whatever else than resigning nothing more is kept."""

    RESIGNED = "RESIGNED", "辞职", "the member resigned"
    CEASED = "CEASED", "职务自行终止", "the membership ended by itself"


class SizeFit(Term):
    """规模 How the households of a community compare with what the law generally wants for a committee."""

    BELOW = "BELOW", "低于一般规模", "fewer than the law generally wants"
    WITHIN = "WITHIN", "符合一般规模", "as many as the law generally wants"
    ABOVE = "ABOVE", "超过一般规模", "more than the law generally wants"


class MembershipEnd(Term):
    """离任方式 How somebody's membership ended."""

    TERM_OVER = "TERM_OVER", "届满", "another committee took the seats"
    OTHER_SEAT = "OTHER_SEAT", "改任", "the member took another seat"
    RESIGNED = "RESIGNED", "辞职", "the member resigned"
    CEASED = "CEASED", "职务自行终止", "the membership ended by itself"
    RECALLED = "RECALLED", "罢免", "a residents' meeting recalled the member"
