from pathlib import Path

import pytest
from click.testing import CliRunner

from yuqing_scoring.commands.model import model as command
from yuqing_scoring.domain.judgement import Sentiment
from yuqing_scoring.domain.labels.text_labels import EntityKind
from yuqing_scoring.domain.names import NameFinder
from yuqing_scoring.training.names.figures import Counted, measure_names, measure_towards
from yuqing_scoring.training.names.sample import Half, SampleProblem, named_texts, subject_texts

SAMPLES = Path(__file__).parent / "samples"


def test_marks_are_read_when_a_sample_has_them(tmp_path):
    file = tmp_path / "named.tsv"
    file.write_text("山东省 青岛市\t{o:海之蓝科技#1}的{p:刘敏=店长}说，{o:海之蓝#1}没事\n\t没有\n", encoding="utf-8")
    [text] = named_texts(file, Half.DEVELOPMENT)
    assert (text.text, text.regions) == ("海之蓝科技的刘敏说，海之蓝没事", {"山东省 青岛市"})
    assert [(each.kind, each.name, each.role, each.size) for each in text.entities] == [
        (EntityKind.ORGANISATION, "海之蓝科技", "", 2),
        (EntityKind.PERSON, "刘敏", "店长", 1),
    ]
    assert [text.text for text in named_texts(file, Half.KEPT)] == ["没有"]


def test_a_line_is_named_when_it_cannot_be_read(tmp_path):
    file = tmp_path / "named.tsv"
    file.write_text("一\t二\n三\n", encoding="utf-8")
    with pytest.raises(SampleProblem, match="line 2: 1 columns"):
        named_texts(file, Half.KEPT)


def test_right_wrong_and_missed_are_counted():
    counted = Counted()
    counted.add({"a", "b"}, {"b", "c", "d"})
    assert (counted.right, counted.wrong, counted.missed) == (1, 2, 1)
    assert str(counted).split() == ["33.3", "50.0", "40.0", "2"]


def test_names_are_found_as_well_as_the_readme_says():
    figures = measure_names(NameFinder.shipped(), named_texts(SAMPLES / "named.tsv", Half.KEPT))
    assert 2 * figures.regions.right / (2 * figures.regions.right + figures.regions.wrong + figures.regions.missed) >= 0.88
    right, wrong, missed = (sum(getattr(each, name) for each in figures.entities.values()) for name in ("right", "wrong", "missed"))
    assert 2 * right / (2 * right + wrong + missed) >= 0.8


def test_judging_towards_a_subject_is_better_than_judging_the_whole(model):
    texts = subject_texts(SAMPLES / "towards.tsv", Half.KEPT)
    assert sum(len(text.subjects) for text in texts) == 48
    assert texts[0].subjects["鼎盛物业"] is Sentiment.NEGATIVE
    figures = measure_towards(model, NameFinder.shipped(), texts)
    assert figures.accuracy > figures.whole_accuracy + 10
    assert figures.f1 > figures.whole_f1 + 10


@pytest.mark.parametrize(("name", "file", "told"), [("names", "named.tsv", "regions "), ("towards", "towards.tsv", "towards the subject ")])
def test_figures_are_printed_when_a_sample_is_given(name, file, told):
    result = CliRunner().invoke(command, [name, str(SAMPLES / file), "--half", "development"])
    assert result.exit_code == 0, result.output
    assert told in result.stdout
