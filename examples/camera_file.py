"""Where a box puts a person on the floor, by a Floorfuse camera file (docs/calibration.md).

Only what a detector needs that sends boxes: the three models, the lens, floor points with their
covariance. Floorfuse's own code (calib/) knows more, for example about boxes cut at the sides.
"""
import math
import pathlib
import re

from floorfuse_publisher import FOOT_CLIPPED, HEAD_PLANE, Observation

PERSON_HEIGHT_M = 1.70
PERSON_HEIGHT_SD_M = 0.10
CLIP_MARGIN_PX = 2.0
# Detectors place edges to within some hundredths of a box's height.
EDGE_SD_OF_HEIGHT = 0.03
# A place that is known to worse than this is not worth sending, m.
PLACE_SD_MAX_M = 2.0


NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"


def _numbers(text, key):
    """The numbers of `key = ...`, in whatever brackets; [] when it is not there."""
    match = re.search(rf"\b{key}\s*[=:]\s*([\[(]|{NUMBER})", text)
    if not match:
        return []
    if match[1] not in "[(":
        return [float(match[1])]
    depth, end = 1, match.end()
    while depth and end < len(text):
        depth += (text[end] in "[(") - (text[end] in "])")
        end += 1
    return [float(n) for n in re.findall(NUMBER, text[match.end():end])]


def _inverse(m):
    (a, b, c), (d, e, f), (g, h, i) = m
    det = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)
    if det == 0 or not math.isfinite(det):
        raise ValueError("the matrix is singular")
    return [[(e * i - f * h) / det, (c * h - b * i) / det, (b * f - c * e) / det],
            [(f * g - d * i) / det, (a * i - c * g) / det, (c * d - a * f) / det],
            [(d * h - e * g) / det, (b * g - a * h) / det, (a * e - b * d) / det]]


def _apply(m, x, y):
    """None on the horizon."""
    w = m[2][0] * x + m[2][1] * y + m[2][2]
    if abs(w) < 1e-12:
        return None
    return ((m[0][0] * x + m[0][1] * y + m[0][2]) / w, (m[1][0] * x + m[1][1] * y + m[1][2]) / w)


