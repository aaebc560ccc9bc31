"""`jana calibrate speed`: what a page costs, beside decoding its picture."""

from __future__ import annotations

import click

from calibration.speed import as_table, time_pages


@click.command("speed")
@click.option("--pages", type=click.IntRange(min=1), default=200, show_default=True)
@click.option("--dpi", type=click.IntRange(100, 1200), default=300, show_default=True)
@click.option("--seed", type=int, default=1, show_default=True, help="Other hands, pens and printers.")
def command(pages: int, dpi: int, seed: int) -> None:
    """Time every stage of reading, from a JPEG in memory to the decision, on one core.

    Beside it stands the floor: decoding the same picture with cv2.imdecode, in the same run.
    """
    click.echo(as_table(time_pages(pages, dpi, seed)))
