"""The commands, by who gives them: students, instructors, authors of problems.

Each imports what it needs when it is called: a student who asks for a check waits for nothing else.
"""
