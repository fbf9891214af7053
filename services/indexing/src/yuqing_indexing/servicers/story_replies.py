"""Stories and their paths as messages of the contract."""

from yuqing.indexing.v1 import story_pb2
from yuqing_indexing.domain.reach import reach
from yuqing_indexing.domain.sight import Sight
from yuqing_indexing.domain.stories import story_name
from yuqing_indexing.domain.story_kin import Kin
from yuqing_indexing.domain.story_path import Jump, Step, StoryPath
from yuqing_indexing.domain.story_search import StoryDetails, StoryFigures
from yuqing_indexing.moments import timestamp_of
from yuqing_indexing.servicers.replies import bar_messages, bucket_messages
from yuqing_indexing.wire import write_mention


def story_message(figures: StoryFigures, sight: Sight) -> story_pb2.Story:
    """A story in numbers, its first mention with the topics in sight."""
    message = story_pb2.Story(
        name=story_name(figures.story),
        size=figures.size,
        copies_size=figures.copies,
        first_seen_time=timestamp_of(figures.first_seen),
        first_published_time=timestamp_of(figures.first_published),
        last_published_time=timestamp_of(figures.last_published),
        sites_size=figures.sites,
        outlets_size=figures.outlets,
        authors_size=figures.authors,
        reach=figures.reach,
        heat=figures.heat,
        heat_without_copies=figures.heat_without_copies,
        media=bucket_messages(figures.media),
        influence=figures.influence,
        risk=figures.risk,
    )
    write_mention(message.first, sight.of_mention(figures.first))
    return message


def write_details(message: story_pb2.Story, details: StoryDetails) -> None:
    """Writes what only the whole of a story has."""
    message.sites.extend(bucket_messages(details.sites.buckets))
    message.outlets.extend(bucket_messages(details.outlets.buckets))
    message.authors.extend(bucket_messages(details.authors.buckets))
    message.hours.extend(bar_messages(details.hours))
    message.related_stories.extend(map(story_name, details.related))


def event_story_message(figures: StoryFigures, found: Kin, meant: float | None, sight: Sight) -> story_pb2.EventStory:
    """A story of the same event, and why it is taken for one; `meant` is how similar both are in meaning, None where that is not known."""
    return story_pb2.EventStory(
        story=story_message(figures, sight),
        similarity=found.similarity,
        shared_words=found.words,
        hours_apart=found.apart.total_seconds() / 3600,
        quoted_share=found.quoted,
        meaning_similarity=meant,
    )


def path_message(story: str, path: StoryPath, total: int) -> story_pb2.StoryPath:
    """The steps and the largest jump; `total` counts the mentions beyond those that are steps as well."""
    message = story_pb2.StoryPath(story=story_name(story), total_size=total, steps=map(_step, path.steps))
    if path.jump:
        message.jump.CopyFrom(_jump(path.jump))
    return message


def _step(step: Step) -> story_pb2.PathStep:
    mention, document = step.mention, step.mention.document
    message = story_pb2.PathStep(
        mention=f"mentions/{mention.id}",
        time=timestamp_of(mention.when),
        site=document.site,
        outlet=document.outlet,
        author=document.author.display_name if document.author else "",
        reach=reach(document),
        copy=bool(mention.membership and mention.membership.copy),
        passes_on=f"mentions/{step.passes_on}" if step.passes_on else "",
        depth=step.depth,
        passed_on_size=step.passed_on,
    )
    if document.author and document.author.followers is not None:
        message.followers = document.author.followers
    return message


def _jump(jump: Jump) -> story_pb2.Jump:
    step = _step(jump.step)
    return story_pb2.Jump(
        mention=step.mention,
        author=step.author,
        site=step.site,
        time=step.time,
        before_size=jump.before,
        after_size=jump.after,
        passed_on_size=step.passed_on_size,
    )
