"""What indexing keeps in SQL: which mention a key belongs to and which story, what was erased, what the feed told; what people say of mentions;
saved searches, topics, jobs."""

from sqlalchemy import BigInteger, Boolean, Column, Float, Index, Integer, Table, Text, UniqueConstraint, false, text

from yuqing_runtime.columns import Json, UtcDateTime, new_metadata

METADATA = new_metadata()

mention = Table(
    "mention",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("month", Text, nullable=False),
    Column("aliases", Text, nullable=False, server_default=""),  # its keys in `alias`, separated by spaces
    Column("told", Text, nullable=True),  # the announcement of its last change row; NULL before the first
    Column("story", Text, nullable=True),  # NULL until it is placed
    Column("words", BigInteger, nullable=True),  # the number of the words that it was placed by; NULL where they tell nothing
    Column("is_copy", Boolean, nullable=False, server_default=false()),
    Column("by_hand", Boolean, nullable=False, server_default=false()),  # a person put it into its story
    # Ids are random, so each mention of a batch is on a page of its own, here and in every index: no more of them than are asked.
    Index("ix_mention_story", "story", sqlite_where=text("story IS NOT NULL"), postgresql_where=text("story IS NOT NULL")),
    sqlite_with_rowid=False,
)

# The distinct texts of stories, by the numbers of their words. `day` (of the epoch, UTC) is the last on which a copy came.
story_text = Table(
    "story_text",
    METADATA,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("story", Text, nullable=False),
    Column("mention", Text, nullable=False),  # the one that brought it
    Column("tokens", Text, nullable=False),
    Column("related", Json, nullable=False),  # the stories that it is linked with: pairs of id and share
    Column("is_sought", Boolean, nullable=False),  # whether it has fingerprints
    Column("day", Integer, nullable=False),
    Index("ix_story_text_story", "story"),
    Index("ix_story_text_mention", "mention"),
    Index("ix_story_text_day", "day"),
)

