"""Where a part is, from one sighting after another: a Kalman filter with constant velocity."""

from __future__ import annotations

import math

from runtime.perception import Sighting

PIXEL_SHARE = 0.3
"""Standard deviation of an outline's middle in pixels, measured on rendered parts."""

MOUNTING_M = 0.0012
"""What the cameras' calibration adds to every sighting."""

JUMP_M = 0.03
"""A sighting farther off is another part, or the part was knocked away: believed when it is seen twice."""

DRIFT_M2_S = 1e-7
"""Growth of the position's variance: a part at rest may be nudged."""

SPEED_DRIFT_M2_S3 = 1e-5


class PartTrack:
    """Position, velocity and yaw of one part in the base frame; x and y share one covariance."""

    def __init__(self, first: Sighting, *, velocity_m_s: tuple[float, float], symmetry_rad: float) -> None:
        """`velocity_m_s` is the nominal one of the surface; `symmetry_rad` the turn after which the part looks alike.

        A symmetry of 0 is a part without yaw.
        """
        self._moving = math.hypot(*velocity_m_s) > 1e-6
        self._symmetry_rad = symmetry_rad
        self.velocity_m_s = velocity_m_s
        self.sightings = 0
        self._doubt: Sighting | None = None
        self._start(first)

    def _start(self, first: Sighting) -> None:
        self.stamp_ns = first.stamp_ns
        self.x_m, self.y_m, self.z_m = first.x_m, first.y_m, first.z_m
        self.yaw_rad = first.yaw_rad
        self._yaw_variance = _yaw_variance(first)
        speed = math.hypot(*self.velocity_m_s)
        self._p, self._pv, self._v = _variance(first), 0.0, (0.15 * speed) ** 2
        self.quality = first.quality
        self.residual = first.residual
        self.sightings = 1
        self._doubt = None

    @property
    def std_m(self) -> float:
        """Standard deviation of the position, each axis."""
        return math.sqrt(self._p)

    def at(self, stamp_ns: int) -> tuple[float, float]:
        """Predicted x and y at a moment."""
        ahead_s = (stamp_ns - self.stamp_ns) * 1e-9
        return self.x_m + self.velocity_m_s[0] * ahead_s, self.y_m + self.velocity_m_s[1] * ahead_s

    def see(self, sighting: Sighting) -> bool:
        """Take one sighting; False when it was not believed."""
        x_m, y_m = self.at(sighting.stamp_ns)
        off_m = math.hypot(sighting.x_m - x_m, sighting.y_m - y_m)
        if off_m > JUMP_M + 2.0 * self.std_m:
            return self._wonder(sighting)
        self._doubt = None
        self._predict(sighting.stamp_ns, x_m, y_m)
        self._correct(sighting)
        self.quality += 0.5 * (sighting.quality - self.quality)
        self.residual += 0.5 * (sighting.residual - self.residual)
        self.sightings += 1
        return True

    def _wonder(self, sighting: Sighting) -> bool:
        doubt = self._doubt
        self._doubt = sighting
        if doubt is None or math.hypot(sighting.x_m - doubt.x_m, sighting.y_m - doubt.y_m) > JUMP_M:
            return False
        self._start(sighting)
        return True

    def _predict(self, stamp_ns: int, x_m: float, y_m: float) -> None:
        ahead_s = max(0.0, (stamp_ns - self.stamp_ns) * 1e-9)
        self.stamp_ns = max(self.stamp_ns, stamp_ns)
        self.x_m, self.y_m = x_m, y_m
        self._p += 2.0 * ahead_s * self._pv + ahead_s * ahead_s * self._v + DRIFT_M2_S * ahead_s
        self._pv += ahead_s * self._v
        if self._moving:
            self._v += SPEED_DRIFT_M2_S3 * ahead_s

    def _correct(self, sighting: Sighting) -> None:
        total = self._p + _variance(sighting)
        gain, speed_gain = self._p / total, self._pv / total
        dx_m, dy_m = sighting.x_m - self.x_m, sighting.y_m - self.y_m
        self.x_m += gain * dx_m
        self.y_m += gain * dy_m
        vx, vy = self.velocity_m_s
        self.velocity_m_s = (vx + speed_gain * dx_m, vy + speed_gain * dy_m)
        self._v -= speed_gain * self._pv
        self._pv *= 1.0 - gain
        self._p *= 1.0 - gain
        self.z_m = sighting.z_m
        self._correct_yaw(sighting)

    def _correct_yaw(self, sighting: Sighting) -> None:
        if self._symmetry_rad <= 0.0:
            return
        variance = _yaw_variance(sighting)
        self._yaw_variance += 1e-4
        gain = self._yaw_variance / (self._yaw_variance + variance)
        self._yaw_variance *= 1.0 - gain
        half = 0.5 * self._symmetry_rad
        self.yaw_rad += gain * ((sighting.yaw_rad - self.yaw_rad + half) % self._symmetry_rad - half)


def _variance(sighting: Sighting) -> float:
    pixel_m = PIXEL_SHARE * sighting.pixel_m / max(sighting.quality, 0.2)
    return pixel_m * pixel_m + MOUNTING_M * MOUNTING_M


def _yaw_variance(sighting: Sighting) -> float:
    """A rectangle's side of n pixels shows its direction to about half a pixel in n."""
    side_px = 1.8 * sighting.radius_px
    return (0.5 / max(side_px, 2.0)) ** 2
