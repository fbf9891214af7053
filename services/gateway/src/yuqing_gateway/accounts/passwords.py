"""Argon2id, off the event loop and few at a time: each hash takes memory and a core."""

import asyncio
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

_AT_ONCE: Final = 2


class Passwords:
    """Hashes and verifies passwords with argon2-cffi's parameters (RFC 9106, low memory)."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._of_nobody = ""

    async def hash(self, password: str) -> str:
        """The encoded hash, with its salt and parameters."""
        async with self._slots:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def verify(self, encoded: str | None, password: str) -> bool:
        """Whether the password is right. Without a hash it takes the same time and is never right, so that nobody learns which logins exist."""
        if not self._of_nobody:
            self._of_nobody = await self.hash("nobody's password")
        async with self._slots:
            right = await asyncio.to_thread(self._right, encoded or self._of_nobody, password)
        return right and encoded is not None

    def _right(self, encoded: str, password: str) -> bool:
        try:
            return self._hasher.verify(encoded, password)
        except (Argon2Error, InvalidHashError):
            return False
