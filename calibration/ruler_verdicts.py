"""What the figures of a ruler sheet mean for an office: ok, watch, or out of bounds, and what to do.

Pure: sees no pixel. Every bound stands in `calibration.ruler_bounds`.
"""

from __future__ import annotations

from collections.abc import Iterator

from calibration.ruler import RulerFigures, Scale
from calibration.ruler_bounds import BOUNDS, Bounds, Level, Verdict, level_of
from calibration.ruler_shape import Wobble


def judge(figures: RulerFigures, bounds: Bounds = BOUNDS) -> tuple[Verdict, ...]:
    """A verdict on every property, in the order in which a technician would ask."""
    return (
        _error(figures, bounds),
        *_sizes(figures, bounds),
        *_lie(figures, bounds),
        _feed(figures, bounds),
        *_resolution(figures, bounds),
        *_tones(figures, bounds),
    )


def _error(figures: RulerFigures, bounds: Bounds) -> Verdict:
    marks = figures.marks
    error = max(figures.error_mm, marks.mean_error_mm or 0.0)
    level = level_of(error, bounds.error_mm)
    worst_mark = "" if marks.worst_error_mm is None else f", the worst {_closer(marks.worst_error_mm)} off"
    read = f"{marks.found} of {marks.printed} printed marks were read{worst_mark}."
    meaning = f"On a 100 mm line this pair moves 19 of 20 places by less than {_mm(error)}. {read}"
    if marks.found < marks.printed:
        return Verdict("marks", Level.OUT, f"± {_mm(error)}", meaning, "Mend what stands below.")
    remedy = None
    if level is not Level.OK:
        along = figures.shape.bend_mm > figures.shape.scatter_mm
        remedy = (
            "Scan with the short edge of the sheet first, so that lines lie across the feed."
            if along
            else "Scan in grey at 300 dpi."
        )
    return Verdict("marks", level, f"± {_mm(error)}", meaning, remedy)


def _mm(value: float) -> str:
    """No finer than anybody believes."""
    return f"{max(value, 0.01):.2f} mm"


def _closer(value: float) -> str:
    return "less than 0.01 mm" if value < 0.01 else _mm(value)


def _sizes(figures: RulerFigures, bounds: Bounds) -> Iterator[Verdict]:
    for way, scale in (("across", figures.across), ("down", figures.down)):
        if scale.printer is not None:
            yield _print_size(f"print size {way}", scale.printer, bounds)
        if scale.scanner is not None:
            yield _scanner_size(f"scan size {way}", scale.scanner, bounds)
        elif scale.pair is not None:
            yield _pair_size(f"size {way}", scale, bounds)
    if figures.across.pair is None:
        yield Verdict(
            "size",
            Level.WATCH,
            "unknown",
            "The file does not state its resolution, so that sizes cannot be told from it.",
            "Scan to PDF or TIFF, or let the scanner write the resolution into its files.",
        )
    ratio = figures.shape.px_per_mm_across / figures.shape.px_per_mm_down
    level = level_of(abs(ratio - 1), bounds.proportion)
    same = "Across and down have the same scale."
    wider = f"Across is {_percent(ratio - 1)} {'longer' if ratio > 1 else 'shorter'} than down."
    remedy = "Turn off every fit or stretch in the print dialogue, and set the scanner to one resolution."
    yield Verdict(
        "proportions",
        level,
        f"{100 * (ratio - 1):+.2f} %",
        same if abs(ratio - 1) < 0.0005 else wider,
        None if level is Level.OK else remedy,
    )


def _percent(share: float) -> str:
    return f"{abs(100 * share):.1f} %" if abs(share) >= 0.0095 else f"{abs(100 * share):.2f} %"


