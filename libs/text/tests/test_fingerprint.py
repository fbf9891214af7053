"""The content hash changes with what is said, not with how it is spelt."""

from yuqing_text.fingerprint import content_hash


def test_hash_stays_when_only_spelling_and_punctuation_change() -> None:
    assert content_hash("手機爆炸！", "ＡＢＣ，見圖") == content_hash("手机爆炸", "abc 见图。")


def test_hash_changes_when_a_word_changes_or_moves() -> None:
    hashes = {content_hash("手机", "爆炸"), content_hash("手机爆炸", ""), content_hash("", "手机爆炸"), content_hash("爆炸", "手机")}
    assert len(hashes) == 4


def test_hash_differs_when_a_text_is_emoji_alone() -> None:
    assert content_hash("", "👍 👍") != content_hash("", "👎")
    assert content_hash("", "👍 👍") == content_hash("", "👍👍")


def test_hash_is_sha256_when_written() -> None:
    assert len(bytes.fromhex(content_hash("a", "\ud800"))) == 32
