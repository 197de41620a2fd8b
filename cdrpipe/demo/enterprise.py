"""Words that invented enterprises are named with."""

from random import Random

from cdrpipe.demo.places import City

_FIRST = "华瑞恒鑫天中新博金宏嘉泰东瀚盛卓安启云蓝联鼎德信永宝佳立万顺星海航飞优慧智"
_SECOND = "达源兴泰诚通瑞腾丰科业润昌信和盛美康朗景隆福邦途创悦特尔立宇辰图维捷迅"

# Lines of business that sell or serve over a 400 number.
_INDUSTRIES = (
    "家居装饰",
    "教育科技",
    "汽车销售",
    "旅行社",
    "医疗器械",
    "家电维修",
    "物流",
    "房地产经纪",
    "餐饮管理",
    "信息技术",
    "环保设备",
    "智能制造",
    "保险代理",
    "生物科技",
    "文化传媒",
    "净水设备",
    "口腔医院管理",
    "机械设备",
    "电子商务",
    "新能源",
    "人力资源",
    "食品",
    "建材",
    "服饰",
)
_FORMS = ("有限公司", "有限公司", "有限公司", "有限责任公司", "股份有限公司", "集团有限公司")
_SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许邓韩冯曹彭曾萧田董潘"
_TITLES = ("经理", "女士", "先生", "主任", "总监")


def invent_name(random: Random, city: City) -> str:
    """Put together the name of an enterprise at home in a city."""
    brand = random.choice(_FIRST) + random.choice(_SECOND)
    return f"{city.name}{brand}{random.choice(_INDUSTRIES)}{random.choice(_FORMS)}"


def invent_contact(random: Random) -> str:
    """Put together the name of the person to talk to at an enterprise."""
    return random.choice(_SURNAMES) + random.choice(_TITLES)
