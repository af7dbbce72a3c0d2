"""The release: ``assignments/``, made of ``solutions/``.

``starter`` removes the marked regions of a reference, ``files`` puts an assignment together, as a folder and as a zip.
``keys`` renews the keys of a course and finds exposed ones.
"""
