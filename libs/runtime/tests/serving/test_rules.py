import pytest

from yuqing.crawler.v1 import people_pb2, source_pb2
from yuqing.directory.v1 import directory_pb2
from yuqing.indexing.v1 import document_pb2, mention_pb2
from yuqing_runtime.errors import InvalidArgument
from yuqing_runtime.rules import check, violations


def person(**changes):
    fields = {"login": "zhang.san", "display_name": "张三", "email": "zhang@example.com"} | changes
    return directory_pb2.CreatePersonRequest(person=directory_pb2.Person(**fields))


def fields_of(message):
    return [(violation.field, violation.description) for violation in violations(message)]


def test_nothing_is_said_when_every_rule_is_kept():
    assert fields_of(person()) == []


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"login": ""}, "person.login"),
        ({"login": "9lives"}, "person.login"),
        ({"display_name": "名" * 101}, "person.display_name"),
        ({"email": "nobody"}, "person.email"),
        ({"memberships": [directory_pb2.Membership(department="departments/a")]}, "person.memberships[0].roles"),
        ({"memberships": [directory_pb2.Membership(department="it", roles=[1])]}, "person.memberships[0].department"),
        ({"memberships": [directory_pb2.Membership(department="departments/a", roles=[1, 1])]}, "person.memberships[0].roles"),
        ({"memberships": [directory_pb2.Membership(department="departments/a", roles=[99])]}, "person.memberships[0].roles[0]"),
    ],
)
def test_the_field_is_named_when_its_rule_is_broken(changes, field):
    assert [name for name, _ in fields_of(person(**changes))] == [field]


def test_lengths_count_code_points_when_the_text_is_chinese():
    assert fields_of(person(display_name="名" * 100)) == []


@pytest.mark.parametrize("address", ["ftp://a.example/", "http://", "https://a.example:99999/", "www.example.com", "http://a.example/a b"])
def test_an_address_is_refused_when_it_is_not_http(address):
    request = source_pb2.ProposeSourceRequest(address=address)
    assert fields_of(request) == [("address", "is not an http or https address")]


def test_zero_is_a_value_when_the_field_has_presence():
    counts = document_pb2.Counts(likes=-1, comments=0)
    assert [name for name, _ in fields_of(counts)] == ["likes"]


def test_every_violation_is_in_the_error_when_several_rules_are_broken():
    with pytest.raises(InvalidArgument, match=r"and 1 more") as caught:
        check(mention_pb2.ListTopTermsRequest(query="字" * 5000, size=1000))
    assert [violation.field for violation in caught.value.violations] == ["query", "size"]


def test_an_update_needs_no_required_field_when_the_mask_does_not_name_it():
    request = directory_pb2.UpdatePersonRequest(person=directory_pb2.Person(name="people/a", email="a@example.com"))
    request.update_mask.paths.append("email")
    check(request)


def test_an_update_needs_no_items_when_the_mask_does_not_name_them():
    request = people_pb2.UpdatePatrolListRequest(patrol_list=people_pb2.PatrolList(name="patrolLists/a", display_name="一组"))
    request.update_mask.paths.append("display_name")
    check(request)
    request.update_mask.paths.append("places")
    with pytest.raises(InvalidArgument, match=r"patrol_list\.places: is required"):
        check(request)


def test_an_update_is_refused_when_the_mask_names_a_required_field_that_is_empty():
    request = directory_pb2.UpdatePersonRequest(person=directory_pb2.Person(name="people/a"))
    request.update_mask.paths.append("display_name")
    with pytest.raises(InvalidArgument, match=r"person\.display_name"):
        check(request)


def test_dates_and_zones_are_checked_by_their_form():
    assert fields_of(people_pb2.ListPatrolVisitsRequest(first_day="2026-02-30")) == [("first_day", "is not a date YYYY-MM-DD")]
    assert fields_of(mention_pb2.CountMentionsRequest(time_zone="Asia/Beijing")) == [("time_zone", "is not a time zone of the IANA database")]


@pytest.mark.parametrize("zone", ["localtime", "Factory", "posixrules"])
def test_a_zone_is_refused_when_only_this_machine_knows_it(zone):
    assert [name for name, _ in fields_of(mention_pb2.CountMentionsRequest(time_zone=zone))] == ["time_zone"]


@pytest.mark.parametrize("finding", [{}, {"text": " \n"}, {"author": "张三"}])
def test_a_message_is_refused_when_none_of_its_alternatives_is_given(finding):
    request = people_pb2.CreateEmployeeReportRequest(employee_report=people_pb2.EmployeeReport(finding=people_pb2.Finding(**finding)))
    assert fields_of(request) == [("employee_report.finding", "needs one of url, title, text")]


def test_one_alternative_suffices_when_a_message_has_several():
    request = people_pb2.CompletePatrolVisitRequest(name="patrolVisits/1", findings=[people_pb2.Finding(title="一条")])
    assert fields_of(request) == []


def test_an_update_leaves_a_list_alone_when_the_mask_does_not_name_it():
    request = people_pb2.UpdatePatrolListRequest(patrol_list=people_pb2.PatrolList(name="patrolLists/a", disabled=True))
    request.update_mask.paths.append("disabled")
    check(request)
    request.update_mask.paths.append("places")
    with pytest.raises(InvalidArgument, match=r"patrol_list\.places"):
        check(request)


def test_an_update_without_mask_changes_what_is_set_and_no_more():
    check(people_pb2.UpdatePatrolListRequest(patrol_list=people_pb2.PatrolList(name="patrolLists/a", disabled=True)))
    with pytest.raises(InvalidArgument, match=r"patrol_list\.weekdays\[0\]"):
        check(people_pb2.UpdatePatrolListRequest(patrol_list=people_pb2.PatrolList(name="patrolLists/a", weekdays=[9])))
