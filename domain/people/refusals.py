"""Why a command about persons or posts is refused."""

from chuishao.domain.refusal import Refusal


class PostOccupied(Refusal):
    """岗位已有人 The post is held."""

    en = "{post} in {place} is held by {holder} since {since}. Vacate the post first."
    zh = "{place} 的{post}由 {holder} 自 {since} 起担任。请先免去现任。"


class PostVacant(Refusal):
    """岗位空缺 Nobody holds the post."""

    en = "{post} in {place} is held by nobody. Fill it first."
    zh = "{place} 的{post}无人担任。请先任职。"


class WrongPostPlace(Refusal):
    """岗位所在不符 A post of this kind lies in another kind of place."""

    en = "{post} lies in {needed}, not in {place}. Give the code of such a place."
    zh = "{post}设于{needed}，不设于 {place}。请填写此类位置的代码。"


class WrongGround(Refusal):
    """任职依据不符 A post of this kind is not filled with what was given."""

    en = "{post} cannot be filled so: {reason}."
    zh = "{post}不能如此任职：{reason}。"


class ElectionRequired(Refusal):
    """须经法定选举 Nobody is appointed to an elected post by hand."""

    en = "{post} is elected and never appointed by hand. Name the certified election."
    zh = "{post}须通过法定程序选举产生，不得直接任命。请填写已确认结果的选举。"


class ElectionNotCertified(Refusal):
    """选举结果未确认 The election named gives no ground for this."""

    en = "Election {election} has no certified result that makes {person} {post} in {place}."
    zh = "选举 {election} 没有已确认的结果，使 {person} 担任 {place} 的{post}。"


class RungOutOfOrder(Refusal):
    """梯次须逐级衔接 The rungs of the ladder are attained one after the other."""

    en = "{asked} does not follow {held}. The next rung is {next}."
    zh = "{asked}不能接在{held}之后。下一梯次是{next}。"


class BadPeriod(Refusal):
    """考核期无效 A period of appraisal is a year or a quarter."""

    en = "{period} is no period of appraisal. Write a year or a quarter, as in 2026 or 2026-Q1."
    zh = "{period} 不是考核期。请填写年份或季度，如 2026 或 2026-Q1。"


class AlreadyAppraised(Refusal):
    """已考核 Somebody is appraised once a period."""

    en = "{person} was appraised for {period} already, on {at}. A period is appraised once."
    zh = "{person} 在 {period} 已于 {at} 考核。每期只考核一次。"


class NotAppraised(Refusal):
    """尚未考核 An incentive follows an appraisal of its period."""

    en = "{person} has not been appraised for {period}. Record the appraisal first."
    zh = "{person} 在 {period} 尚未考核。请先记录考核。"
