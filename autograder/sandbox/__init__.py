"""The sandbox: processes that run student code, what confines them, and what they may cost.

``observe`` is the way in: an implementation goes in, observations come out. ``runs`` has two kinds of process: one
started afresh, on any system and unconfined, and one forked by the ``forkserver``. ``confine`` puts the layers around
a fork, by ``syscalls``; ``guarantees`` says what they keep, and records which of them hold. ``deadline`` counts the
time that a run is charged for, and ``scratch`` the disk that it takes.
"""