# Where similar texts are found. Those of a text are made of its tokens again when it is forgotten.
fingerprint = Table(
    "fingerprint",
    METADATA,
    Column("hash", BigInteger, primary_key=True, autoincrement=False),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

# The other way round, `mention.aliases` tells.
alias = Table(
    "alias",
    METADATA,
    Column("key", Text, primary_key=True),
    Column("mention", Text, nullable=False),
    sqlite_with_rowid=False,
)

tombstone = Table(
    "tombstone",
    METADATA,
    Column("key_hash", Text, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
)

# Erasures whose deletion from the index is not yet confirmed: what a crash left is taken up again.
erasure = Table(
    "erasure",
    METADATA,
    Column("mention", Text, primary_key=True),
    Column("month", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)

# What people did to stories: those that are not here are as ingest made them.
story = Table(
    "story",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("etag", Text, nullable=False),
    Column("merged_into", Text, nullable=True),  # it is no story any more: its mentions are in this one
    Index("ix_story_merged_into", "merged_into"),
)

# Mentions whose story in the index may not be the one that stands here.
story_move = Table(
    "story_move",
    METADATA,
    Column("mention", Text, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Index("ix_story_move_at", "at"),
)

# The mention that stands for a story in the index of vectors, with the hash of the text and the encoder that its vector was made of and by.
story_head = Table(
    "story_head",
    METADATA,
    Column("story", Text, primary_key=True),
    Column("mention", Text, nullable=False),
    Column("content_hash", Text, nullable=False),
    Column("encoder", Text, nullable=False),
    Index("ix_story_head_mention", "mention"),
)

# Stories whose head in the index of vectors may not be the one that it should be.
story_head_write = Table(
    "story_head_write",
    METADATA,
    Column("story", Text, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Index("ix_story_head_write_at", "at"),
)

saved_search = Table(
    "saved_search",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("display_name", Text, nullable=False),
    Column("query", Text, nullable=False),
    Column("filters", Json, nullable=False),
    Column("search_order", Text, nullable=False),
    Column("shared_with", Text, nullable=False),
    Column("etag", Text, nullable=False),
    Column("create_time", UtcDateTime, nullable=False),
    UniqueConstraint("owner", "display_name"),
    Index("ix_saved_search_shared_with", "shared_with"),
)

# The topics as scoring's feed tells of them. `change` counts changes here; removed topics stay, so that it never falls back.
topic = Table(
    "topic",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("query", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("start_time", UtcDateTime, nullable=True),
    Column("end_time", UtcDateTime, nullable=True),
    Column("paused", Boolean, nullable=False),
    Column("removed", Boolean, nullable=False),
    Column("generation", BigInteger, nullable=False),  # the change that last altered which mentions match
    Column("change", BigInteger, nullable=False),
    Column("department", Text, nullable=False),
    Column("shared_with", Json, nullable=False),
    Column("synonyms", Json, nullable=False),
)

job = Table(
    "job",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("topic", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("total", BigInteger, nullable=False),
    Column("done", BigInteger, nullable=False),
    Column("detail", Text, nullable=False),
    Column("create_time", UtcDateTime, nullable=False),
    Column("update_time", UtcDateTime, nullable=False),
    Column("kind", Text, nullable=False, server_default="TOPIC_BACKFILL"),
    Column("author", Text, nullable=False, server_default=""),  # empty where it follows from a change of a topic
    Column("task", Json, nullable=False, server_default="{}"),  # what a person asked for
    Index("ix_job_create_time", "create_time"),
)

# What people made of a mention, in short: the rows of those that nobody touched are not there.
by_hand = Table(
    "by_hand",
    METADATA,
    Column("mention", Text, primary_key=True),
    Column("etag", Text, nullable=False),
    Column("state", Text, nullable=False),  # empty: not in the queue
    Column("assignee", Text, nullable=False),
    Column("tags", Json, nullable=False),
    Column("notes", Integer, nullable=False),
    Column("time", UtcDateTime, nullable=True),  # of the last change of state
)

# Every correction that was ever made, also those that a later one replaced or that were taken back.
correction = Table(
    "correction",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("mention", Text, nullable=False),
    Column("number", Integer, nullable=False),  # counts those of the mention
    Column("kind", Text, nullable=False),
    Column("given", Json, nullable=False),
    Column("judged", Json, nullable=False),  # the values that stood there
    Column("judged_by", Text, nullable=False),  # the model, with its version, that had put them there
    Column("content_hash", Text, nullable=False),  # of the text that the person saw
    Column("pinned", Boolean, nullable=False),
    Column("reason", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("time", UtcDateTime, nullable=False),
    Column("job", Text, nullable=False),  # empty where it was made on this mention alone
    Column("undone_by", Text, nullable=False),
    Column("undo_time", UtcDateTime, nullable=True),
    UniqueConstraint("mention", "number"),
    Index("ix_correction_job", "job"),
)

note = Table(
    "note",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("mention", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("create_time", UtcDateTime, nullable=False),
    Column("edit_time", UtcDateTime, nullable=True),
    Column("etag", Text, nullable=False),
    Index("ix_note_mention", "mention"),
)

# Mentions whose fields by people in the index may not be those that stand here.
by_hand_write = Table(
    "by_hand_write",
    METADATA,
    Column("mention", Text, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Index("ix_by_hand_write_at", "at"),
)

# What keeps mentions from being erased and from being dropped with their month, also when it was released.
legal_hold = Table(
    "legal_hold",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("reason", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("create_time", UtcDateTime, nullable=False),
    Column("query", Text, nullable=False),  # with `job` empty where one mention was named
    Column("job", Text, nullable=False),
    Column("released_by", Text, nullable=False),
    Column("release_time", UtcDateTime, nullable=True),  # NULL as long as it stands
    Column("release_reason", Text, nullable=False),
    Index("ix_legal_hold_create_time", "create_time"),
)

held_mention = Table(
    "held_mention",
    METADATA,
    Column("hold", Text, primary_key=True),
    Column("mention", Text, primary_key=True),
    Index("ix_held_mention_mention", "mention"),
    sqlite_with_rowid=False,
)

# Months whose time is over: nothing of them is put under a hold any more. `releases` counts holds that ended since; `thinned` is that count as
# of the last time that all was dropped that is not held, and NULL before.
ended_month = Table(
    "ended_month",
    METADATA,
    Column("month", Text, primary_key=True),
    Column("releases", BigInteger, nullable=False),
    Column("thinned", BigInteger, nullable=True),
)

sample = Table(
    "sample",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("author", Text, nullable=False),
    Column("query", Text, nullable=False),
    Column("create_time", UtcDateTime, nullable=False),
)

# The texts that were drawn to be labelled; a mention is drawn once. What the model said is kept as it was then.
sample_item = Table(
    "sample_item",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("sample", Text, nullable=False),
    Column("number", Integer, nullable=False),  # its place in the sample
    Column("mention", Text, nullable=False),
    Column("content_hash", Text, nullable=False),
    Column("medium", Text, nullable=False),
    Column("topics", Json, nullable=False),
    Column("weight", Float, nullable=False),
    Column("judged", Json, nullable=False),
    Column("probability", Float, nullable=False),
    Column("judged_by", Text, nullable=False),
    UniqueConstraint("mention"),
    Index("ix_sample_item_sample", "sample", "number"),
)

# Who was given which text, and what they said of it.
sample_label = Table(
    "sample_label",
    METADATA,
    Column("item", Text, primary_key=True),
    Column("person", Text, primary_key=True),
    Column("taken", UtcDateTime, nullable=False),
    Column("given", UtcDateTime, nullable=True),  # NULL until it is labelled
    Column("labels", Json, nullable=False),
    Column("unsure", Boolean, nullable=False),
    Index("ix_sample_label_given", "given"),
)
