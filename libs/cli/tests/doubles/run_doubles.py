"""`yuqing up` with doubles in place of the installed services; arguments: the services' names."""

import sys

import click

from yuqing_cli.up.command import start_run
from yuqing_cli.up.settings import UpSettings

try:
    start_run(UpSettings(), {name: f"double_{name}" for name in sys.argv[1:]}, with_world=False)
except click.ClickException as error:
    error.show()
    sys.exit(error.exit_code)
