import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from yuqing_scoring.domain.judgement import Passage
from yuqing_scoring.domain.labels.text_labels import RegionBasis
from yuqing_scoring.domain.names import NameFinder
from yuqing_scoring.domain.places.divisions import divisions

FINDER = NameFinder.shipped()


def names(text, **known):
    return [region.name for region in FINDER.find(Passage(text, **known)).regions]


@pytest.mark.parametrize(
    ("text", "region"),
    [
        ("青岛一家超市卖过期牛奶", "山东省 青岛市"),
        ("青岛市市南区的仓库起火", "山东省 青岛市 市南区"),
        ("去吉林市看雾凇", "吉林省 吉林市"),
        ("吉林的大米涨价了", "吉林省"),
        ("北京朝阳的商场停电", "北京市 朝阳区"),
        ("辽宁朝阳的苹果熟了", "辽宁省 朝阳市"),
        ("沈阳市和平区拆迁", "辽宁省 沈阳市 和平区"),
        ("福州鼓楼区一小区停水", "福建省 福州市 鼓楼区"),
        ("榕江县的球赛很热闹", "贵州省 黔东南苗族侗族自治州 榕江县"),
        ("恩施的司机很热情", "湖北省 恩施土家族苗族自治州"),
        ("臺灣高雄的工廠停工", "台湾省"),
        ("在旺角买的手机", "香港特别行政区"),
        ("从曼谷飞回来", "泰国"),
        ("国内江苏的企业", "江苏省"),
        ("武汉长江大桥堵车", "湖北省 武汉市"),
    ],
)
def test_a_place_is_told_when_a_text_names_it(text, region):
    assert names(text) == [region]


@pytest.mark.parametrize(
    "text",
    [
        "朝阳产业也有泡沫",
        "在南京路逛街",
        "北京时间今晚八点",
        "我是河南人，爱吃面",
        "西安事变是历史课的内容",
        "海南鸡饭和兰州拉面哪个好吃",
        "愿家人平安，世界和平",
        "长江后浪推前浪",
        "本人大理想没有",
        "日照充足，晒得快",
        "开封三天就坏了",
        "两边诉求大同小异",
        "推广安全知识",
        "稳固原有客户",
        "公司的资源和通道都很好，比如温泉",
        "",
    ],
)
def test_no_place_is_told_when_words_only_look_alike(text):
    assert names(text) == []


def test_a_county_is_told_apart_by_its_province_when_several_have_its_name():
    assert names("河北的记者到了新华区，沧州市已经通报") == ["河北省 沧州市 新华区"]
    assert names("新华区停水") == []


def test_the_writers_address_comes_first_when_the_platform_tells_it():
    regions = FINDER.find(Passage("青岛的啤酒好喝，烟台的苹果也好", region="IP属地：广东", outlet="齐鲁晚报")).regions
    assert [(region.code, region.name, region.basis) for region in regions] == [
        ("440000", "广东省", RegionBasis.ADDRESS),
        ("370200", "山东省 青岛市", RegionBasis.TEXT),
        ("370600", "山东省 烟台市", RegionBasis.TEXT),
        ("370000", "山东省", RegionBasis.OUTLET),
    ]
    assert [region.probability for region in regions] == sorted((region.probability for region in regions), reverse=True)


def test_a_place_named_in_two_ways_is_told_once():
    assert names("山东的大葱滞销", region="山东", outlet="大众日报") == ["山东省"]


@pytest.mark.parametrize(
    ("address", "region"),
    [("山东青岛", "山东省 青岛市"), ("发布于 广东", "广东省"), ("美国", "美国"), ("中国香港", "香港特别行政区"), ("海南", "海南省")],
)
def test_an_address_is_read_when_platforms_write_it_in_their_ways(address, region):
    assert names("好", region=address) == [region]


@pytest.mark.parametrize(
    ("outlet", "regions"),
    [("北京晚报", ["北京市"]), ("大河报", ["河南省 郑州市"]), ("朝阳日报", ["辽宁省 朝阳市"]), ("人民日报", []), ("某论坛", [])],
)
def test_the_home_of_an_outlet_is_told_when_it_has_one(outlet, regions):
    assert names("好", outlet=outlet) == regions


def test_a_place_is_surer_when_it_is_named_more_often():
    once, twice = (FINDER.find(Passage(text)).regions[0].probability for text in ("大理的风", "大理的风，大理的云"))
    assert 0.5 <= once < twice < 1


def test_every_division_is_found_by_its_full_name_with_its_province():
    for division in list(divisions().values())[::7]:
        found = names(division.name.replace(" ", ""))
        assert found == [division.name], division.name


CHARACTERS = st.text(
    st.one_of(st.sampled_from("山东省青岛市北京朝阳区县海南平安某王先生女士公司《》牌代5Gx //@:，。 "), st.characters()), max_size=60
)


@given(CHARACTERS, CHARACTERS)
@example("山东", "\ud800")
def test_spans_lie_in_the_text_whatever_it_holds(text, other):
    found = FINDER.find(Passage(text, region=other, outlet=other))
    for mention in found.mentions:
        assert 0 <= mention.start < mention.end <= len(text)
    for entity in found.entities:
        assert entity.entity.size == len(entity.spans)
        for start, end in entity.spans:
            assert 0 <= start < end <= len(text)
        assert entity.entity.name == text[entity.spans[0][0] : entity.spans[0][1]]
    assert all(0 < region.probability <= 1 for region in found.regions)
