"""The crawler's settings, each with what it means; README.md lists them."""

from pydantic import Field

from yuqing_runtime.settings import ServiceSettings, service_settings


class Settings(ServiceSettings):
    """`YUQING_CRAWLER_…`."""

    model_config = service_settings("crawler")

    hosts: dict[str, str] = Field(
        default_factory=dict[str, str],
        description="JSON of name → address:port for the demonstration world: the only way past the guard. Leave it out in earnest.",
    )
    user_agent: str = Field(
        "YuqingBot/1.0 (+https://yuqing.example/bot)",
        min_length=1,
        description="What the crawler calls itself; its first word is what robots.txt rules are looked up for. Name your organisation and a contact.",
    )
    requests_per_second: float = Field(2.0, ge=0, description="Requests per second to one host where the source sets none; 0: no pause.")
    host_concurrency: int = Field(4, ge=1, le=64, description="Requests to one host at once, as long as it needs no long pauses.")
    parsers: int = Field(1, ge=0, le=32, description="Processes that parse pages; 0: a thread of the service, for small machines.")
    concurrency: int = Field(32, ge=1, le=1000, description="Requests at once, all hosts together.")
    concurrent_runs: int = Field(16, ge=1, le=500, description="Sources that are fetched at once by one replica.")
    pages_per_run: int = Field(200, ge=1, description="Pages that one run of a source reads at the most; the rest follows in the next run.")
    fetch_seconds: float = Field(30.0, gt=0, description="How long one request may take.")
    page_bytes: int = Field(10 * 1024 * 1024, ge=1024, description="Size of a page at the most, also after decompression.")
    redirects: int = Field(5, ge=0, le=20, description="Redirects that are followed.")
    retries: int = Field(2, ge=0, le=10, description="Repetitions of a request that failed on the way (not those that the host refused).")
    verify_certificates: bool = Field(True, description="Whether the certificate of an https host must be valid.")
    minimum_interval_seconds: float = Field(300.0, ge=1, description="Shortest interval between runs of a source that sets none.")
    maximum_interval_seconds: float = Field(86_400.0, ge=1, description="Longest interval between runs of a source that sets none.")
    revisit_after_seconds: tuple[float, ...] = Field(
        (900.0, 3600.0, 21_600.0, 86_400.0, 259_200.0), description="JSON list: when a mention is looked at again, since first sight."
    )
    revisits_per_host_hour: int = Field(240, ge=0, description="Revisits to one host in an hour at the most, the hottest first; 0: none.")
    images_per_mention: int = Field(4, ge=0, le=50, description="Images of a mention whose hash is taken, at the first second look; 0: none.")
    objects: str = Field("", description="Where stored pages lie: a folder or s3://bucket/prefix. Default: pages in the var folder.")
    stored_page_days: float = Field(90.0, gt=0, description="How long stored pages are kept.")
    spool_days: float = Field(7.0, ge=0, description="How long acknowledged documents stay in the spool.")
    batch_items: int = Field(1000, ge=1, le=2000, description="Documents in one message to indexing.")
    batches_in_flight: int = Field(8, ge=1, le=64, description="Messages to indexing that may wait for their answer.")
    claim_seconds: float = Field(60.0, gt=0, description="How long a replica has for what it took from the spool, before another may take it.")
    lease_seconds: float = Field(30.0, gt=1, description="How long a replica holds a source without renewing.")

    @property
    def objects_url(self) -> str:
        """Where stored pages lie."""
        return self.objects or str(self.shared.var / "pages")
