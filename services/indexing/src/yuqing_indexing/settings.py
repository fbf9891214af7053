"""What can be set about indexing; read once, at the start."""

from pathlib import Path

from pydantic import Field

from yuqing_runtime.settings import ServiceSettings, service_settings


class Settings(ServiceSettings):
    """YUQING_INDEXING_…"""

    model_config = service_settings("indexing")

    index_prefix: str = Field(
        default="", pattern="([a-z0-9][a-z0-9-]{0,30})?", description="Stands before the names of all indices, where installations share a cluster."
    )
    shards: int = Field(default=1, ge=1, le=64, description="Shards of each monthly index that is made from now on; more than one only on a cluster.")
    batch_items: int = Field(default=1000, ge=1, le=2000, description="Most documents in one write to Elasticsearch.")
    batches_at_once: int = Field(default=5, ge=1, le=16, description="Batches of one stream that are worked on at the same time.")
    keep_months: int = Field(default=13, ge=1, le=240, description="Full months that mentions are kept; older ones are dropped with their index.")
    story_days: int = Field(default=30, ge=1, le=365, description="Days after its last copy that a text is still compared with new ones.")
    stories: bool = Field(
        default=True,
        description="Whether mentions that say the same are put into stories as they come in; without, none has a story.",
    )
    weights: Path | None = Field(default=None, description="File (JSON) with the organisation's own weights of influence and risk.")
    similar_stories: int = Field(default=200, ge=1, le=500, description="Most stories that are found for each text in a search by meaning.")
    similar_least: float = Field(
        default=0.55, ge=0, le=1, description="The cosine of sentence vectors from which on a story counts as similar in a search by meaning."
    )
    feed_days: int = Field(default=7, ge=1, le=365, description="Days that the feed of changes is kept.")
