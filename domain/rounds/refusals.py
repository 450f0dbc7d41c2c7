"""Why a step of the rounds is refused."""

from chuishao.domain.refusal import Refusal


class PatrolOver(Refusal):
    """巡查已结束 Nothing is added to a patrol that has finished."""

    en = "The patrol finished at {at}. Start another one."
    zh = "此次巡查已于 {at} 结束。请另行开始巡查。"


class OthersPatrol(Refusal):
    """他人的巡查 A patrol is told by whoever walks it."""

    en = "{by} walks this patrol; only they log its visits and finish it."
    zh = "此次巡查由 {by} 进行；只有本人可以登记走访并结束巡查。"


class NotWatched(Refusal):
    """不在守望名单 The household is not on the watch list."""

    en = "Household {household} of grid {grid} is not on the watch list. Begin the watch first."
    zh = "网格 {grid} 第 {household} 户不在守望名单。请先列入。"


class AlreadyWatched(Refusal):
    """已在守望名单 The household is watched over, in another way."""

    en = "Household {household} of grid {grid} is on the watch list already. End that watch first."
    zh = "网格 {grid} 第 {household} 户已在守望名单。请先结束原守望。"


class BegunLongAgo(Refusal):
    """列入时间过早 A watch is entered within days of its beginning."""

    en = (
        "The watch is said to have begun at {at}, more than {days} days ago; every look since then would be "
        "missed. Leave occurredAt out, and the looks are owed from now on."
    )
    zh = "列入时间 {at} 早于 {days} 天前，此后每次查看都将算作漏查。请不填 occurredAt，自现在起查看。"


class CheckTooEarly(Refusal):
    """尚未到晚间 The evening's light is not looked for in the morning."""

    en = "The evening check begins when the morning's time is over, at {opens}."
    zh = "晚间查看在早间时限结束后开始，即 {opens}。"


class CheckNotOwed(Refusal):
    """当日无须查看 No such check was owed on that day."""

    en = "No {check} check was owed on {day}: the household was not on the watch list when its time was over."
    zh = "{day} 无须{check}：时限结束时该户不在守望名单。"


class CampaignOver(Refusal):
    """排查已结束 A closed campaign takes nothing more in."""

    en = "Campaign {name} was closed at {at}. Open another one."
    zh = "排查“{name}”已于 {at} 结束。请另行开展排查。"


class GridOutsideCampaign(Refusal):
    """网格不在排查范围 The campaign does not cover the grid."""

    en = "Campaign {name} does not cover grid {grid}. Extend the campaign, or name a grid of it."
    zh = "排查“{name}”不包括网格 {grid}。请扩大排查范围，或填写其中的网格。"


class GridsRequired(Refusal):
    """缺少网格 A campaign covers at least one grid."""

    en = "Name at least one grid that the campaign covers."
    zh = "请至少填写一个排查网格。"


class HouseholdsOutstanding(Refusal):
    """尚有未排查户 A campaign is closed when every household has an outcome."""

    en = "Households without an outcome are left in {count} grid(s): {grids}. Visit them first."
    zh = "尚有 {count} 个网格的住户未排查：{grids}。请先走访。"


class NobodyMet(Refusal):
    """未见到人 People are screened where somebody was met."""

    en = "Nobody of household {household} was met yet. Log the visit at which they were."
    zh = "第 {household} 户尚未见到人。请先登记见到人的走访。"


class NotASteward(Refusal):
    """不是登记管家 Only a registered steward logs duties."""

    en = "{steward} was no registered alley steward of {place} at {at}. Fill the post first."
    zh = "{steward} 在 {at} 不是 {place} 登记的小巷管家。请先任用。"


class PlaceTooWide(Refusal):
    """范围过大 A board of single grids or stewards is read street by street."""

    en = "{place} is too wide for this board. Name a street, a community or a grid."
    zh = "{place} 的范围过大。请填写街镇、社区或网格。"
