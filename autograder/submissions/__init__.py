"""Reading of submissions: bytes from strangers, within bounds.

``reading`` finds the submissions of a class, lists what lies on this machine, and reads each in a reader. There,
``unpack`` gives the files of a folder or archive, and ``selection`` takes those that were asked for or are named.
"""