def _print_size(check: str, scale: float, bounds: Bounds) -> Verdict:
    off = scale - 1
    level = level_of(abs(off), bounds.size)
    figure = f"{100 * scale:.2f} %"
    if level is Level.OK:
        return Verdict(check, level, figure, "The print has its size, as far as a steel ruler can tell.")
    meaning = f"The print is {_percent(off)} too {'large' if off > 0 else 'small'}."
    return Verdict(
        check,
        level,
        figure,
        meaning,
        "In the print dialogue choose 'Actual size' (100 %), not 'Fit to page'.",
    )


def _scanner_size(check: str, scale: float, bounds: Bounds) -> Verdict:
    off = scale - 1
    level = level_of(abs(off), bounds.size)
    meaning = (
        "The scanner keeps lengths."
        if level is Level.OK
        else f"The scanner makes everything {_percent(off)} too {'large' if off > 0 else 'small'}."
    )
    remedy = "Turn off reduction and 'fit to A4' in the scan settings."
    return Verdict(check, level, f"{100 * scale:.2f} %", meaning, None if level is Level.OK else remedy)


def _pair_size(check: str, scale: Scale, bounds: Bounds) -> Verdict:
    pair = scale.pair or 1.0
    off = pair - 1
    level = level_of(abs(off), bounds.size)
    figure = f"{100 * pair:.2f} %"
    if level is Level.OK:
        return Verdict(check, level, figure, "Printed and scanned again, the sheet has its size.")
    meaning = (
        f"Printed and scanned again, everything is {_percent(off)} too {'large' if off > 0 else 'small'}."
    )
    return Verdict(
        check,
        level,
        figure,
        meaning,
        "In the print dialogue choose 'Actual size' (100 %). If it is: measure line A and B, and give what "
        "you read by --printed-mm and --printed-down-mm, to see whether printer or scanner does it.",
    )


def _lie(figures: RulerFigures, bounds: Bounds) -> Iterator[Verdict]:
    shape = figures.shape
    skew, shear = (
        level_of(abs(shape.skew_deg), bounds.skew_deg),
        level_of(abs(shape.shear_deg), bounds.shear_deg),
    )
    turned = f", upside down or sideways by {shape.turn}°, which does not matter" if shape.turn else ""
    yield Verdict(
        "skew",
        skew,
        f"{shape.skew_deg:+.2f}°",
        ("The page lies straight" if skew is Level.OK else "The page lies askew") + f"{turned}.",
        None if skew is Level.OK else "Move the paper guides of the feeder close to the paper.",
    )
    yield Verdict(
        "right angle",
        shear,
        f"{shape.shear_deg:+.2f}°",
        "Right angles stay right." if shear is Level.OK else "Right angles do not stay right.",
        None if shear is Level.OK else "The paper turns while it is fed: clean the rollers, set the guides.",
    )


def _feed(figures: RulerFigures, bounds: Bounds) -> Verdict:
    shape = figures.shape
    along: Wobble = shape.across if shape.feed == "across" else shape.down
    if shape.feed is None:
        along = max(shape.across, shape.down, key=lambda wobble: wobble.peak_to_peak_mm)
    level = level_of(along.peak_to_peak_mm, bounds.wobble_mm)
    figure = f"{along.peak_to_peak_mm:.2f} mm"
    ways = {
        None: "The feed is too even to tell which way the paper went",
        "down": "The paper is fed short edge first, lines lie across the feed",
        "across": "The paper is fed along the lines",
    }
    period = "" if along.period_mm is None else f", again every {along.period_mm:.0f} mm"
    sway = f", {along.sway_mm:.2f} mm to the side" if along.sway_mm >= 0.05 else ""
    even = along.peak_to_peak_mm < 0.03
    swing = (
        ""
        if even
        else f"; it wobbles by {along.peak_to_peak_mm:.2f} mm (rms {along.rms_mm:.3f}){period}{sway}"
    )
    remedy = "Clean the rollers of the feeder; if that does not help, have them changed."
    return Verdict(
        "feed", level, figure, f"{ways[shape.feed]}{swing}.", None if level is Level.OK else remedy
    )


