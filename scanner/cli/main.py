"""`jana`: the entry point, and the one place that turns trouble into an exit code."""

from __future__ import annotations

import io
import sys
import traceback
from collections.abc import Sequence
from importlib import metadata

import click

from forms.errors import FormDefinitionError
from scanner.cli.lazy_group import LazyGroup
from scanner.cli.terminal import harmless, leave_stdout
from scanner.errors import ExitCode, JanaError

COMMANDS = {
    "demo": ("scanner.cli.demo", "Show the whole way on a made-up morning's sheets."),
    "print": ("scanner.cli.print", "Print sheets for meetings, or a pool of unbound ones."),
    "sheet": ("scanner.cli.sheet", "Look at a printed sheet, make it void, or bind it to a case."),
    "read": ("scanner.cli.read", "Read scans into the record."),
    "watch": ("scanner.cli.watch", "Watch a folder, and read what is put into it."),
    "worker": ("scanner.cli.worker", "Read what is taken in on other machines."),
    "review": ("scanner.cli.review", "Serve the page on which people settle doubtful marks."),
    "user": ("scanner.cli.user", "Say who may use the review page, and what they may see."),
    "results": ("scanner.cli.results", "Give the results as a table (CSV or JSON)."),
    "redcap": ("scanner.cli.redcap", "Prepare a REDCap project for results."),
    "status": ("scanner.cli.status", "Say how the work stands: what waits, what was refused."),
    "deliver": ("scanner.cli.deliver", "Send what is settled to where it belongs."),
    "reconcile": ("scanner.cli.reconcile", "Account for every sheet, from its printing to its delivery."),
    "audit": ("scanner.cli.audit", "Check the log of every change, which shows tampering."),
    "db": ("scanner.cli.db", "Bring the record's database to this version."),
    "backup": ("scanner.cli.backup:backup", "Copy record and scans, while the service works."),
    "restore": ("scanner.cli.backup:restore_command", "Put a backup back, and say what does not match."),
    "case": ("scanner.cli.case", "Take cases in, look at them, close them, open them again."),
    "purge": ("scanner.cli.purge", "Throw pictures away whose time is over."),
    "calibrate": ("scanner.cli.calibrate.group", "Measure how wrong we are, here and on your devices."),
    "doctor": ("scanner.cli.doctor", "Say what is missing or wrong on this machine."),
}
"""Module (and the name there, if not `command`) and summary of each, in the order of a sheet's life."""


@click.group(cls=LazyGroup, commands_in=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(metadata.version("jana"), prog_name="jana")
def jana() -> None:
    """Print paper ORS and SRS scales, read their scans, and keep the results.

    Settings come from settings.toml in JANA_HOME, overridden by JANA_* variables. Results go to
    standard output, everything else to standard error.

    Exit codes: 0 done, 1 known error, 2 usage, 3 nothing could be read, 4 settings or a form's
    definition wrong, 5 database unavailable, 6 something was refused (with --strict), 70 bug,
    130 interrupted.
    """


def main() -> None:
    """Run a command and leave with the exit code of the public contract."""
    # What we write is UTF-8 wherever it goes, whatever the locale; a file has our line ends, LF.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", newline="\n")
    sys.exit(run())


def run(arguments: Sequence[str] | None = None) -> int:
    """Run a command with these arguments (None: those of the process); the exit code."""
    try:
        # Not by click's own main, for which a pipe that nobody reads any more is an error.
        words = sys.argv[1:] if arguments is None else list(arguments)
        with jana.make_context("jana", words) as context:
            code = jana.invoke(context)
        sys.stdout.flush()
    except click.exceptions.Exit as leaving:
        return leaving.exit_code
    except click.ClickException as error:
        said = io.StringIO()
        error.show(said)
        click.echo(harmless(said.getvalue()), err=True, nl=False)
        return ExitCode.USAGE if isinstance(error, click.UsageError) else ExitCode.ERROR
    except FormDefinitionError as error:
        return _complain(error, ExitCode.SETTINGS)
    except JanaError as error:
        return _complain(error, error.exit_code)
    except (KeyboardInterrupt, click.Abort):
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        leave_stdout()
        return ExitCode.DONE
    except Exception:
        traceback.print_exc()
        click.echo("jana: this is a bug; nothing that was recorded is lost.", err=True)
        return ExitCode.BUG
    return code if isinstance(code, int) else ExitCode.DONE


def _complain(error: Exception, code: ExitCode) -> ExitCode:
    click.echo(f"jana: {harmless(str(error))}", err=True)
    return code


if __name__ == "__main__":
    main()
