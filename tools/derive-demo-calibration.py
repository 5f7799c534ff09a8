#!/usr/bin/python3
"""Derive the demo's camera files from the published calibration of PETS 2009 View_001.

    tools/derive-demo-calibration.py                    print a camera file and the figures
    tools/derive-demo-calibration.py --write            write etc/demo/left.cfg and right.cfg
    tools/derive-demo-calibration.py --truth FILE       compare with MOT15 ground truth and print
                                                        the transform truth -> demo floor
    tools/derive-demo-calibration.py --outline          print the outlines of the yard as seen in
                                                        the picture, in demo floor metres
    tools/derive-demo-calibration.py --grid IN OUT      draw the demo floor's 1 m and 5 m grid over
                                                        a still (needs python3-opencv)

docs/demo-calibration.md explains the steps. Needs python3-numpy.
"""
import argparse
import os
import sys

import numpy as np

WIDTH, HEIGHT = 768, 576

# Tsai parameters of View_001 as published with the PETS 2009 data (View_001.xml): lengths in mm,
# angles in radians, principal point in px. dpx, dpy: mm per px; sx: horizontal scale.
TSAI = dict(f=5.5549183034e+00, k1=5.1113043639e-03, cx=3.2422149053e+02, cy=2.8256650051e+02,
            sx=1.0937855397e+00, dpx=5.1273271277e-03, dpy=4.6500000000e-03)
TSAI_T_MM = np.array([8.2873214225e+02, -3.1754796051e+03, 3.5469298547e+04])
TSAI_ANGLES = (2.0405458695e+00, -8.9337703748e-01, -4.3056124791e-01)

# Tsai's pixel coordinates are taken to have (0,0) at the centre of the first pixel; ours have it
# at that pixel's corner.
CORNER_FROM_CENTRE_PX = 0.5

# demo floor = rotate(DEMO_ANGLE_DEG) Tsai world (m) + DEMO_SHIFT_M. The angle turns the optical
# axis to +y (its heading in the Tsai world is 35.65 degrees); the shift puts the camera near
# (12, -8), so that the yard lies in positive coordinates.
DEMO_ANGLE_DEG = 54.35
DEMO_SHIFT_M = np.array([13.0, 26.9])

# Edges traced by eye on stills of the clip, image px.
OUTLINES = {
    "road, edge to the near lawn": [
        (0, 240), (100, 252), (160, 262), (208, 270), (260, 286), (312, 302), (376, 330),
        (444, 363), (526, 396), (665, 453), (768, 496)],
    "road, far edge": [
        (0, 188), (132, 206), (260, 214), (360, 210), (452, 201), (560, 172), (608, 150),
        (660, 122), (732, 93)],
    "road, right kerb": [
        (768, 297), (741, 275), (718, 254), (701, 238), (690, 218), (690, 205), (705, 193),
        (734, 174), (768, 158)],
    "parking bays, back edge": [
        (0, 148), (60, 148), (132, 158), (348, 174), (368, 164), (428, 150), (460, 134),
        (500, 128), (560, 136), (600, 143)],
    "picture, left, bottom and right edge": [
        (0, 150), (0, 200), (0, 300), (0, 400), (0, 576), (307, 576), (461, 576), (768, 576),
        (768, 400), (768, 300), (768, 200), (768, 150)],
}


def rotation_z(angle):
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])


def tsai_rotation():
    """Rz Ry Rx, as in Willson's implementation of Tsai's method."""
    rx, ry, rz = TSAI_ANGLES
    cx, sx, cy, sy = np.cos(rx), np.sin(rx), np.cos(ry), np.sin(ry)
    about_x = np.array([[1, 0, 0], [0, cx, -sx], [0, sx, cx]])
    about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    return rotation_z(rz) @ about_y @ about_x


def tsai_world_from_image(image_px):
    """Corner-origin image px -> the plane z = 0 of the Tsai world, m. Tsai's own formulas."""
    p = np.asarray(image_px, float) - CORNER_FROM_CENTRE_PX
    xd = (p[:, 0] - TSAI["cx"]) * TSAI["dpx"] / TSAI["sx"]
    yd = (p[:, 1] - TSAI["cy"]) * TSAI["dpy"]
    s = 1 + TSAI["k1"] * (xd**2 + yd**2)
    rays = np.column_stack([xd * s, yd * s, np.full(len(p), TSAI["f"])]) @ tsai_rotation()
    centre = -tsai_rotation().T @ TSAI_T_MM / 1000
    return (centre - rays * (centre[2] / rays[:, 2])[:, None])[:, :2]


