"""The one place that holds the mapping between paper and pixels.

Paper is in millimetres as in `forms.geometry`. Pixels are (x, y) with the centre of the first
pixel at (0, 0), as OpenCV counts. A mapping is a planar homography (Hartley and Zisserman,
Multiple View Geometry, 2nd ed., ch. 4), from paper to pixels.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import atan2, degrees, sqrt

import cv2
import numpy as np
from numpy.typing import NDArray

from scanner.model.result import Mapping

FloatArray = NDArray[np.float64]

MM_PER_INCH = 25.4


@dataclass(frozen=True)
class PaperToPixel:
    """A homography from paper millimetres to pixel coordinates."""

    matrix: FloatArray
    """Shape (3, 3)."""

    @cached_property
    def inverse(self) -> FloatArray:
        return np.asarray(np.linalg.inv(self.matrix), dtype=np.float64)

    def to_pixels(self, points_mm: FloatArray) -> FloatArray:
        """Map points of shape (n, 2)."""
        return _project(self.matrix, points_mm)

    def to_paper(self, points_px: FloatArray) -> FloatArray:
        """Map points of shape (n, 2) back to paper."""
        return _project(self.inverse, points_px)

    def px_per_mm(self, x_mm: float, y_mm: float) -> float:
        """Local scale around a place on paper: the root of the area that one square millimetre fills."""
        corner, right, down = self.to_pixels(
            np.array([[x_mm, y_mm], [x_mm + 1.0, y_mm], [x_mm, y_mm + 1.0]], dtype=np.float64)
        )
        u, v = right - corner, down - corner
        return sqrt(abs(float(u[0] * v[1] - u[1] * v[0])))

    def turn(self, x_mm: float, y_mm: float) -> int:
        """Degrees clockwise (0, 90, 180, 270) by which the paper lies turned in the picture."""
        here, right = self.to_pixels(np.array([[x_mm, y_mm], [x_mm + 10.0, y_mm]], dtype=np.float64))
        angle = degrees(atan2(float(right[1] - here[1]), float(right[0] - here[0])))
        return round(angle / 90.0) % 4 * 90

    @property
    def mirrored(self) -> bool:
        """Whether the picture shows the paper as in a mirror: never true of a real scan."""
        origin, right, down = self.to_pixels(np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]]))
        u, v = right - origin, down - origin
        return bool(u[0] * v[1] - u[1] * v[0] <= 0.0)

    def scaled(self, factor: float) -> PaperToPixel:
        """The same mapping for the picture enlarged by `factor` about its top left corner."""
        scale = np.array([[factor, 0.0, (factor - 1) / 2], [0.0, factor, (factor - 1) / 2], [0.0, 0.0, 1.0]])
        return PaperToPixel(scale @ self.matrix)

    def as_model(self) -> Mapping:
        return Mapping(tuple(float(value) for value in (self.matrix / self.matrix[2, 2]).ravel()))


def fit_mapping(
    points_mm: FloatArray, points_px: FloatArray, *, perspective: bool
) -> tuple[PaperToPixel, float]:
    """Least squares mapping through matched points of shape (n, 2), and its error in millimetres.

    An affine mapping (n >= 3) is what a scanner does, and extrapolates well; a homography (n >= 4)
    also follows a photograph, and needs points on all sides. The error is the root mean square
    distance on paper.
    """
    if perspective:
        matrix, _ = cv2.findHomography(points_mm, points_px, 0)
        mapping = PaperToPixel(np.asarray(matrix, dtype=np.float64))
    else:
        ones = np.ones((len(points_mm), 1))
        solution, *_ = np.linalg.lstsq(np.hstack([points_mm, ones]), points_px, rcond=None)
        mapping = PaperToPixel(np.vstack([solution.T, [0.0, 0.0, 1.0]]))
    difference = mapping.to_paper(points_px) - points_mm
    return mapping, float(np.sqrt(np.mean(np.sum(difference**2, axis=1))))


def _project(matrix: FloatArray, points: FloatArray) -> FloatArray:
    homogeneous = points @ matrix[:, :2].T + matrix[:, 2]
    return np.asarray(homogeneous[:, :2] / homogeneous[:, 2:], dtype=np.float64)