def _resolution(figures: RulerFigures, bounds: Bounds) -> Iterator[Verdict]:
    shape = figures.shape
    printed = figures.across.printer or figures.down.printer or 1.0
    dpi = min(shape.dpi_across, shape.dpi_down) / printed
    # 200 dpi that the feed or the print makes 197 is what was set: judged with some room.
    level = level_of(dpi, bounds.dpi)
    stated = "states none" if figures.stated_dpi is None else f"states {figures.stated_dpi:.0f}"
    measured = f"measured {shape.dpi_across:.1f} across and {shape.dpi_down:.1f} down; the file {stated}"
    yield Verdict(
        "resolution",
        level,
        f"{dpi:.0f} dpi",
        f"{measured[0].upper()}{measured[1:]}.",
        None if level is Level.OK else "Scan at 300 dpi.",
    )
    sharp = [s for s in (figures.sharp_across, figures.sharp_down) if s is not None]
    if not sharp:
        yield Verdict(
            "sharpness",
            Level.OK,
            "unknown",
            "A black and white scan, or a very skewed one, does not show it.",
        )
        return
    blurred = max(sharp, key=lambda s: s.rise_mm)
    level = level_of(blurred.rise_mm, bounds.rise_mm)
    yield Verdict(
        "sharpness",
        level,
        f"{blurred.rise_mm:.2f} mm",
        f"An edge rises over {blurred.rise_mm:.2f} mm; half of the contrast is left at "
        f"{blurred.mtf50_lp_mm:.1f} line pairs per mm.",
        None if level is Level.OK else "Clean the glass of the scanner, lay the paper flat, scan at 300 dpi.",
    )


def _tones(figures: RulerFigures, bounds: Bounds) -> Iterator[Verdict]:
    tone = figures.tone
    if tone.bilevel:
        yield Verdict(
            "tones",
            Level.WATCH,
            "black/white",
            "Faint pencil may vanish, and strokes lose their edges.",
            "Scan in grey.",
        )
    else:
        yield from _greys(figures, bounds)
    streaks = Level.OK if tone.streaks == 0 else Level.WATCH
    way = "down" if tone.streaks_down else "across"
    yield Verdict(
        "streaks",
        streaks,
        str(tone.streaks),
        "No line runs through the page."
        if tone.streaks == 0
        else f"Lines run {way} the whole page: dirt on the scanner's glass.",
        None if tone.streaks == 0 else "Clean the narrow strip of glass beside the feeder.",
    )


def _greys(figures: RulerFigures, bounds: Bounds) -> Iterator[Verdict]:
    tone = figures.tone
    clipped = " Paper is clipped to white." if tone.paper_clipped else ""
    level = level_of(tone.contrast, bounds.contrast)
    yield Verdict(
        "contrast",
        level,
        f"{tone.contrast:.0f} levels",
        f"Paper is {tone.paper:.0f}, black {tone.black:.0f} of 255.{clipped}",
        None if level is Level.OK else "Change the toner, and set the scanner's exposure to normal.",
    )
    level = level_of(tone.faint, bounds.faint)
    yield Verdict(
        "faint tones",
        level,
        f"{tone.faint:.0f} levels",
        "A quarter of black stands clear of the paper."
        if level is Level.OK
        else "Light grey comes out nearly white: faint pencil is lost.",
        None if level is Level.OK else "Turn off 'remove background', and lower the scanner's brightness.",
    )
    level = level_of(tone.noise, bounds.noise)
    yield Verdict(
        "noise",
        level,
        f"{tone.noise:.1f} levels",
        "Clean paper is even." if level is Level.OK else "Clean paper is grainy.",
        None
        if level is Level.OK
        else "Turn off sharpening; scan clean white paper; have the scanner serviced.",
    )
    level = level_of(tone.unevenness, bounds.unevenness)
    yield Verdict(
        "light",
        level,
        f"{tone.unevenness:.0f} levels",
        "The page is lit evenly." if level is Level.OK else "Parts of the page are darker than others.",
        None if level is Level.OK else "Close the lid, and clean the glass.",
    )
