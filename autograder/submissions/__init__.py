"""What a class has handed in: bytes from strangers, read in bounds.

``reading`` finds the submissions of a folder and opens each, whether folder or archive (``unpack``); ``choosing`` takes
the files by name, and says what it did not take. ``names`` says what a name that is nearly right was meant to be,
``beside`` which small files go with a notebook. ``sample`` makes a class to try the grader on.
"""