class CameraFile:
    def __init__(self, path):
        text = re.sub(r"#.*|//.*", "", pathlib.Path(path).read_text())
        size = _numbers(text, "width") + _numbers(text, "height")
        if len(size) != 2:
            raise ValueError("there is no image = { width = ...; height = ...; }")
        self.width, self.height = int(size[0]), int(size[1])
        self.projection = None  # image_from_floor, 3 x 4; without it nothing is known of heights
        self.focal, self.centre = _numbers(text, "focal"), _numbers(text, "centre")
        self.k = [(_numbers(text, name) or [0.0])[0] for name in ("k1", "k2", "p1", "p2", "k3")]
        rows = _numbers(text, "image_from_floor")
        if len(rows) == 12:
            self.projection = [rows[0:4], rows[4:8], rows[8:12]]
        elif _numbers(text, "rotation"):
            self.projection = self._pinhole(_numbers(text, "rotation"), _numbers(text, "translation"))
        if self.projection:
            self.floor_from_image = self._plane(0.0)
        else:
            rows = _numbers(text, "floor_from_image")
            if len(rows) != 9:
                raise ValueError("there is no pinhole, image_from_floor or floor_from_image")
            self.floor_from_image = [rows[0:3], rows[3:6], rows[6:9]]
        # Points beyond the horizon have the other sign than the lower middle of the picture.
        self.sign = self._side(self.floor_from_image, self.width / 2, self.height)

    def _pinhole(self, r, t):
        pose = [r[3 * i:3 * i + 3] + [t[i]] for i in range(3)]
        return [[self.focal[i] * pose[i][j] + self.centre[i] * pose[2][j] for j in range(4)]
                for i in (0, 1)] + [pose[2]]

    def _plane(self, z_m):
        """Undistorted px to the plane z_m above the floor."""
        p = self.projection
        return _inverse([[row[0], row[1], row[2] * z_m + row[3]] for row in p])

    @staticmethod
    def _side(m, x, y):
        return math.copysign(1, m[2][0] * x + m[2][1] * y + m[2][2])

    def undistort(self, u, v):
        """Brown's model undone by fixed-point iteration."""
        if not any(self.k):
            return u, v
        k1, k2, p1, p2, k3 = self.k
        xd, yd = (u - self.centre[0]) / self.focal[0], (v - self.centre[1]) / self.focal[1]
        x, y = xd, yd
        for _ in range(30):
            r2 = x * x + y * y
            radial = 1 + r2 * (k1 + r2 * (k2 + r2 * k3))
            x, y = ((xd - 2 * p1 * x * y - p2 * (r2 + 2 * x * x)) / radial,
                    (yd - p1 * (r2 + 2 * y * y) - 2 * p2 * x * y) / radial)
        return self.focal[0] * x + self.centre[0], self.focal[1] * y + self.centre[1]

    def _at(self, plane, u, v):
        x, y = self.undistort(u, v)
        return _apply(plane, x, y) if self._side(plane, x, y) == self.sign else None

    def _place(self, u, v, z_m, sd_px):
        """Floor point and covariance J C J^T of a pixel, J by differences; None: not on the floor."""
        plane = self._plane(z_m) if z_m else self.floor_from_image
        here, right, below = (self._at(plane, *p) for p in ((u, v), (u + 0.5, v), (u, v + 0.5)))
        if not (here and right and below):
            return None
        jx = [2 * (right[i] - here[i]) for i in (0, 1)]
        jy = [2 * (below[i] - here[i]) for i in (0, 1)]
        # The middle of an edge: x is the mean of two edges, y is one.
        vx, vy = sd_px ** 2 / 2, sd_px ** 2
        return here, [vx * jx[a] * jx[b] + vy * jy[a] * jy[b] for a, b in ((0, 0), (0, 1), (1, 1))]

    def _height_over(self, foot, box):
        """How high the upper edge is over the foot, m."""
        if not self.projection:
            return math.nan
        _, v = self.undistort((box[0] + box[2]) / 2, box[1])
        row, w = self.projection[1], self.projection[2]
        over = (row[0] - v * w[0]) * foot[0] + (row[1] - v * w[1]) * foot[1] + row[3] - v * w[3]
        per_m = v * w[2] - row[2]
        height_m = over / per_m if per_m else math.nan
        return height_m if 0.2 <= height_m <= 3 else math.nan

    def observe(self, box, score, kind, edge_sd_px, appearance=()):
        """A box as an Observation, or None: it cannot be placed."""
        u, sd_px = (box[0] + box[2]) / 2, math.hypot(edge_sd_px, EDGE_SD_OF_HEIGHT * (box[3] - box[1]))
        clipped = box[3] >= self.height - CLIP_MARGIN_PX
        by_head = clipped or kind != 1
        if by_head and not self.projection:
            return None  # only a camera that knows about heights can place a head
        z_m = PERSON_HEIGHT_M if by_head else 0.0
        placed = self._place(u, box[1] if by_head else box[3], z_m, sd_px)
        if not placed:
            return None
        at, var = placed
        if by_head:  # people differ in height
            taller = self._at(self._plane(z_m + PERSON_HEIGHT_SD_M), u, box[1])
            if not taller:
                return None
            d = (taller[0] - at[0], taller[1] - at[1])
            var = [var[0] + d[0] * d[0], var[1] + d[0] * d[1], var[2] + d[1] * d[1]]
        if max(var[0], var[2]) > PLACE_SD_MAX_M ** 2:
            return None
        reasons = (FOOT_CLIPPED if clipped and kind == 1 else 0) | (HEAD_PLANE if by_head else 0)
        height_m = math.nan if by_head else self._height_over(at, box)
        return Observation(at[0], at[1], *var, score=score, box=tuple(box), kind=kind,
                           height_m=height_m, reasons=reasons, appearance=appearance)

    def box_of(self, x_m, y_m, height_m):
        """The box of somebody who stands there; None: not in the picture. Without the lens."""
        def pixel(z):
            u, v, w = (r[0] * x_m + r[1] * y_m + r[2] * z + r[3] for r in self.projection)
            return u / w, v / w
        foot, head = pixel(0), pixel(height_m)
        half = 0.41 / 2 * (foot[1] - head[1])
        box = (head[0] - half, head[1], head[0] + half, foot[1])
        inside = box[0] >= 0 and box[1] >= 0 and box[2] <= self.width and box[3] <= self.height
        return box if inside else None
