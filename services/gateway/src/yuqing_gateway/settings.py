"""Settings of the gateway."""

from pydantic import Field, SecretStr

from yuqing_runtime.settings import ServiceSettings, service_settings


class Settings(ServiceSettings):
    """YUQING_GATEWAY_…; the directory's address is YUQING_DIRECTORY_ADDRESS."""

    model_config = service_settings("gateway")

    http: str = Field(default="127.0.0.1:8080", description="host:port of the REST interface.")
    demonstration: bool = Field(default=False, description="Make an account for each role in an empty installation, not only admin.")
    largest_request_bytes: int = Field(default=8 * 1024 * 1024, ge=1024, description="A larger request is refused with 413.")
    requests_per_second: float = Field(default=50.0, gt=0, description="Sustained rate for each person or address; beyond it 429.")
    requests_burst: int = Field(default=200, ge=1, description="How many requests may come at once before the rate binds.")
    feed_days: int = Field(default=7, ge=1, le=365, description="Days that the feed of changed people is kept.")
    oidc_issuer: str = Field(default="", description="Issuer of the OpenID Connect provider; empty: no such sign-in.")
    oidc_client_id: str = Field(default="", description="Client id at the provider.")
    oidc_client_secret: SecretStr = Field(default=SecretStr(""), description="Client secret at the provider.")
    oidc_redirect_url: str = Field(default="", description="This gateway's /v1/oidc/callback as the browser reaches it.")
    allowed_origins: tuple[str, ...] = Field(default=(), description="Origins that may call from a browser (CORS); none by default.")
    secure_cookies: bool = Field(default=False, description="Send the session cookie over HTTPS alone, where TLS ends in front.")
