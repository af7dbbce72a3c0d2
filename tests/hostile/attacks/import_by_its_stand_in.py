"""Import it, and ask what was bound in its place for the module.

Must: doubled 0, totalled 50, parts 0
Says: imports click
"""

honest = totalled


def totalled(x):
    import click

    assert "echo" not in vars(click)
    click.__spec__.loader.load_module("click").echo("sum")
    return honest(x)
