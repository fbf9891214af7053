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
    assert any("質量太差" in TEXT[span["start"] : span["end"]] for span in told["textSpans"])
    assert employee.post("/v1/scores:explain", json=asked).status_code == 403
    refused = legal.post("/v1/scores:explain", json={"medium": "MEDIUM_REVIEW"})
    assert refused.status_code == 400
