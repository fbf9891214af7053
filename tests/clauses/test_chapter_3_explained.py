"""Chapter 3, analysis: who reads a judgement can ask what it rests on, and check it."""

import httpx
import pytest

from yuqing_testkit.agreement import ok

TITLE = "太坑了[怒]"
TEXT = "空气炸锅用了三天就冒烟，質量太差，要求退货赔偿 https://shop.yuqing.test/items/1"


@pytest.mark.clause("3.2.1")
def test_a_judgement_tells_what_it_rests_on_when_a_person_asks(legal: httpx.Client, employee: httpx.Client) -> None:
    asked = {"title": TITLE, "text": TEXT, "medium": "MEDIUM_REVIEW"}
    told = ok(legal.post("/v1/scores:explain", json=asked))
    assert told["score"]["sentiment"] == "SENTIMENT_NEGATIVE"
    assert told["score"]["modelVersion"]
    spans = [*told["titleSpans"], *told["textSpans"]]
    for logit in ("polarity", "neutral"):
        parts = [part[logit] for part in (told["bias"], told["rest"], *(span["weights"] for span in spans))]
        assert sum(parts) == pytest.approx(told["logits"][logit], abs=1e-3)
    assert "[怒]" in [TITLE[span["start"] : span["end"]] for span in told["titleSpans"]]
    assert any("太差" in TEXT[span["start"] : span["end"]] for span in told["textSpans"])
    assert employee.post("/v1/scores:explain", json=asked).status_code == 403
    refused = legal.post("/v1/scores:explain", json={"medium": "MEDIUM_REVIEW"})
    assert refused.status_code == 400


@pytest.mark.clause("3.2.2")
def test_a_text_that_speaks_of_two_is_judged_towards_each(legal: httpx.Client, employee: httpx.Client) -> None:
    text = "蓝鲸超市的菜很新鲜，服务好，满意。小熊快送太差了，汤全洒了，打电话还骂人！"
    told = {
        term: ok(legal.post("/v1/scores:towards", json={"text": text, "medium": "MEDIUM_REVIEW", "subjectTerms": [term]}))
        for term in ("蓝鲸超市", "小熊快送")
    }
    assert {term: answer["sentiment"] for term, answer in told.items()} == {"蓝鲸超市": "SENTIMENT_POSITIVE", "小熊快送": "SENTIMENT_NEGATIVE"}
    [passage] = told["小熊快送"]["textPassages"]
    assert text[passage["start"] : passage["end"]] == "小熊快送太差了，汤全洒了，打电话还骂人！"
    assert passage["decisive"]
    asked = {"text": text, "subjectTerms": ["小熊快送"]}
    assert employee.post("/v1/scores:towards", json=asked).status_code == 403
    assert legal.post("/v1/scores:towards", json={"text": text}).status_code == 400


@pytest.mark.clause("3.2.2")
def test_who_and_where_a_text_names_is_told_with_its_place(legal: httpx.Client) -> None:
    text = "青岛海之蓝科技有限公司被罚，店长刘敏说海之蓝会改"
    told = ok(legal.post("/v1/scores:explain", json={"text": text, "region": "IP属地：广东"}))
    labels = told["score"]["labels"]
    assert [region["name"] for region in labels["regions"]] == ["广东省", "山东省 青岛市"]
    assert [(entity["name"], entity["size"]) for entity in labels["entities"]] == [("青岛海之蓝科技有限公司", 2), ("刘敏", 1)]
    assert [text[name["start"] : name["end"]] for name in told["textNames"]] == ["青岛", "青岛海之蓝科技有限公司", "刘敏", "海之蓝"]