def demo_from_tsai_world(points):
    return np.asarray(points) @ rotation_z(np.radians(DEMO_ANGLE_DEG))[:2, :2].T + DEMO_SHIFT_M


def pinhole():
    """K, Brown's k1 k2 k3, R and t (camera from floor, m), fitted and composed."""
    focal = np.array([TSAI["f"] * TSAI["sx"] / TSAI["dpx"], TSAI["f"] / TSAI["dpy"]])
    centre = np.array([TSAI["cx"], TSAI["cy"]]) + CORNER_FROM_CENTRE_PX
    # In units of the focal length Tsai says r_u = r_d (1 + k f^2 r_d^2). Brown's model says
    # r_d / r_u - 1 = k1 r_u^2 + k2 r_u^4 + k3 r_u^6: linear in what we look for. Fitted a little
    # beyond the farthest corner, with the error weighted as it appears in the picture.
    corners = np.array([(x, y) for x in (0, WIDTH) for y in (0, HEIGHT)])
    r_max = np.max(np.hypot(*((corners - centre) / focal).T))
    r_d = np.linspace(1e-3, 1.05 * r_max, 2000)
    r_u = r_d * (1 + TSAI["k1"] * TSAI["f"]**2 * r_d**2)
    system = np.column_stack([r_u**3, r_u**5, r_u**7])
    k1, k2, k3 = np.linalg.lstsq(system, r_d - r_u, rcond=None)[0]
    rotation = tsai_rotation() @ rotation_z(np.radians(DEMO_ANGLE_DEG)).T
    translation = TSAI_T_MM / 1000 - rotation @ np.append(DEMO_SHIFT_M, 0)
    return focal, centre, (k1, k2, k3), rotation, translation


def camera_file(model, name):
    focal, centre, (k1, k2, k3), rotation, translation = model
    rows = ",\n                 ".join(
        "(" + ", ".join("%.12f" % v for v in row) + ")" for row in rotation)
    return f"""# {name}.cfg: the camera of the demo, PETS 2009 S2.L1 View_001, as our pinhole model.
# Made by tools/derive-demo-calibration.py; docs/demo-calibration.md has the derivation. The demo's
# two cameras are two crops of one picture and boxes are in full-frame pixels, so that left.cfg and
# right.cfg hold the same numbers.
image = {{ width = {WIDTH}; height = {HEIGHT}; }};
pinhole = {{
    focal = [{focal[0]:.6f}, {focal[1]:.6f}];
    centre = [{centre[0]:.6f}, {centre[1]:.6f}];
    rotation = ({rows});
    translation = [{', '.join('%.9f' % v for v in translation)}];
}};
lens = {{ k1 = {k1:.9f}; k2 = {k2:.9f}; p1 = 0.0; p2 = 0.0; k3 = {k3:.9f}; }};
note = "floor: metres, x right, y away from the camera; Tsai world turned by {DEMO_ANGLE_DEG} degrees";
"""


def image_from_floor(model, points_m):
    focal, centre, (k1, k2, k3), rotation, translation = model
    camera = np.column_stack([points_m, np.zeros(len(points_m))]) @ rotation.T + translation
    xy = camera[:, :2] / camera[:, 2:]
    r2 = np.sum(xy**2, axis=1)
    return xy * (1 + r2 * (k1 + r2 * (k2 + r2 * k3)))[:, None] * focal + centre


