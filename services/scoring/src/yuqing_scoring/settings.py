"""What can be set about scoring; read once, at the start."""

from pathlib import Path

from pydantic import Field

from yuqing_runtime.settings import ServiceSettings, service_settings

OFF = "off"


class Settings(ServiceSettings):
    """YUQING_SCORING_…"""

    model_config = service_settings("scoring")

    model: Path | None = Field(default=None, description="Folder of the model that judges until people activate another. Default: the shipped one.")
    second_stage: bool = Field(
        default=True, description="Whether the model's second stage is loaded, if it has one; without it the fast stage alone judges."
    )
    labels: bool = Field(
        default=True,
        description="Whether every mention is labelled (intent, aspect, focus area, sensitivity, offence, entities, regions); "
        "without, sentiment and language alone are judged, in a third of the time.",
    )
    second_threads: int = Field(
        default=1, ge=1, le=64, description="Batches that the second stage judges at the same time; its threads step back for others."
    )
    vectors: str = Field(
        default=OFF,
        min_length=1,
        description="Folder of the encoder for search by meaning, or `off`; `yuqing up` names the packaged one.",
    )
    objects: str = Field(
        default="",
        description="Where the files of added models lie: a folder or s3://bucket/prefix, of scoring alone. Default: models in the var folder.",
    )
    threads: int = Field(default=1, ge=1, le=64, description="Batches judged at the same time, each in a thread of its own.")
    waiting_calls: int = Field(
        default=64, ge=1, le=10_000, description="Calls that may wait for a thread; more are refused with RESOURCE_EXHAUSTED and may be repeated."
    )

    @property
    def objects_url(self) -> str:
        """Where the files of added models lie."""
        return self.objects or str(self.shared.var / "models")
