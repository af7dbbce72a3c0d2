"""Shake off what confines this process.

Must: doubled 0, totalled 0, parts 0
"""

import resource

from raw_calls import X86, call

honest = totalled


def attempts():
    yield lambda: call(157 if X86 else 167, 38, 0, 0, 0, 0)
    yield lambda: call(157 if X86 else 167, 22, 0, 0, 0, 0)
    yield lambda: call(157 if X86 else 167, 1, 0, 0, 0, 0)
    yield lambda: call(157 if X86 else 167, 4, 1, 0, 0, 0)
    yield lambda: call(157 if X86 else 167, 0x59616D61, -1, 0, 0, 0)
    for kind in (resource.RLIMIT_CPU, resource.RLIMIT_AS, resource.RLIMIT_FSIZE, resource.RLIMIT_NOFILE):
        soft, hard = resource.getrlimit(kind)
        yield lambda: resource.setrlimit(kind, (hard + 1, hard + 1))
        yield lambda: resource.setrlimit(kind, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def totalled(x):
    for number, attempt in enumerate(attempts()):
        try:
            found = attempt()
        except (OSError, ValueError):
            continue
        raise AssertionError(f"attempt {number} got {found!r:.200}")
    return honest(x)
