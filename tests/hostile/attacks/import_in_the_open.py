"""Import and use a package that is installed and not allowed.

Must: doubled 50, totalled 50, parts 50
Says: imports click
"""

import click

click.echo("sum")
