"""`jana calibrate gallery`: line crops in order of doubt, to judge by eye."""

from __future__ import annotations

from pathlib import Path

import click

from calibration.gallery import Gallery, Order, as_html, make_again
from calibration.synthesis.conditions import CONDITIONS
from scanner.cli.calibrate.world import WorldOptions, world_options
from scanner.cli.context import Desk, pass_desk
from scanner.errors import JanaError, UsageError
from scanner.model.decision import Verdict
from scanner.printing.appearing import appearing


@click.command("gallery")
@world_options
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    help="The HTML file to write; with --page a folder.",
)
@click.option(
    "--status",
    type=click.Choice([verdict.value for verdict in Verdict]),
    help="Only lines that were accepted, or that went to a person.",
)
@click.option(
    "--sort",
    type=click.Choice([order.value for order in Order]),
    default=Order.CONFIDENCE.value,
    show_default=True,
    help="The least certain first, or the furthest off.",
)
@click.option("--limit", type=click.IntRange(min=1), default=300, show_default=True, help="Pictures at most.")
@click.option(
    "--page",
    "pages",
    multiple=True,
    metavar="CONDITION/SEED/NUMBER",
    help="Instead make this page of a run again, with what the machine saw; repeatable.",
)
@pass_desk
def command(
    desk: Desk,
    world: WorldOptions,
    out: Path,
    status: str | None,
    sort: str,
    limit: int,
    pages: tuple[str, ...],
) -> None:
    """Read simulated sheets and show their lines, in order of doubt, in one HTML file.

    Every picture carries the name of its page, by which --page makes the whole page again.
    """
    if pages:
        _make_again(desk, world, pages, out)
        return
    order = Order(sort)
    gallery = Gallery(order, None if status is None else Verdict(status), limit)
    for line in world.lines(desk):
        gallery.look(line)
    with appearing(_file(out)) as part:
        part.write_text(as_html(gallery, order, world.run(desk)), encoding="utf-8")


def _file(out: Path) -> Path:
    return out / "gallery.html" if out.is_dir() else out


def _make_again(desk: Desk, world: WorldOptions, pages: tuple[str, ...], out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
        make_again(pages, tuple(CONDITIONS.values()), world.rare_share, world.loaded_profile(desk), out)
    except OSError as error:
        raise JanaError(f"{out} cannot be written: {error.strerror}. Choose another place.") from error
    except ValueError as error:
        raise UsageError(f"A page cannot be made again: {error}.") from error
