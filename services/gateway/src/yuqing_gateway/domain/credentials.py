"""Rules of passwords, tokens and throttling."""

import hashlib
import secrets
from datetime import timedelta
from typing import Final

SESSION_LIFETIME: Final = timedelta(hours=12)
SESSION_IDLE: Final = timedelta(hours=2)
LONGEST_API_TOKEN: Final = timedelta(days=366)
SHORTEST_PASSWORD: Final = 10
LONGEST_PASSWORD: Final = 200
_SESSION_PREFIX: Final = "yqs_"
_API_PREFIX: Final = "yqa_"
# Failures that cost nothing: people mistype. A whole office may share an address.
_FREE_FAILURES: Final = {"login": 5, "address": 30}
_LONGEST_BLOCK: Final = timedelta(minutes=15)
FAILURES_FORGOTTEN_AFTER: Final = timedelta(hours=1)
USUAL_API_TOKEN: Final = timedelta(days=90)


class PasswordRefused(Exception):
    """A password that the rules do not allow."""


def check_password(password: str, login: str) -> None:
    """Raises PasswordRefused. Length counts for more than kinds of characters (NIST SP 800-63B, 5.1.1)."""
    if len(password) < SHORTEST_PASSWORD:
        raise PasswordRefused(f"at least {SHORTEST_PASSWORD} characters are needed")
    if len(password) > LONGEST_PASSWORD:
        raise PasswordRefused(f"at most {LONGEST_PASSWORD} characters are taken")
    if login.lower() in password.lower() or len(set(password)) < 4:
        raise PasswordRefused("it is too easy to guess: it holds the login, or too few different characters")


def new_session_token() -> str:
    """256 random bits."""
    return _SESSION_PREFIX + secrets.token_urlsafe(32)


def new_api_token() -> str:
    """256 random bits, told apart from a session by its first letters."""
    return _API_PREFIX + secrets.token_urlsafe(32)


def is_api_token(token: str) -> bool:
    """Whether the token was made by `new_api_token`."""
    return token.startswith(_API_PREFIX)


def token_hash(token: str) -> str:
    """What is kept of a token: SHA-256 suffices for random bits."""
    return hashlib.sha256(token.encode()).hexdigest()


def block_after(kind: str, failures: int) -> timedelta:
    """How long further attempts are refused after so many failures: it doubles, up to 15 minutes."""
    beyond = failures - _FREE_FAILURES[kind]
    return min(timedelta(seconds=2 ** min(beyond, 20)), _LONGEST_BLOCK) if beyond >= 0 else timedelta(0)
