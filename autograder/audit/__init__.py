"""Whether a problem's checks are right: measured on its specimens, on mutants of its reference, on many seeds.

``specimens`` runs what is known to be right and wrong through the real pipeline. ``syntax``, ``operators`` and
``mutants`` make wrong answers nobody wrote; ``kills`` says which check catches each, ``margins`` how far right and
wrong ones are from a tolerance, ``alarms`` that nothing right fails on any seed. ``measure`` does all of it, with a
``crew`` of threads, and ``page`` shows it. Nothing here is needed to grade, nor given to students.
"""
