import pytest

from yuqing_scoring.domain.judgement import Passage
from yuqing_scoring.domain.labels.text_labels import EntityKind
from yuqing_scoring.domain.names import NameFinder

FINDER = NameFinder.shipped()


def named(text, kind):
    return [(each.entity.name, each.entity.size) for each in FINDER.find(Passage(text)).entities if each.entity.kind is kind]


def persons(text):
    return [(each.entity.name, each.entity.role) for each in FINDER.find(Passage(text)).entities if each.entity.kind is EntityKind.PERSON]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("昨天向青岛海之蓝科技有限公司投诉", "青岛海之蓝科技有限公司"),
        ("鼎盛物业一直不回应", "鼎盛物业"),
        ("绵阳市中心医院的护士很好", "绵阳市中心医院"),
        ("合肥智远汽车发布新车", "智远汽车"),
        ("市卫健委称正在核实", "市卫健委"),
        ("衡南县纪委监委消息", "衡南县纪委监委"),
        ("海淀区人民法院一审判决", "海淀区人民法院"),
        ("国家药监局发布公告", "国家药监局"),
        ("《新城晚报》登了道歉声明", "新城晚报"),
    ],
)
def test_an_organisation_is_found_when_it_is_named(text, name):
    assert named(text, EntityKind.ORGANISATION) == [(name, 1)]


@pytest.mark.parametrize(
    "text", ["该公司没有回应", "去医院排队", "法院已经受理", "一家五星级酒店", "教育部门请看看", "物业和银行都不管", "大学生很多"]
)
def test_no_organisation_is_found_when_none_is_named(text):
    assert named(text, EntityKind.ORGANISATION) == []


def test_the_short_form_counts_for_the_full_name_when_both_stand_in_a_text():
    text = "青岛海之蓝科技有限公司被罚，海之蓝称将整改，海之蓝科技的员工说不知情"
    assert named(text, EntityKind.ORGANISATION) == [("青岛海之蓝科技有限公司", 3)]
    [found] = FINDER.find(Passage(text)).entities
    assert [text[start:end] for start, end in found.spans] == ["青岛海之蓝科技有限公司", "海之蓝", "海之蓝科技"]


@pytest.mark.parametrize(
    ("text", "person"),
    [
        ("董事长王建国表示遗憾", ("王建国", "董事长")),
        ("店长刘敏说赔二十块", ("刘敏", "店长")),
        ("导游邱丽逼着老人买东西", ("邱丽", "导游")),
        ("创始人陈一鸣在会上说", ("陈一鸣", "创始人")),
        ("秦月明教授认为抽成过高", ("秦月明", "教授")),
        ("潘女士要求赔偿", ("潘女士", "女士")),
        ("找冯经理签的字", ("冯经理", "经理")),
        ("犯罪嫌疑人孙某已被拘留", ("孙某", "犯罪嫌疑人")),
        ("主持人欧阳晓晴到场", ("欧阳晓晴", "主持人")),
    ],
)
def test_a_person_is_found_with_the_role_when_one_is_named(text, person):
    assert persons(text) == [person]


@pytest.mark.parametrize(
    "text", ["记者从现场了解到", "大堂经理态度很好", "股东计划减持", "我们和志愿者一起", "高手说得对", "金卡会员没有优惠", "某某说"]
)
def test_no_person_is_found_when_words_only_look_like_names(text):
    assert persons(text) == []


def test_surname_and_role_count_for_the_name_when_both_stand_in_a_text():
    found = FINDER.find(Passage("校长苗得雨说校服不强制，苗校长知道吗？")).entities
    assert [(each.entity.name, each.entity.role, each.entity.size) for each in found] == [("苗得雨", "校长", 2)]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("刚入手星河Z9 Pro，拍照强", "星河Z9 Pro"),
        ("蓝鲸X5扫地机器人不回充", "蓝鲸X5扫地机器人"),
        ("iPhone 15怎么选", "iPhone 15"),
        ("小米14很流畅", "小米14"),
        ("读完了《长夜将明》", "长夜将明"),
        ("椰风牌椰子汁全是糖", "椰风牌椰子汁"),
    ],
)
def test_a_product_is_found_when_it_is_named(text, name):
    assert named(text, EntityKind.PRODUCT) == [(name, 1)]


@pytest.mark.parametrize(
    "text", ["手机支持5G网络", "坐G1234次列车", "依据《消费者权益保护法》", "A4纸用完了", "小米14亿元", "自主品牌手机", "pm2.5超标"]
)
def test_no_product_is_found_when_letters_and_numbers_mean_something_else(text):
    assert named(text, EntityKind.PRODUCT) == []


def test_those_named_most_come_first():
    found = FINDER.find(Passage("绿野食品和鼎盛物业互相指责，鼎盛物业先报警，鼎盛物业胜诉")).entities
    assert [each.entity.name for each in found] == ["鼎盛物业", "绿野食品"]
