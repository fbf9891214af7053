"""What an export says of labels, influence and risk."""

from dataclasses import replace
from datetime import UTC, datetime

from yuqing_indexing.domain.document import Assessment, Document, Judgement, Mention
from yuqing_indexing.domain.exporting import COLUMNS, cells, record
from yuqing_indexing.domain.labels import Entity, Label, Labels, Region

NOW = datetime(2024, 5, 20, 4, 0, tzinfo=UTC)
MENTION = Mention("a" * 32, Document(source="sources/a", site="e.test", fetched=NOW, text="退钱"), "h", NOW, NOW)
LABELS = Labels(
    intents=(Label("complaint", 0.9), Label("question", 0.6)),
    entities=(Entity("organisation", "=甲公司"), Entity("person", "乙")),
    regions=(Region("", "日本"),),
)


def test_labels_influence_and_risk_are_said_in_chinese_when_they_are_known():
    judgement = Judgement("h", "negative", 0.9, 0.0, 0.1, "zh", "m", "1", NOW, LABELS)
    mention = replace(MENTION, judgement=judgement, assessment=Assessment(57.0, 63.26, "1"))
    row = dict(zip((column.key for column in COLUMNS), cells(mention, UTC), strict=True))
    assert (row["intents"], row["entities"], row["places"]) == ("投诉、咨询", "'=甲公司、乙", "日本")
    assert (row["influence"], row["risk"], row["aspects"]) == (57.0, 63.26, None)
    assert record(mention)["intents"] == ["complaint", "question"]
    assert "risk" not in record(MENTION)
