"""The audit of a problem's checks: measured on specimens, on mutants of the reference, and on many seeds.

``specimens`` grades known right and wrong modules by the real pipeline. ``syntax``, ``operators`` and ``mutants`` make
wrong modules; ``kills`` tells which check catches each, ``margins`` how far right and wrong values are from a
tolerance, ``false_alarms`` whether a right module fails on any seed. ``arguments`` records what probes pass,
``behaviour`` makes mutants of it that ``overlay`` lays over the reference, and ``luck`` tries them on very many seeds.
``measure`` does all of it, in the threads of ``parallel``, and ``page`` shows it. Nothing here is needed to grade, nor
given to students.
"""
