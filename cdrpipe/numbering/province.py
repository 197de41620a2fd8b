"""The provinces, by their codes in GB/T 2260, and the places beyond them that calls come from."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Province:
    """A province, or what stands in its place for calls from elsewhere.

    ``code`` is the two-digit code of GB/T 2260; 99 is abroad and 0 unknown.
    """

    code: int
    name_zh: str
    name_en: str


UNKNOWN_PROVINCE = Province(code=0, name_zh="未知", name_en="Unknown")
TAIWAN = Province(code=71, name_zh="台湾", name_en="Taiwan")
HONG_KONG = Province(code=81, name_zh="香港", name_en="Hong Kong")
MACAO = Province(code=82, name_zh="澳门", name_en="Macao")
ABROAD = Province(code=99, name_zh="国外", name_en="Abroad")

# The provinces that have area codes of their own; source: GB/T 2260.
MAINLAND = tuple(
    Province(code=code, name_zh=name_zh, name_en=name_en)
    for code, name_zh, name_en in (
        (11, "北京", "Beijing"),
        (12, "天津", "Tianjin"),
        (13, "河北", "Hebei"),
        (14, "山西", "Shanxi"),
        (15, "内蒙古", "Inner Mongolia"),
        (21, "辽宁", "Liaoning"),
        (22, "吉林", "Jilin"),
        (23, "黑龙江", "Heilongjiang"),
        (31, "上海", "Shanghai"),
        (32, "江苏", "Jiangsu"),
        (33, "浙江", "Zhejiang"),
        (34, "安徽", "Anhui"),
        (35, "福建", "Fujian"),
        (36, "江西", "Jiangxi"),
        (37, "山东", "Shandong"),
        (41, "河南", "Henan"),
        (42, "湖北", "Hubei"),
        (43, "湖南", "Hunan"),
        (44, "广东", "Guangdong"),
        (45, "广西", "Guangxi"),
        (46, "海南", "Hainan"),
        (50, "重庆", "Chongqing"),
        (51, "四川", "Sichuan"),
        (52, "贵州", "Guizhou"),
        (53, "云南", "Yunnan"),
        (54, "西藏", "Tibet"),
        (61, "陕西", "Shaanxi"),
        (62, "甘肃", "Gansu"),
        (63, "青海", "Qinghai"),
        (64, "宁夏", "Ningxia"),
        (65, "新疆", "Xinjiang"),
    )
)

ALL_PROVINCES = (UNKNOWN_PROVINCE, *MAINLAND, TAIWAN, HONG_KONG, MACAO, ABROAD)
PROVINCE_BY_CODE = {province.code: province for province in ALL_PROVINCES}

# What a person may write for a province with area codes: its code, its Chinese or its English name.
MAINLAND_BY_WORD = {
    word: province
    for province in MAINLAND
    for word in (str(province.code), province.name_zh, province.name_en)
}
assert len(MAINLAND_BY_WORD) == 3 * len(MAINLAND)
