"""The four corner marks as data: AprilTag family 36h11, ids 0 to 3.

A mark is 8 x 8 modules: a black border around 6 x 6 bits. Family by E. Olson, "AprilTag: A robust
and flexible visual fiducial system", 2011; the bits are those that common detectors know.
"""

from __future__ import annotations

MODULES = 8
"""Modules on a side, with the black border."""

PATTERNS: dict[int, tuple[str, ...]] = {
    0: (
        "########",
        "###.####",
        "##..#.##",
        "####.#.#",
        "####..##",
        "#.#...##",
        "#.#.#..#",
        "########",
    ),
    1: (
        "########",
        "#.##.###",
        "#.#..#.#",
        "####..##",
        "###....#",
        "#...#.##",
        "##..#..#",
        "########",
    ),
    2: (
        "########",
        "##...###",
        "###.####",
        "#.##.###",
        "######.#",
        "##.##.##",
        "#...#..#",
        "########",
    ),
    3: (
        "########",
        "####..##",
        "##.##..#",
        "#.##.#.#",
        "#...##.#",
        "#...####",
        "#.##...#",
        "########",
    ),
}
"""Rows from top to bottom, `#` is black."""
