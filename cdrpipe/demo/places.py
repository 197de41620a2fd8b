"""Where invented enterprises and callers are: cities, provinces by their people, area codes."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class City:
    """A city where enterprises are at home.

    ``mobile_prefix`` is the first seven digits of mobiles sold there; ``weight`` says how many
    enterprises sit there, against the others.
    """

    name: str
    area_code: str
    mobile_prefix: int
    weight: int


# One mobile prefix each, from PyPI `phone` 0.4.5; a test holds them against the region table.
CITIES = (
    City(name="北京", area_code="010", mobile_prefix=1381069, weight=9),
    City(name="上海", area_code="021", mobile_prefix=1381729, weight=9),
    City(name="天津", area_code="022", mobile_prefix=1382084, weight=4),
    City(name="重庆", area_code="023", mobile_prefix=1388354, weight=5),
    City(name="石家庄", area_code="0311", mobile_prefix=1383218, weight=2),
    City(name="太原", area_code="0351", mobile_prefix=1383455, weight=2),
    City(name="呼和浩特", area_code="0471", mobile_prefix=1384812, weight=2),
    City(name="沈阳", area_code="024", mobile_prefix=1384201, weight=3),
    City(name="大连", area_code="0411", mobile_prefix=1384285, weight=3),
    City(name="长春", area_code="0431", mobile_prefix=1384413, weight=2),
    City(name="哈尔滨", area_code="0451", mobile_prefix=1383619, weight=2),
    City(name="南京", area_code="025", mobile_prefix=1381454, weight=5),
    City(name="苏州", area_code="0512", mobile_prefix=1381495, weight=5),
    City(name="杭州", area_code="0571", mobile_prefix=1385809, weight=7),
    City(name="宁波", area_code="0574", mobile_prefix=1385786, weight=3),
    City(name="温州", area_code="0577", mobile_prefix=1386776, weight=2),
    City(name="合肥", area_code="0551", mobile_prefix=1386521, weight=3),
    City(name="福州", area_code="0591", mobile_prefix=1385017, weight=3),
    City(name="厦门", area_code="0592", mobile_prefix=1385994, weight=3),
    City(name="南昌", area_code="0791", mobile_prefix=1387080, weight=2),
    City(name="济南", area_code="0531", mobile_prefix=1386400, weight=3),
    City(name="青岛", area_code="0532", mobile_prefix=1386397, weight=4),
    City(name="郑州", area_code="0371", mobile_prefix=1383823, weight=4),
    City(name="武汉", area_code="027", mobile_prefix=1387133, weight=5),
    City(name="长沙", area_code="0731", mobile_prefix=1387489, weight=4),
    City(name="广州", area_code="020", mobile_prefix=1382503, weight=8),
    City(name="深圳", area_code="0755", mobile_prefix=1382369, weight=8),
    City(name="东莞", area_code="0769", mobile_prefix=1382721, weight=4),
    City(name="佛山", area_code="0757", mobile_prefix=1382453, weight=3),
    City(name="南宁", area_code="0771", mobile_prefix=1387863, weight=2),
    City(name="海口", area_code="0898", mobile_prefix=1387639, weight=2),
    City(name="成都", area_code="028", mobile_prefix=1388071, weight=6),
    City(name="贵阳", area_code="0851", mobile_prefix=1388504, weight=2),
    City(name="昆明", area_code="0871", mobile_prefix=1388846, weight=2),
    City(name="拉萨", area_code="0891", mobile_prefix=1388908, weight=2),
    City(name="西安", area_code="029", mobile_prefix=1389192, weight=4),
    City(name="兰州", area_code="0931", mobile_prefix=1389334, weight=2),
    City(name="西宁", area_code="0971", mobile_prefix=1389743, weight=2),
    City(name="银川", area_code="0951", mobile_prefix=1389539, weight=2),
    City(name="乌鲁木齐", area_code="0991", mobile_prefix=1389987, weight=2),
)

# Where local numbers have eight digits although the area code has four; elsewhere they have seven.
_EIGHT_DIGITS = (
    "0311 0371 0379 0411 0431 0451 0510 0511 0512 0513 0514 0515 0516 0517 0518 0519 0523 0527 "
    "0531 0532 0551 0571 0573 0574 0575 0577 0579 0591 0592 0595 0731 0755 0757 0760 0769 0771 "
    "0791 0898"
)
EIGHT_DIGIT_AREAS = frozenset(_EIGHT_DIGITS.split())

# Residents in units of 10,000, by province code; source: China's seventh census, 2020.
RESIDENTS = {
    11: 2189,
    12: 1387,
    13: 7461,
    14: 3492,
    15: 2405,
    21: 4259,
    22: 2407,
    23: 3185,
    31: 2487,
    32: 8475,
    33: 6457,
    34: 6103,
    35: 4154,
    36: 4519,
    37: 10153,
    41: 9937,
    42: 5775,
    43: 6644,
    44: 12601,
    45: 5013,
    46: 1008,
    50: 3205,
    51: 8367,
    52: 3856,
    53: 4721,
    54: 365,
    61: 3953,
    62: 2502,
    63: 592,
    64: 720,
    65: 2585,
}


def local_digits(area_code: str) -> int:
    """Count the digits of a landline's number behind its area code."""
    return 8 if len(area_code) == 3 or area_code in EIGHT_DIGIT_AREAS else 7
