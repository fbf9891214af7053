"""Between the directory's messages and its domain."""

from datetime import UTC

from yuqing.access.v1 import access_pb2
from yuqing.directory.v1 import directory_pb2
from yuqing_gateway.domain.directory import Department, Person
from yuqing_runtime.tokens import PersonClaims


def person_message(person: Person) -> directory_pb2.Person:
    """The person outside."""
    message = directory_pb2.Person(
        name=f"people/{person.id}",
        login=person.login,
        display_name=person.display_name,
        email=person.email,
        disabled=person.disabled,
        etag=str(person.version),
        memberships=[
            directory_pb2.Membership(department=f"departments/{department}", roles=[access_pb2.Role.Value(role) for role in sorted(roles)])
            for department, roles in sorted(person.memberships.items())
        ],
    )
    if person.created_at is not None:
        message.create_time.FromDatetime(person.created_at.astimezone(UTC))
    return message


def person_of(message: directory_pb2.Person) -> Person:
    """The person that a message describes; id and version are the directory's own."""
    return Person(
        id=message.name.removeprefix("people/"),
        login=message.login,
        display_name=message.display_name,
        email=message.email,
        disabled=message.disabled,
        memberships={
            membership.department.removeprefix("departments/"): frozenset(access_pb2.Role.Name(role) for role in membership.roles)
            for membership in message.memberships
        },
    )


def department_message(department: Department) -> directory_pb2.Department:
    """The department outside."""
    return directory_pb2.Department(
        name=f"departments/{department.id}",
        display_name=department.display_name,
        parent=f"departments/{department.parent}" if department.parent else "",
        etag=str(department.version),
    )


def department_of(message: directory_pb2.Department) -> Department:
    """The department that a message describes."""
    return Department(message.name.removeprefix("departments/"), message.display_name, message.parent.removeprefix("departments/"))


def claims_of(person: Person, scopes: frozenset[str] | None = None) -> PersonClaims:
    """What a person token says of the person."""
    memberships = {
        f"departments/{department}": frozenset(access_pb2.Role.Value(role) for role in roles) for department, roles in person.memberships.items()
    }
    return PersonClaims(f"people/{person.id}", person.display_name, memberships, scopes)
