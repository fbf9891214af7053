import json
import subprocess
import sys

import pytest
from click.testing import CliRunner

from yuqing_scoring.commands.score import score


def run(*lines, arguments=()):
    data = b"".join(line if isinstance(line, bytes) else json.dumps(line, ensure_ascii=False).encode() + b"\n" for line in lines)
    return CliRunner().invoke(score, list(arguments), input=data)


def answers(result):
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_each_line_is_answered_in_order_when_all_are_good(model):
    lines = [{"id": number, "text": text, "medium": "review"} for number, text in enumerate(["太差了，退货", "很好，满意"] * 1100)]
    result = run(*lines)
    found = answers(result)
    assert result.exit_code == 0
    assert [answer["id"] for answer in found] == list(range(2200))
    assert {answer["sentiment"] for answer in found[::2]} == {"negative"}
    assert {answer["sentiment"] for answer in found[1::2]} == {"positive"}
    assert sum(found[0]["probabilities"].values()) == pytest.approx(1, abs=1e-5)
    assert list(found[0]["probabilities"]) == ["negative", "neutral", "positive"]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"{not json}\n", "no JSON"),
        (b'{"id": 1, "text": "\xff"}\n', "no JSON"),
        (b"[1]\n", "no JSON object"),
        ({"text": "好"}, "no id"),
        ({"id": "x"}, "text is missing"),
        ({"id": "x", "text": 5}, "text is missing"),
        ({"id": "x", "text": "好", "medium": "paper"}, "medium 'paper' is none of news, forum"),
        ({"id": "x", "text": "好", "medium": ["news"]}, "is none of"),
    ],
)
def test_a_bad_line_is_named_and_the_rest_answered_when_one_is_bad(line, reason):
    result = run({"id": "a", "text": "好"}, b"\n", line, {"id": "b", "text": "坏", "medium": "wechat"})
    assert result.exit_code == 1
    assert [answer["id"] for answer in answers(result)] == ["a", "b"]
    assert "第 3 行" in result.stderr
    assert "line 3" in result.stderr
    assert reason in result.stderr


def test_a_file_is_read_when_it_is_named(tmp_path):
    file = tmp_path / "texts.jsonl"
    file.write_text('{"id": "a", "text": "好", "medium": "news"}', encoding="utf-8")
    assert [answer["id"] for answer in answers(run(arguments=[str(file)]))] == ["a"]


def test_the_model_is_named_when_it_cannot_be_loaded(tmp_path):
    result = run({"id": "a", "text": "好"}, arguments=["--model", str(tmp_path)])
    assert result.exit_code == 1
    assert "cannot load the model" in result.stderr


def test_yuqing_score_answers_when_it_is_a_command_of_its_own():
    code = "from yuqing_cli.main import main; main(['score'])"
    done = subprocess.run(
        [sys.executable, "-c", code], input='{"id": "a", "text": "气死我了[怒]", "medium": "microblog"}\n', capture_output=True, text=True
    )
    assert (done.returncode, json.loads(done.stdout)["sentiment"], done.stderr) == (0, "negative", "")
