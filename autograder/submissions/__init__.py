"""What a class has handed in: bytes from strangers, read in bounds.

``reading`` finds the submissions of a folder and takes from each the files by name, out of folders and out of archives
(``unpack``). ``names`` says what a name that is nearly right was meant to be, ``beside`` which small files go with a
notebook. ``sample`` makes a class to try the grader on.
"""
