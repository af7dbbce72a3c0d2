"""Where student code runs: the processes, what confines them, and what they may cost.

``observe`` is the way in: an implementation goes in, observations come out. Behind it are two ways to have a process.
``process`` starts one afresh, on any system and without confinement. ``warm`` has a ``loader`` started, which forks a
``server`` for each worker, which forks the runs. ``confine`` holds these to what ``promises`` says, by the system calls
of ``kernel``; allows them the ``calls`` of honest work; and says in a record what is ``enforced``. ``limits`` is the
table of what a run may cost, ``deadline`` its clock, ``scratch`` its disk.
"""
