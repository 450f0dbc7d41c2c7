"""Why a command about territory is refused."""

from chuishao.domain.refusal import Refusal


class ZoneCycle(Refusal):
    """战区循环隶属 A zone would lie above itself."""

    en = "Zone {zone} lies above zone {above} and cannot be put under it. Name a zone outside of it."
    zh = "战区 {zone} 位于战区 {above} 之上，不能隶属于它。请指定其范围以外的战区。"


class NoZoneAbove(Refusal):
    """无上级战区 Power is devolved from above, and nothing lies above."""

    en = "No zone lies above {zone}, so no power comes down to it. Put it under a zone first."
    zh = "战区 {zone} 没有上级战区，无权可下放。请先确定其上级战区。"


class PowerNotHeld(Refusal):
    """未下放此权力 What was never devolved cannot be taken back."""

    en = "Zone {zone} was not given the power “{power}”. It has: {held}."
    zh = "未向战区 {zone} 下放“{power}”。已下放：{held}。"


class ForeignCommunity(Refusal):
    """社区不属该街道 The community lies in another street."""

    en = "Community {community} does not lie in street {street}. Name a community of that street."
    zh = "社区 {community} 不属于街道 {street}。请填写该街道的社区。"


class CommunityInSector(Refusal):
    """社区已划入街片 A community belongs to one sector."""

    en = "Community {community} belongs to sector {sector}. Take it out there first: it has one chief."
    zh = "社区 {community} 已划入街片 {sector}，由一名街片长负责。请先从该街片划出。"


class DissolvedSector(Refusal):
    """街片已撤销 The sector is no more."""

    en = "Sector {sector} was dissolved on {at}. Use a sector of the present."
    zh = "街片 {sector} 已于 {at} 撤销。请使用现有街片。"


class BadChart(Refusal):
    """机构设置不成立 The chart of an office contradicts itself."""

    en = "The chart is not possible: {reason}."
    zh = "机构设置不成立：{reason}。"


class GapClosed(Refusal):
    """已实现覆盖 A gap is closed once."""

    en = "This gap was closed: {remedy}, by community {community}. Report another gap if one is left."
    zh = "此空白已消除：{remedy}，社区 {community}。如仍有空白，请另行登记。"


class OlderCommunity(Refusal):
    """并非新建社区 A community that was there before the gap was found is not founded because of it."""

    en = (
        "Community {community} was registered at {registered}, before the gap was found at {found}. "
        "Name a community registered since, or let this one take the area in."
    )
    zh = "社区 {community} 登记于 {registered}，早于发现空白的 {found}。请填写其后登记的社区，或由其纳入。"


class NoEnclave(Refusal):
    """并非飞地 Land and jurisdiction lie together."""

    en = "{place} lies in {holder}, which holds it: that is no enclave. Name the division it really lies in."
    zh = "{place} 位于 {holder}，且由其管辖，不是飞地。请填写实际所在的行政区划。"


class WrongRemedy(Refusal):
    """治理方式不符 Whether they adjoin says what is to be done."""

    en = "{place} calls for {needed}, not for {asked}."
    zh = "{place} 应采取{needed}，而非{asked}。"


class EnclaveSettled(Refusal):
    """飞地已治理 An enclave is settled once."""

    en = "Enclave {place} was settled at {at}: {remedy}. Nothing is left to do."
    zh = "飞地 {place} 已于 {at} 治理：{remedy}。无须再办。"


class HeldElsewhere(Refusal):
    """已移交管辖 Jurisdiction over a place was given away: it is one place now, under its other code."""

    en = "{place} was given away and is {now} now. Name that, or a place that was not given away."
    zh = "{place} 的管辖权已移交，现为 {now}。请填写现地点，或未移交的地点。"


class ForeignSuccessor(Refusal):
    """承接地点不符 Jurisdiction goes to a place of the division in which the enclave lies."""

    en = "{successor} does not lie in {lies_in}, which takes {place} over. Name a place of that division."
    zh = "{successor} 不属于 {lies_in}，而 {place} 应由其接管。请填写该区划内的地点。"


class BadSplit(Refusal):
    """拆分方案不成立 A plan to split a community contradicts itself."""

    en = "The plan is not possible: {reason}."
    zh = "拆分方案不成立：{reason}。"


class HouseholdsNotConserved(Refusal):
    """户数不守恒 Every household of every grid goes to exactly one grid of one part."""

    en = (
        "Grid {grid} has {present} households and the plan shares out {planned}. "
        "Share out exactly those that are there."
    )
    zh = "网格 {grid} 现有 {present} 户，方案划转 {planned} 户。请恰好划转现有户数。"


class NoSuchPart(Refusal):
    """方案无此社区 The plan makes no such community."""

    en = "The split of {community} makes no community {part}. Name one of its parts."
    zh = "{community} 的拆分方案中没有社区 {part}。请填写其中的一个新社区。"


class SplitDone(Refusal):
    """已实施拆分 A community is split once."""

    en = "Community {community} was split at {at}. Plan for its parts, which lie in {street}."
    zh = "社区 {community} 已于 {at} 拆分。请就其在 {street} 的新社区拟定方案。"


class NothingPlanned(Refusal):
    """无拆分方案 There is no plan to be carried out or given up."""

    en = "Nothing is planned for {community} at present. Plan its split first."
    zh = "社区 {community} 目前没有拆分方案。请先拟定。"


class NotYetSplit(Refusal):
    """尚未拆分 People are assigned to parts once there are parts."""

    en = "The split of {community} is {state}: its parts are no communities yet. Carry the plan out first."
    zh = "社区 {community} 的拆分状态为{state}，新社区尚未成立。请先实施拆分。"
