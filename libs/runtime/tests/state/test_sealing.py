"""A secret at rest opens with its key, in its place, unchanged, and in no other way."""

import stat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yuqing_runtime.sealing import KeyFileError, Sealer, UnsealError, add_key, create_key_file, key_id_of

KEYS = {"aaaaaaaa": b"a" * 32}
PLACE = "sources/7/password"


@given(plain=st.binary(max_size=200), context=st.text(max_size=40))
def test_value_opens_when_key_and_place_are_right(plain, context):
    sealer = Sealer(KEYS)
    sealed = sealer.seal(plain, context)
    assert sealer.open(sealed, context) == plain
    assert key_id_of(sealed) == "aaaaaaaa"
    assert plain not in sealed or len(plain) < 4


@given(data=st.data())
def test_value_does_not_open_when_any_byte_is_changed_or_cut(data):
    sealed = Sealer(KEYS).seal(b"password", PLACE)
    at = data.draw(st.integers(0, len(sealed) - 1))
    changed = bytearray(sealed)
    changed[at] ^= data.draw(st.integers(1, 255))
    for broken in (bytes(changed), sealed[:at]):
        with pytest.raises(UnsealError):
            Sealer(KEYS).open(broken, PLACE)


def test_value_does_not_open_when_it_is_put_in_another_place():
    with pytest.raises(UnsealError):
        Sealer(KEYS).open(Sealer(KEYS).seal(b"password", PLACE), "sources/8/password")


def test_value_does_not_open_when_the_key_is_another():
    for keys in ({"bbbbbbbb": b"a" * 32}, {"aaaaaaaa": b"b" * 32}):
        with pytest.raises(UnsealError):
            Sealer(keys).open(Sealer(KEYS).seal(b"password", PLACE), PLACE)


def test_same_value_is_sealed_differently_each_time():
    assert Sealer(KEYS).seal(b"password", PLACE) != Sealer(KEYS).seal(b"password", PLACE)


def test_key_file_is_private_and_never_overwritten(tmp_path):
    path = tmp_path / "keys" / "secret.key"
    create_key_file(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    before = path.read_bytes()
    with pytest.raises(FileExistsError):
        create_key_file(path)
    assert path.read_bytes() == before


def test_old_values_open_and_new_ones_have_the_new_key_when_a_key_is_added(tmp_path):
    path = tmp_path / "secret.key"
    create_key_file(path)
    old = Sealer.from_file(path)
    sealed = old.seal(b"password", PLACE)
    add_key(path)
    new = Sealer.from_file(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert new.open(sealed, PLACE) == b"password"
    assert new.current_key_id != old.current_key_id == key_id_of(sealed)
    assert key_id_of(new.seal(b"password", PLACE)) == new.current_key_id
    assert new.derive("page-tokens") == old.derive("page-tokens") != new.derive("audit-veil")
    assert [file.name for file in tmp_path.iterdir()] == ["secret.key"]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_key_file_is_refused_when_others_may_read_it(tmp_path, mode):
    path = tmp_path / "secret.key"
    create_key_file(path)
    path.chmod(mode)
    with pytest.raises(KeyFileError, match="0600"):
        Sealer.from_file(path)


@pytest.mark.parametrize("content", ["", "aaaaaaaa", "aaaaaaaa AAAA", "aaaaaaaa %%%%", "a " + "A" * 43 + "=", "b c d"])
def test_key_file_is_refused_when_it_is_malformed(tmp_path, content):
    path = tmp_path / "secret.key"
    path.write_text(content)
    path.chmod(0o600)
    with pytest.raises(KeyFileError):
        Sealer.from_file(path)


def test_absent_key_file_says_who_makes_it(tmp_path):
    with pytest.raises(KeyFileError, match="yuqing up"):
        Sealer.from_file(tmp_path / "none")
