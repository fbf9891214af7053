"""The town's fixed names: sites, outlets, boards, products and topics. All of them are invented."""

from dataclasses import dataclass

COMPANY = "霁川电器"
COMPANY_WORDS = ("霁川", "霁川电器", "Jichuan", "K5")
"""What people write when they mean the company: a topic's words."""
RIVALS = ("陌桑", "栎原")

NEWS = "news.yuqing.test"
FORUM = "forum.yuqing.test"
SHOP = "shop.yuqing.test"
MICROBLOG = "microblog.yuqing.test"
FEED = "feed.yuqing.test"
PARTNER = "partner.yuqing.test"
TROUBLE = "trouble.yuqing.test"
TOWN = "world.yuqing.test"
HOSTS = (NEWS, FORUM, SHOP, MICROBLOG, FEED, PARTNER, TROUBLE, TOWN)

OUTLETS = ("澜州晚报", "澜报", "桐湾新闻网", "东埠财经", "澜州日报")
SECTIONS = {"shehui": "社会", "caijing": "财经", "minsheng": "民生", "wenti": "文体", "xiaofei": "消费"}
BOARDS = {"jiadian": "家电数码", "shenghuo": "生活百科", "wangshi": "澜州杂谈", "chuxing": "出行交通"}
FEED_AUTHORS = {"laotao": "家电老饕", "chufang": "厨房观察员", "quan": "澜州生活圈", "jichuan": "霁川电器", "yechuan": "夜航读城"}
REGIONS = (
    "浙江", "浙江", "浙江", "江苏", "上海", "安徽", "福建", "广东", "山东", "河南", "湖北", "湖南", "江西", "四川", "重庆", "陕西",
    "北京", "天津", "河北", "辽宁", "黑龙江", "广西", "云南", "贵州", "海南", "中国台湾", "中国香港", "日本",
)  # fmt: skip
TOPICS = ("weather", "traffic", "food", "school", "sport", "culture", "housing", "pet", "work")
TOPIC_SECTION = {
    "weather": "minsheng", "traffic": "minsheng", "food": "xiaofei", "school": "shehui", "sport": "wenti", "culture": "wenti",
    "housing": "minsheng", "pet": "shehui", "work": "shehui",
}  # fmt: skip
TOPIC_BOARD = {"traffic": "chuxing", "food": "shenghuo", "housing": "shenghuo", "pet": "shenghuo", "work": "shenghuo"}


@dataclass(frozen=True, slots=True)
class Product:
    """A product of the shop. `price_yuan` is what its page shows."""

    sku: str
    name: str
    maker: str
    price_yuan: int
    pitch: str


PRODUCTS = {
    product.sku: product
    for product in (
        Product("k5", "霁川K5空气炸锅", "霁川电器", 399, "双层热风 五升大容量 少油也香"),
        Product("r3", "霁川R3电饭煲", "霁川电器", 329, "柴火饭曲线 四升厚釜内胆"),
        Product("w2", "霁川W2净水器", "霁川电器", 1299, "台下安装 滤芯余量一目了然"),
        Product("p1", "霁川P1恒温水壶", "霁川电器", 159, "五档控温 轻声烧水"),
        Product("m7", "陌桑M7空气炸锅", "陌桑", 429, "可视大窗 翻面提醒"),
        Product("b2", "栎原B2破壁机", "栎原", 499, "免泡豆浆 自动清洗"),
    )
}
