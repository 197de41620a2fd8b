"""Words that invented enterprises are named with."""

from random import Random

from cdrpipe.demo.places import City

_FIRST = (
    "华 瑞 恒 鑫 天 中 新 博 金 宏 嘉 泰 东 瀚 盛 卓 安 启 云 蓝 联 鼎 德 信 永 宝 佳 立 万 顺 星 海 航 飞 优 慧 "
    "智 康 明 广"
).split()
_SECOND = (
    "达 源 兴 泰 诚 通 瑞 腾 丰 科 业 润 昌 信 和 盛 美 康 朗 景 隆 福 邦 途 创 悦 特 尔 立 宇 辰 图 维 捷 迅 洋"
).split()

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
_SURNAMES = (
    "王 李 张 刘 陈 杨 黄 赵 吴 周 徐 孙 马 朱 胡 郭 何 林 高 罗 郑 梁 谢 宋 唐 许 邓 韩 冯 曹 彭 曾 萧 田 董 潘"
).split()
_TITLES = ("经理", "女士", "先生", "主任", "总监")


def invent_name(random: Random, city: City) -> str:
    """Put together the name of an enterprise at home in a city."""
    brand = random.choice(_FIRST) + random.choice(_SECOND)
    return f"{city.name}{brand}{random.choice(_INDUSTRIES)}{random.choice(_FORMS)}"


def invent_contact(random: Random) -> str:
    """Put together the name of the person to talk to at an enterprise."""
    return random.choice(_SURNAMES) + random.choice(_TITLES)
