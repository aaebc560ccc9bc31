"""`jana calibrate thresholds`: a profile of acceptance from nothing but the simulated world."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from calibration.evidence import Evidence, gathered
from calibration.slip_trials import run_slips, slip_conditions
from calibration.synthesis.conditions import CONDITIONS
from calibration.thresholds import LEVEL, PER, RISK, Calibration, calibrate, limits_for, model_of
from calibration.trials import RARE_SHARE
from scanner.cli.context import Desk, pass_desk
from scanner.reading.profile import CAUTIOUS, load_profile, save_profile
from scanner.reading.read import READER_VERSION

TRAINING_RARE_SHARE = 0.4
"""Of the lines that train: what must be told apart has to be seen often."""


@click.command("thresholds")
@click.option("--train", "train_lines", type=click.IntRange(min=500), default=20_000, show_default=True)
@click.option("--choose", "choose_lines", type=click.IntRange(min=500), default=100_000, show_default=True)
@click.option("--held-out", "held_out", type=click.IntRange(min=500), default=200_000, show_default=True)
@click.option(
    "--risk",
    type=click.FloatRange(0, PER, min_open=True),
    default=RISK * PER,
    show_default=True,
    help="Upper 95 % bound of the silently wrong lines among 10,000 accepted ones.",
)
@click.option(
    "--rare-share",
    type=click.FloatRange(0, 1),
    default=RARE_SHARE,
    show_default=True,
    help="Share of the lines with something else than one clear mark.",
)
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True, help="Another world.")
@click.option("--name", default="calibrated", show_default=True, help="What results say decided them.")
@click.option("--workers", type=click.IntRange(min=1), help="Processes; else as in the settings.")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The profile; its model is written beside it. Default: profiles/NAME.toml in JANA_HOME.",
)
@pass_desk
def command(
    desk: Desk,
    train_lines: int,
    choose_lines: int,
    held_out: int,
    risk: float,
    rare_share: float,
    seed: int,
    name: str,
    workers: int | None,
    out: Path | None,
) -> None:
    """Choose what is accepted without a person, at a stated risk of being silently wrong.

    Simulated lines train a small model of how likely a reading is right; others tell what its numbers mean
    and from which probability on a line is accepted; a last part, seen by neither, says what that costs.
    Use the profile with `profile` in settings.toml. The same seed gives the same profile.
    """
    base = load_profile(CAUTIOUS)
    total = train_lines + choose_lines + held_out
    with desk.progress("scanning", total) as bar:
        done = 0

        def evidence(lines: int, number: int, rare: float) -> Evidence:
            nonlocal done
            before = done
            found = gathered(
                run_slips(
                    tuple(CONDITIONS.values()),
                    lines,
                    3 * seed + number,
                    rare_share=rare,
                    profile=limits_for(base),
                    workers=workers or desk.settings.processes,
                    progress=lambda now: bar.update(bar.task_ids[0], completed=before + now),
                )
            )
            done += lines
            return found

        training = evidence(train_lines, 0, TRAINING_RARE_SHARE)
        choosing = evidence(choose_lines, 1, rare_share)
        stating = evidence(held_out, 2, rare_share)
    calibration = calibrate(model_of(training, choosing), choosing, stating, base, risk / PER)
    told = told_by(calibration, risk, rare_share, seed, (train_lines, choose_lines, held_out))
    profile = replace(calibration.profile, profile_id=name, provenance=told)
    path = out or desk.settings.home / "profiles" / f"{name}.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    save_profile(profile, path)
    click.echo(told)
    click.echo(f"Written to {path}.")


def told_by(
    calibration: Calibration, risk: float, rare_share: float, seed: int, lines: tuple[int, int, int]
) -> str:
    """Where a profile comes from, and what it costs."""
    cost = calibration.cost
    training, choosing, _ = lines
    kept = (
        f"chosen so that at most {risk:g} of {PER} accepted lines are silently wrong ({LEVEL:.0%} bound)"
        if calibration.met
        else f"{choosing} lines were too few, or too much was wrong, to keep a risk of {risk:g} of {PER}: "
        "this is the threshold with the lowest bound"
    )
    return (
        f"Reader {READER_VERSION}, seed {seed}, {len(slip_conditions(tuple(CONDITIONS.values())))} simulated "
        f"conditions, {rare_share:.0%} of the lines no clear mark; {training} lines trained it, {choosing} "
        f"chose it: {kept}. On {cost.lines} others it accepted {cost.accepted}, {cost.wrong} of them "
        f"silently wrong (at most {PER * cost.bound:.2g} of {PER}, {LEVEL:.0%} bound), sent "
        f"{1 - cost.accepted / max(cost.lines, 1):.1%} to a person, accepted {cost.clear_tidy:.1%} of the "
        f"unmistakable marks in tidy and {cost.clear_hard:.1%} in hard conditions; expected calibration "
        f"error {cost.calibration_error:.4f}."
    )
