"""`jana`: the entry point, and the one place that turns trouble into an exit code."""

from __future__ import annotations

import os
import sys
import traceback
from importlib import import_module, metadata
from typing import ClassVar

import click

from forms.errors import FormDefinitionError
from scanner.errors import ExitCode, JanaError


class _Group(click.Group):
    """Loads a command's module when the command is called, so that `jana --help` answers at once."""

    COMMANDS: ClassVar = {
        "demo": "scanner.cli.demo",
        "print": "scanner.cli.print",
        "sheet": "scanner.cli.sheet",
        "read": "scanner.cli.read",
        "results": "scanner.cli.results",
        "doctor": "scanner.cli.doctor",
    }

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.COMMANDS:
            return None
        command: click.Command = import_module(self.COMMANDS[cmd_name]).command
        return command


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(metadata.version("jana"), prog_name="jana")
def jana() -> None:
    """Print paper ORS and SRS scales, read their scans, and keep the results.

    Settings come from settings.toml in JANA_HOME, overridden by JANA_* variables.
    """


def main() -> None:
    """Run a command and leave with the exit code of the public contract."""
    sys.exit(_run())


def _run() -> int:
    try:
        code = jana.main(standalone_mode=False)
        sys.stdout.flush()
    except click.exceptions.Exit as leaving:
        return leaving.exit_code
    except click.ClickException as error:
        error.show()
        return ExitCode.USAGE if isinstance(error, click.UsageError) else ExitCode.ERROR
    except FormDefinitionError as error:
        return _complain(error, ExitCode.SETTINGS)
    except JanaError as error:
        return _complain(error, error.exit_code)
    except (KeyboardInterrupt, click.Abort):
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has seen enough (`jana results | head`).
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.DONE
    except Exception:
        traceback.print_exc()
        click.echo("jana: this is a bug; nothing that was recorded is lost.", err=True)
        return ExitCode.BUG
    return code if isinstance(code, int) else ExitCode.DONE


def _complain(error: Exception, code: ExitCode) -> ExitCode:
    click.echo(f"jana: {error}", err=True)
    return code


if __name__ == "__main__":
    main()
