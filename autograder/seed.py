"""Seeds: what the inputs of a run follow from, of three kinds that have nothing in common."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Literal, Self

# 128 bits: nobody goes through them. BLAKE2b takes no longer key than the second.
LEAST_KEY_BYTES, MOST_KEY_BYTES = 16, 64


@dataclass(frozen=True)
class Seed:
    """The seed, from which the inputs of a run follow.

    Made by :meth:`public`, :meth:`numbered` or :meth:`secret`. Text of it never holds a key.

    Attributes
    ----------
    kind : str
        ``public``: that of students' own checks, known to everybody. ``numbered``: for staff to try things on.
        ``secret``: that of the official run, out of an assignment's key.
    number : int
        Of a numbered one.
    key : bytes
        Of a secret one.
    """

    kind: Literal["public", "numbered", "secret"]
    number: int = 0
    key: bytes = field(default=b"", repr=False)

    @classmethod
    def public(cls) -> Self:
        """The seed of students' own checks."""
        return cls("public")

    @classmethod
    def numbered(cls, number: int) -> Self:
        """One of the seeds that staff try things on; neither the public one nor anybody's secret."""
        return cls("numbered", number)

    @classmethod
    def secret(cls, key: bytes) -> Self:
        """The seed that a key is.

        Raises
        ------
        ValueError
            If the key could be guessed, or is too long; the message doesn't hold it.
        """
        if not LEAST_KEY_BYTES <= len(key) <= MOST_KEY_BYTES:
            raise ValueError(
                f"a key of {8 * len(key)} bits; expected {8 * LEAST_KEY_BYTES} to {8 * MOST_KEY_BYTES}, as "
                f"{2 * LEAST_KEY_BYTES} to {2 * MOST_KEY_BYTES} hexadecimal digits"
            )
        return cls("secret", key=key)

    def of_draw(self, problem: str, check: str, draw: int) -> int:
        """The numbers that one draw's generator begins with, for a check of the problem of this id.

        Of a secret seed this is all that a run is told. It tells nothing of the key, nor of any other draw.
        """
        match self.kind:
            case "public":
                # Of the two arguments of old: released answers stay what they are.
                digest = hashlib.sha256(f"0 {check} {draw}".encode()).digest()
            case "numbered":
                digest = hashlib.sha256(f"numbered {self.number} {problem} {check} {draw}".encode()).digest()
            case "secret":
                digest = self._keyed(f"draw {problem} {check} {draw}")
        return int.from_bytes(digest[:16])

    @property
    def digest(self) -> str:
        """The name that results are filed under: the same for the same seed alone, and no way to a key."""
        return self._keyed("digest").hex() if self.kind == "secret" else f"{self.kind} {self.number}"

    def __str__(self) -> str:
        return f"seed {self.number}" if self.kind == "numbered" else f"the {self.kind} seed"

    def _keyed(self, text: str) -> bytes:
        return hashlib.blake2b(text.encode(), key=self.key, digest_size=32).digest()
