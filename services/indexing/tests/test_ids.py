from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from yuqing_indexing.domain.ids import identity_keys, mention_id, observation_id
from yuqing_indexing.domain.months import month_of, months_before


def test_the_native_id_comes_before_the_address_when_both_are_known():
    assert mention_id("e.test", "7", "https://e.test/a") == mention_id("E.test", "7", "https://e.test/b")
    assert mention_id("e.test", "7", "") != mention_id("f.test", "7", "")
    assert mention_id("e.test", "", "https://e.test/a?utm_x=1") == mention_id("other", "", "http://e.test/a")


def test_a_native_id_is_no_address_when_both_have_the_same_text():
    assert mention_id("", "e.test/a", "") != mention_id("", "", "https://e.test/a")


@given(st.text(max_size=50), st.text(min_size=1, max_size=50))
def test_ids_keep_to_the_contract_when_sites_name_anything(site, native_id):
    made = mention_id(site, native_id, "")
    assert len(made) == 32
    assert set(made) <= set("0123456789abcdef")


def test_keys_are_ordered_by_strength_and_distinct_when_addresses_agree():
    keys = identity_keys(site="e.test", native_id="7", url="https://e.test/a?from=x", canonical_url="https://e.test/a")
    assert keys == (mention_id("e.test", "7", ""), mention_id("", "", "https://e.test/a"))
    assert identity_keys(site="e.test", native_id=" ", url="", canonical_url="") == ()


def test_posts_share_no_key_when_they_stand_on_one_page():
    thread = "https://e.test/thread/7"
    first = identity_keys(site="e.test", native_id="30", url=thread, canonical_url=thread)
    second = identity_keys(site="e.test", native_id="31", url=f"{thread}#p31", canonical_url="")
    third = identity_keys(site="e.test", native_id=f"{thread}#3", url=f"{thread}#3", canonical_url="")
    assert second == (mention_id("e.test", "31", ""),)
    assert not set(first) & set(second)
    assert not set(third) & {*first, *second}


def test_the_address_still_counts_when_its_fragment_only_names_a_place_on_the_page():
    keys = identity_keys(site="e.test", native_id="31", url="https://e.test/a#comments", canonical_url="")
    assert mention_id("", "", "https://e.test/a") in keys


def test_a_copy_keeps_its_own_identity_when_it_names_the_original_as_canonical():
    copied = identity_keys(site="copy.test", native_id="", url="https://copy.test/9", canonical_url="https://e.test/a")
    assert copied == (mention_id("", "", "https://copy.test/9"),)


def test_observations_differ_when_the_fetches_are_a_millisecond_apart():
    now = datetime(2024, 5, 1, tzinfo=UTC)
    assert observation_id("m", now) == observation_id("m", now + timedelta(microseconds=100))
    assert observation_id("m", now) != observation_id("m", now + timedelta(milliseconds=1))


def test_months_are_counted_in_utc_when_the_day_differs_by_zone():
    assert month_of(datetime.fromisoformat("2024-06-01T07:59:59+08:00")) == "2024.05"
    assert months_before("2024.05", 13) == "2023.04"
    assert months_before("2024.01", 1) == "2023.12"