def report_fit(model):
    """How well our model inverts Tsai's, over every second pixel below the horizon."""
    x, y = np.meshgrid(np.arange(0, WIDTH + 1, 2.0), np.arange(0, HEIGHT + 1, 2.0))
    pixels = np.column_stack([x.ravel(), y.ravel()])
    centre = -tsai_rotation().T @ TSAI_T_MM / 1000
    world = tsai_world_from_image(pixels)
    ahead = (np.column_stack([world, np.zeros(len(world))]) - centre) @ tsai_rotation()[2] > 0
    back = image_from_floor(model, demo_from_tsai_world(world[ahead]))
    error = np.linalg.norm(back - pixels[ahead], axis=1)
    print("camera at %s m, %.3f m high" % (
        np.round(demo_from_tsai_world(centre[None, :2])[0], 3), centre[2]), file=sys.stderr)
    print("largest disagreement with Tsai's formulas over %d points of the picture: %.4f px" %
          (ahead.sum(), error.max()), file=sys.stderr)


def report_truth(path):
    """Rigid transform truth -> demo by least squares (Kabsch) on the middle of box bottoms."""
    rows = np.loadtxt(path, delimiter=",")
    feet = np.column_stack([rows[:, 2] + rows[:, 4] / 2, rows[:, 3] + rows[:, 5]])
    ours, truth = demo_from_tsai_world(tsai_world_from_image(feet)), rows[:, 7:9]
    a, b = truth - truth.mean(axis=0), ours - ours.mean(axis=0)
    u, _, vt = np.linalg.svd(a.T @ b)
    turn = vt.T @ np.diag([1, np.linalg.det(vt.T @ u.T)]) @ u.T
    shift = ours.mean(axis=0) - turn @ truth.mean(axis=0)
    error = np.linalg.norm(truth @ turn.T + shift - ours, axis=1)
    print("truth -> demo: angle %.4f degrees, shift %.4f %.4f m" %
          (np.degrees(np.arctan2(turn[1, 0], turn[0, 0])), *shift))
    print("%d boxes: median %.3f m, p90 %.3f m, p99 %.3f m" %
          (len(error), *np.percentile(error, [50, 90, 99])))
    plain = np.linalg.norm(demo_from_tsai_world(truth) - ours, axis=1)
    print("taking the truth's frame for the Tsai world itself: median %.3f m, p90 %.3f m" %
          tuple(np.percentile(plain, [50, 90])))


def draw_grid(model, still, out):
    import cv2
    picture = cv2.resize(cv2.imread(still), None, fx=2, fy=2)

    def draw(points, colour):
        # Far outside the picture the lens polynomial folds back: only what is in it is drawn.
        path = image_from_floor(model, points)
        path = path[(path[:, 1] < HEIGHT + 50) & (np.abs(path[:, 0] - WIDTH / 2) < WIDTH)
                    & (points[:, 1] > 2)]
        if len(path) > 1:
            cv2.polylines(picture, [np.round(path * 2).astype(np.int32)], False, colour, 1,
                          cv2.LINE_AA)

    along = np.linspace(0, 1, 100)[:, None]
    for metre in range(0, 31):
        colour = (0, 0, 255) if metre % 5 == 0 else (140, 170, 170)
        draw(np.array([[0, metre]]) + along * [30, 0], colour)
        draw(np.array([[metre, 0]]) + along * [0, 30], colour)
    for x in range(0, 31, 5):
        for y in range(0, 31, 5):
            at = image_from_floor(model, np.array([[x, y]]))[0] * 2
            cv2.putText(picture, f"{x},{y}", (int(at[0]), int(at[1])), 0, 0.5, (0, 255, 255), 1)
    cv2.imwrite(out, picture)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--truth", metavar="FILE")
    parser.add_argument("--outline", action="store_true")
    parser.add_argument("--grid", nargs=2, metavar=("IN", "OUT"))
    arguments = parser.parse_args()
    model = pinhole()
    report_fit(model)
    if arguments.write:
        folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "etc", "demo")
        for name in ("left", "right"):
            with open(os.path.join(folder, name + ".cfg"), "w", encoding="ascii") as out:
                out.write(camera_file(model, name))
    if arguments.truth:
        report_truth(arguments.truth)
    if arguments.outline:
        for name, pixels in OUTLINES.items():
            points = demo_from_tsai_world(tsai_world_from_image(pixels))
            print(name + ": " + " ".join("(%.1f, %.1f)" % tuple(p) for p in points))
    if arguments.grid:
        draw_grid(model, *arguments.grid)
    if not (arguments.write or arguments.truth or arguments.outline or arguments.grid):
        print(camera_file(model, "left"), end="")


if __name__ == "__main__":
    main()
