"""`jana calibrate speed`: what a page costs, beside decoding its picture."""

from __future__ import annotations

import click

from calibration.speed import Kind, as_json, as_table, time_pages


@click.command("speed")
@click.option("--pages", type=click.IntRange(min=1), default=200, show_default=True)
@click.option("--dpi", type=click.IntRange(100, 1200), default=300, show_default=True)
@click.option(
    "--kind",
    type=click.Choice([kind.value for kind in Kind]),
    default=Kind.GREY.value,
    show_default=True,
    help="JPEG in grey or colour, or a fax-coded TIFF.",
)
@click.option("--seed", type=int, default=1, show_default=True, help="Other hands, pens and printers.")
@click.option("--json", "json_out", is_flag=True, help="The figures for programs.")
def command(pages: int, dpi: int, kind: str, seed: int, json_out: bool) -> None:
    """Time every stage of reading, from a picture in memory to the decision, on one core.

    Beside it stands the floor: decoding the same picture with cv2.imdecode, in the same run.
    """
    timed = time_pages(pages, dpi, seed, Kind(kind))
    click.echo(as_json(timed) if json_out else as_table(timed))
