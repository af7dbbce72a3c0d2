"""The tools that a student has at home, on any system: no solution, no confinement, no fork.

``check`` gives the verdict of the official run, on the public seed. ``environment`` looks for what a notebook needs,
and shows tables in it. ``pack`` collects what is handed in.
"""
