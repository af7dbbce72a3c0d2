"""What students get: ``assignments/``, made of ``solutions/``.

``starter`` takes the marked regions out of a reference, ``handout`` writes the pages beside it, and ``files`` puts an
assignment together, as a folder and as a zip.
"""
