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


ANGRY = {"id": "a", "text": "一点也不好吃，服务太差了[怒][red]", "medium": "review"}


def test_the_text_is_marked_in_colour_when_a_terminal_asks_why(monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.delenv("NO_COLOR", raising=False)
    shown = run(ANGRY, arguments=["--explain"]).stdout
    assert "\x1b[1;31m负面\x1b[0m" in shown
    assert "\x1b[1;31m太差了\x1b[0m" in shown.splitlines()[1]


def test_the_sum_is_told_when_output_has_no_colour(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    result = run(ANGRY, {"id": "b", "text": "", "medium": "news"}, arguments=["--explain"])
    lines = result.stdout.splitlines()
    assert result.exit_code == 0
    assert lines[1] == ANGRY["text"]
    numbers = [float(line.split()[-2]) for line in lines[3 : lines.index("")]]
    assert sum(numbers[:-1]) == pytest.approx(numbers[-1], abs=0.05)
    assert any(line.startswith("b  中性") for line in lines)


def test_explanations_are_json_lines_when_a_script_asks_why():
    result = run(ANGRY, b"nothing\n", {"id": 2, "text": "好"}, arguments=["--explain", "--json"])
    first, second = answers(result)
    assert result.exit_code == 1
    assert (first["id"], first["sentiment"], second["id"]) == ("a", "negative", 2)
    parts = [first["bias"], first["rest"], *first["spans"]]
    for logit in ("polarity", "neutral"):
        assert sum(part[logit] for part in parts) == pytest.approx(first["logits"][logit], abs=1e-3)
    assert all(ANGRY["text"][span["start"] : span["end"]] == span["text"] for span in first["spans"])
    assert set(first["leans"]) == {"neutral", "positive"}


def test_labels_are_told_with_their_words_when_a_text_is_explained(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    line = {"id": "a", "text": "客服态度恶劣，等了三小时没人管，我要投诉，一群蠢货垃圾！", "medium": "review"}
    [told] = answers(run(line, arguments=["--explain", "--json"]))
    assert [each["label"] for each in told["labels"]["intents"]] == ["complaint"]
    assert set(told["labels"]) == {"intents", "aspects", "focus_areas", "sensitivities", "offensive"}
    for label in (*told["labels"]["intents"], *told["labels"]["focus_areas"], told["labels"]["offensive"]):
        assert sum(span["weight"] for span in label["spans"]) + label["rest"] == pytest.approx(label["logit"], abs=1e-4)
        assert all(line["text"][span["start"] : span["end"]] == span["text"] for span in label["spans"])
    shown = run(line, arguments=["--explain"]).stdout
    row = next(row for row in shown.splitlines() if row.startswith("意图"))
    assert "投诉" in row.split()[1]
    assert "等了 +" in row
    assert any(row.startswith("用语") for row in shown.splitlines())


def test_control_characters_do_nothing_when_they_stand_in_a_text(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    line = json.dumps({"id": "a\x1b", "text": "\x1b[2J太差了\r\x07\ud83d！", "medium": "review"}).encode()
    shown = run(line, arguments=["--explain"]).stdout
    assert "\x1b" not in shown
    assert shown.splitlines()[1] == " [2J太差了  \ufffd！"
    assert any(part.startswith("太差") for part in shown.splitlines()[3:])
    [told] = answers(run(line, arguments=["--explain", "--json"]))
    assert any("太差" in span["text"] for span in told["spans"])


def test_each_subject_is_told_with_its_passages_when_texts_are_judged_towards_it():
    line = {"id": "a", "text": "蓝鲸超市的菜很新鲜，满意。小熊快送太差了，汤全洒了，还骂人！", "medium": "review"}
    [found] = answers(run(line, arguments=["--fast", "--towards", "小熊快送"]))
    assert (found["id"], found["sentiment"], found["named"]) == ("a", "negative", True)
    [passage] = found["passages"]
    assert passage["text"] == line["text"][passage["start"] : passage["end"]] == "小熊快送太差了，汤全洒了，还骂人！"
    assert (passage["relation"], passage["decisive"], passage["weight"]) == ("named", True, 1.0)
    [unnamed] = answers(run(line, arguments=["--fast", "--towards", "鼎盛物业"]))
    assert (unnamed["named"], unnamed["passages"]) == (False, [])


def test_it_is_refused_when_an_explanation_towards_a_subject_is_asked_for():
    assert run(arguments=["--towards", "词", "--explain"]).exit_code == 2
