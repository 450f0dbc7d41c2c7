"""The closed lists of the people package."""

from chuishao.domain.term import Term


class PostKind(Term):
    """岗位 The posts that somebody holds in a place."""

    ZONE_CHIEF = "ZONE_CHIEF", "主官", "the one chief of a command zone: 主官上、权下放"
    PARTY_SECRETARY = "PARTY_SECRETARY", "党组织书记", "secretary of the community's party organisation"
    COMMITTEE_DIRECTOR = "COMMITTEE_DIRECTOR", "居委会主任", "director of the residents' committee; elected"
    PARTY_COMMITTEE_MEMBER = "PARTY_COMMITTEE_MEMBER", "党组织委员", "member of the party committee"
    RESIDENTS_COMMITTEE_MEMBER = (
        "RESIDENTS_COMMITTEE_MEMBER",
        "居委会委员",
        "member of the residents' committee; elected",
    )
    GRID_LEADER = "GRID_LEADER", "网格长", "leads the grids of a community"
    PARTY_MEMBER = "PARTY_MEMBER", "党员", "auxiliary of a grid: a party member"
    BUILDING_HEAD = "BUILDING_HEAD", "楼门栋长", "auxiliary of a grid: head of a building or stairway"
    VOLUNTEER = "VOLUNTEER", "志愿者", "auxiliary of a grid: a volunteer"
    SECTOR_CHIEF = "SECTOR_CHIEF", "街片长", "the one chief of a sector of one or two communities"
    ALLEY_STEWARD = "ALLEY_STEWARD", "小巷管家", "a registered steward of an alley"
    OFFICE_HEAD = "OFFICE_HEAD", "内设机构负责人", "the one head of an office of the street"


class PostPlace(Term):
    """岗位所在 The kinds of place in which a post lies."""

    MUNICIPALITY = "MUNICIPALITY", "直辖市", "a municipality"
    DISTRICT = "DISTRICT", "区", "a district"
    STREET = "STREET", "街道、乡镇", "a street or town"
    COMMUNITY = "COMMUNITY", "社区、村", "a community or village"
    GRID = "GRID", "网格", "a service grid"


class ChiefStanding(Term):
    """街片长身份 What a sector's chief is besides; generally one of the first three."""

    DIVISION_CADRE = "DIVISION_CADRE", "处级干部", "a division-level cadre of the street"
    SECTION_CADRE = "SECTION_CADRE", "科级干部", "a section-level cadre of the street"
    STATIONED_UNIT_HEAD = "STATIONED_UNIT_HEAD", "驻区单位负责人", "the head of a unit stationed there"
    OTHER = "OTHER", "其他", "somebody else, as an exception"


class Rung(Term):
    """职业梯次 The three rungs of the career ladder, in order: 梯次衔接."""

    CITY_SOCIAL_WORKER = "CITY_SOCIAL_WORKER", "社区社会工作员", "the city's rung"
    ASSISTANT_SOCIAL_WORKER = "ASSISTANT_SOCIAL_WORKER", "助理社工师", "the first national rung"
    SOCIAL_WORKER = "SOCIAL_WORKER", "社工师", "the second national rung"


class TrainingTier(Term):
    """三级培训 Who gives a training: the three tiers."""

    CITY = "CITY", "市级", "given by the city"
    DISTRICT = "DISTRICT", "区级", "given by the district"
    STREET = "STREET", "街镇级", "given by the street or town"
