"""What a class has handed in: bytes from strangers, read in bounds.

``reading`` finds the submissions of a folder. A ``place`` is where one lies, listed and opened, and not looked into.
What is in it, whether folder or archive, is read in a reader (``unpack``): ``choosing`` takes the files by name, and
says what it did not take, ``uses`` says which of them go together. ``names`` says what a name that is nearly right was
meant to be, ``beside`` which small files go with a notebook. A ``spool`` holds what was taken. ``sample`` makes a class
to try the grader on.
"""
