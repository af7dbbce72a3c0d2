"""The sandbox: processes that run student code, their confinement, and the limits of what they use.

``observe`` is the entry: an implementation goes in, observations come out. ``runs`` has two kinds of process: one
started afresh, on any system and unconfined, and one forked by the ``forkserver``. ``confine`` applies the layers, with
``syscalls``, and states what they keep. ``usage`` counts the time that a run is charged for, and its disk space.
"""
