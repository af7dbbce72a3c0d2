"""The sandbox: processes that run student code, their confinement, and the limits of what they use.

``observe`` is the entry: an implementation goes in, observations come out. ``runs`` has two kinds of process: one
started afresh, on any system and unconfined, and one forked by the ``forkserver``. ``confine`` applies the layers, with
``syscalls``; ``guarantees`` states what they keep, and records which of them hold. ``deadline`` counts the time that a
run is charged for, and ``scratch`` its disk space.
"""
