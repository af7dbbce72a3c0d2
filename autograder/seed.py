"""The seeds from which the inputs of a run are drawn: three kinds, none of which reveals another."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Literal, Self

# 128 bits can't be searched through. BLAKE2b takes no more than 64 bytes.
LEAST_KEY_BYTES, MOST_KEY_BYTES = 16, 64


@dataclass(frozen=True)
class Seed:
    """A seed, made by :meth:`public`, :meth:`numbered` or :meth:`secret`; its text never holds a key."""

    kind: Literal["public", "numbered", "secret"]
    number: int = 0
    key: bytes = field(default=b"", repr=False)

    @classmethod
    def public(cls) -> Self:
        """Make the seed of students' own checks, known to everybody."""
        return cls("public")

    @classmethod
    def numbered(cls, number: int) -> Self:
        """Make a seed for staff's experiments, unlike the public one and every secret one."""
        return cls("numbered", number)

    @classmethod
    def secret(cls, key: bytes) -> Self:
        """Make the seed of the official run, from an assignment's key; ValueError if it is too short, or long."""
        if not LEAST_KEY_BYTES <= len(key) <= MOST_KEY_BYTES:
            raise ValueError(
                f"a key of {8 * len(key)} bits; expected {8 * LEAST_KEY_BYTES} to {8 * MOST_KEY_BYTES}, as "
                f"{2 * LEAST_KEY_BYTES} to {2 * MOST_KEY_BYTES} hexadecimal digits"
            )
        return cls("secret", key=key)

    def of_draw(self, problem: str, check: str, draw: int) -> int:
        """Compute the seed of one draw's generator, 128 bits, for a check of the problem of this id.

        A run gets nothing else. Neither a key nor the seed of another draw follows from it.
        """
        if self.kind == "secret":
            return int.from_bytes(self._keyed(f"draw {problem} {check} {draw}")[:16])
        # The public seed does not depend on the problem, so that released answers stay as they are.
        of = "0" if self.kind == "public" else f"numbered {self.number} {problem}"
        return int.from_bytes(hashlib.sha256(f"{of} {check} {draw}".encode()).digest()[:16])

    @property
    def digest(self) -> str:
        """The name under which results are stored: the same only for the same seed; it doesn't tell a key."""
        return self._keyed("digest").hex() if self.kind == "secret" else f"{self.kind} {self.number}"

    def __str__(self) -> str:
        return f"seed {self.number}" if self.kind == "numbered" else f"the {self.kind} seed"

    def _keyed(self, text: str) -> bytes:
        return hashlib.blake2b(text.encode(), key=self.key, digest_size=32).digest()
