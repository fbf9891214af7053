"""What somebody may see of the topics, and so what answers may tell of them: as scoring decides when it lists topics."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from yuqing_indexing.domain.document import Mention
from yuqing_text.query.tree import And, Node, Not, OneOf, Or
from yuqing_text.query.widening import NO_SYNONYMS, Synonyms


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who asks: the departments that the person belongs to, and whether all topics are the person's to see."""

    departments: frozenset[str]
    sees_all: bool

    def may_see(self, department: str, shared_with: Iterable[str]) -> bool:
        """The responsible department sees a topic, those it is shared with, and who watches over all."""
        return self.sees_all or not self.departments.isdisjoint((department, *shared_with))


@dataclass(frozen=True, slots=True)
class Sight:
    """The topics that somebody may see (None: all), and the synonyms kept with them. A topic out of sight is as if it were not there."""

    topics: frozenset[str] | None = None
    synonyms: Synonyms = NO_SYNONYMS

    def seen(self, names: Iterable[str]) -> tuple[str, ...]:
        """Those of the names that are in sight, in their order."""
        return tuple(name for name in names if self.topics is None or name in self.topics)

    def of_tree(self, tree: Node) -> Node:
        """The query, in which a topic out of sight finds nothing."""
        match tree:
            case OneOf("topic", values):
                return replace(tree, values=self.seen(values))
            case Not(operand):
                return Not(self.of_tree(operand))
            case And(operands) | Or(operands):
                return replace(tree, operands=tuple(map(self.of_tree, operands)))
            case _:
                return tree

    def of_mention(self, mention: Mention) -> Mention:
        """The mention, without the topics out of sight; the same object where all are in sight."""
        if self.topics is None or all(match.topic in self.topics for match in mention.topics):
            return mention
        return replace(mention, topics=tuple(match for match in mention.topics if match.topic in self.topics))


SEES_ALL = Sight()
"""Of who watches over all, where no topic has synonyms."""
