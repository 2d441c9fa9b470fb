"""Where every random draw comes from: a generator of its own per (seed, kind, id)."""

import hashlib
from random import Random

__all__ = ["Random", "generator"]


def generator(seed: int, kind: str, name: str) -> Random:
    """The generator of one attempt, person or agent.

    Nobody shares a generator, so the order in which things happen never changes
    what is drawn: the person who would have answered attempt 17 answers it
    whether or not attempt 16 was placed before.

    >>> generator(1, "attempt", "a-17").random() == generator(1, "attempt", "a-17").random()
    True
    >>> generator(1, "attempt", "a-17").random() == generator(1, "person", "a-17").random()
    False
    """
    key = hashlib.blake2b(f"{seed}\0{kind}\0{name}".encode(), digest_size=8).digest()
    # 5 us against 10 us for a numpy generator. Nothing here protects a secret.
    return Random(int.from_bytes(key, "little"))  # noqa: S311
