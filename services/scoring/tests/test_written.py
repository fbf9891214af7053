"""The texts of our own: what is trained on, what is measured on, and how the latter is told."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from yuqing_scoring.commands.model import model as command
from yuqing_scoring.domain.judgement import Medium, Sentiment
from yuqing_scoring.training.corpus import Corpus, CorpusProblem
from yuqing_scoring.training.written import TIMES, WRITTEN, read_written, with_written

FINANCE = Path(__file__).parent / "samples" / "finance.tsv"


def table(lines):
    return [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in lines.splitlines()[2:]]


def test_no_text_that_is_measured_is_trained_on():
    trained, measured = ({row.text for row in read_written(file).rows} for file in (WRITTEN, FINANCE))
    assert len(trained) > 1_900
    assert len(measured) > 600
    assert not trained & measured


def test_written_texts_are_sets_of_their_medium_that_stand_several_times_beside_the_others():
    [first, *_] = read_written(WRITTEN).rows
    rows = with_written(Corpus([first])).rows
    assert rows[0] is first
    assert len(rows) == 1 + TIMES * len(read_written(WRITTEN).rows)
    assert set(Corpus(rows).three_class) == {"written_news", "written_forum", "written_microblog"}
    assert {row.medium for row in rows if row.source == "written_forum"} == {Medium.FORUM}


def test_bad_news_in_sober_words_is_found_on_finance_that_was_never_seen():
    result = CliRunner().invoke(command, ["sentiment", str(FINANCE)])
    assert result.exit_code == 0, result.output
    rows = {(cells[0], cells[3]): cells for cells in table(result.stdout)}
    for stage in ("fast", "both"):
        _, _, never, _, negative_or_not, *_ = rows["all", stage]
        assert float(negative_or_not) >= 80
        assert float(negative_or_not) > float(never) + 15


def test_figures_are_of_each_medium_when_the_sample_has_several(tmp_path):
    sample = tmp_path / "sample.tsv"
    sample.write_text("news\tneutral\t公司将于下周召开股东大会\nforum\tnegative\t客服骂人，太差了\n", encoding="utf-8")
    rows = table(CliRunner().invoke(command, ["sentiment", str(sample)]).stdout)
    assert [(cells[0], cells[1], cells[2], cells[3]) for cells in rows] == [
        ("written_forum", "1", "0.0", "fast"),
        ("written_forum", "1", "0.0", "both"),
        ("written_news", "1", "100.0", "fast"),
        ("written_news", "1", "100.0", "both"),
        ("all", "2", "50.0", "fast"),
        ("all", "2", "50.0", "both"),
    ]


@pytest.mark.parametrize("line", ["news\tgood\t好", "paper\tnegative\t差", "news\tnegative"])
def test_a_line_that_is_wrong_is_told_when_the_sample_is_read(tmp_path, line):
    sample = tmp_path / "sample.tsv"
    sample.write_text(f"{line}\n", encoding="utf-8")
    with pytest.raises(CorpusProblem, match=r"sample\.tsv"):
        read_written(sample)
    result = CliRunner().invoke(command, ["sentiment", str(sample)])
    assert result.exit_code == 1
    assert "sample.tsv" in result.stderr


def test_sentiments_of_the_tables_are_all_three():
    for file in (WRITTEN, FINANCE):
        assert {row.sentiment for row in read_written(file).rows} == set(Sentiment)
