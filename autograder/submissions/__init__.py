"""Reading of submissions: bytes from strangers, within bounds.

``reading`` finds the submissions of a class and reads each in a reader. ``storage`` lists and opens what lies on this
machine, and keeps what was taken. In the reader, ``unpack`` gives the files of a folder or archive, ``selection``
takes those that were asked for, and ``attachments`` finds the files that modules and notebooks name.
"""
