"""Words for top terms: whole, few, and with something to say."""

from concurrent.futures import ThreadPoolExecutor

from yuqing_text.words import words


def test_words_are_in_normal_form_when_spellings_differ() -> None:
    assert words("這個手機的電池爆炸，IPHONE 品質") == ["手机", "电池", "爆炸", "iphone", "品质"]


def test_single_characters_stop_words_and_numbers_are_left_out_when_cut() -> None:
    assert words("我 的 因为 2026 12345 the 手机 5g") == ["手机", "5g"]


def test_word_comes_once_when_a_text_repeats_it() -> None:
    assert words("电池爆炸，电池爆炸，电池爆炸") == ["电池", "爆炸"]


def test_most_frequent_words_stay_when_there_are_too_many() -> None:
    assert words("手机 电池 爆炸 爆炸 电池 爆炸", most=2) == ["爆炸", "电池"]


def test_words_are_the_same_when_threads_cut_at_once() -> None:
    texts = [f"第{number}部手机的电池在充电时爆炸，客服态度很差" for number in range(200)]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(words, texts)) == [words(text) for text in texts]
