"""The tools that a student has at home, on any system: no solution, no confinement, no fork.

``check`` gives the verdict of the official run, on the public seed. ``environment`` looks for what a notebook needs,
``pack`` collects what is handed in. ``display`` shows tables and progress in a notebook.
"""
