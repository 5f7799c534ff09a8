#!/usr/bin/python3
"""Feed floorfuse-fusion with detections from a file, or with made-up walkers. See README.md here."""
import argparse
import csv
import itertools
import math
import random
import sys
import time

try:
    import zmq
    from camera_file import CameraFile
    from floorfuse_publisher import CLOCK_FILE, HEAD, PERSON, Observation, Publisher, now_us
except ModuleNotFoundError as missing:
    sys.exit(f"python module {missing.name} is not here; examples/README.md says how to get it")

# 2026-01-01T00:00:00Z, so that the walkers' times are the same in every run.
DEMO_START_US = 1767225600000000
# Each walks in a circle: middle x and y (m), radius (m), speed (m/s), height (m).
DEMO_WALKERS = ((3.0, 3.0, 1.0, 0.9, 1.75), (5.2, 5.2, 0.9, 0.7, 1.66), (7.0, 2.8, 1.0, 1.1, 1.71))

KINDS = {"person": PERSON, "body": PERSON, "head": HEAD}
BOX = ("left_px", "top_px", "right_px", "bottom_px")
# Of a floor point without its own covariance: 0.1 m each way.
POINT_VARIANCE_M2 = 0.01


class BadRow(Exception):
    """What is wrong with a row, for a person."""


def number(row, column):
    try:
        value = float(row[column])
    except (TypeError, ValueError):
        raise BadRow(f'{column} is "{row[column]}", not a number') from None
    if not math.isfinite(value):
        raise BadRow(f"{column} is not finite")
    return value


def time_of(row):
    if None in row or None in row.values():
        raise BadRow("the row has not as many fields as the header")
    try:
        return int(row["time_us"])
    except ValueError:
        raise BadRow(f'time_us is "{row["time_us"]}", not whole microseconds') from None


def appearance_of(row):
    text = row.get("appearance") or ""
    try:
        return tuple(float(n) for n in text.replace(";", " ").split())
    except ValueError:
        raise BadRow("appearance is not numbers separated by blanks or ;") from None


def observation_of(row, camera, edge_sd_px):
    """A row as an Observation; None: the camera cannot place its box."""
    kind, score = KINDS[row["class"]], number(row, "score")
    if row.get("left_px"):
        box = [number(row, column) for column in BOX]
        if box[2] <= box[0] or box[3] <= box[1]:
            raise BadRow("the box has right <= left or bottom <= top")
        return camera.observe(box, score, kind, edge_sd_px, appearance_of(row))
    var = [number(row, c) for c in ("var_xx", "var_xy", "var_yy")] if row.get("var_xx") else \
        [POINT_VARIANCE_M2, 0.0, POINT_VARIANCE_M2]
    if var[0] <= 0 or var[0] * var[2] <= var[1] ** 2:
        raise BadRow("the covariance is not positive definite")
    return Observation(number(row, "floor_x_m"), number(row, "floor_y_m"), *var, score=score,
                       kind=kind, appearance=appearance_of(row))


def frames_of_file(path, cameras, floor, edge_sd_px):
    """Time, and per camera its observations; a camera that did not look then has none."""
    with open(0 if path == "-" else path, newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        last_us = None
        try:
            if not reader.fieldnames:
                raise BadRow("the file is empty; its first line must name the columns")
            for time_us, group in itertools.groupby(reader, time_of):
                if last_us is not None and time_us < last_us:
                    raise BadRow("time goes backwards; sort the file by time_us")
                last_us = time_us
                yield time_us, frame_of(group, cameras, floor, edge_sd_px)
        except (BadRow, KeyError, ValueError) as e:
            sentence = f"there is no column {e}" if isinstance(e, KeyError) else e
            sys.exit(f"{path}:{reader.line_num}: {sentence}")


def frame_of(group, cameras, floor, edge_sd_px):
    """Every camera has looked, unless a row without a class says otherwise."""
    seen = {name: [] for name in cameras}
    for row in group:
        name = row["camera"]
        if row.get("floor") and row["floor"] != floor:
            continue
        if name not in cameras:
            raise BadRow(f'camera "{name}" is not among the --camera options')
        if not row["class"]:
            seen.pop(name, None)
        elif row["class"] in KINDS and name in seen:
            observation = observation_of(row, cameras[name], edge_sd_px)
            if observation:
                seen[name].append(observation)
    return seen


def frames_of_walkers(cameras, floor, seconds, rate_hz, edge_sd_px, truth):
    """Three people who walk in circles, seen through each camera with an error of 2 px."""
    noise = random.Random(1)
    if truth:
        truth.write("time_us,id,x_m,y_m,floor\n")
    for i in range(1, int(seconds * rate_hz) + 1):
        time_us = DEMO_START_US + round(i * 1e6 / rate_hz)
        seen = {name: [] for name in cameras}
        for person, (x, y, radius, speed, height_m) in enumerate(DEMO_WALKERS):
            angle = speed / radius * i / rate_hz
            at = x + radius * math.cos(angle), y + radius * math.sin(angle)
            if truth:
                truth.write(f"{time_us},{person + 1},{at[0]:.4f},{at[1]:.4f},{floor}\n")
            for name, camera in cameras.items():
                box = camera.box_of(*at, height_m)
                o = box and camera.observe([p + noise.gauss(0, 2) for p in box], 0.9, PERSON, edge_sd_px)
                if o:
                    seen[name].append(o)
        yield time_us, seen


def publish(publisher, frames, live):
    """live: times become now, at the speed of the recording; else as fast as fusion takes them."""
    count, shift_us = 0, None
    for time_us, seen in frames:
        if live:
            shift_us = now_us() - time_us if shift_us is None else shift_us
            time.sleep(max(0, time_us + shift_us - now_us()) / 1e6)
        for name, observations in seen.items():
            publisher.send_frame(name, time_us + (shift_us or 0), observations)
            count += 1
    return count


def name_and_file(text):
    name, equals, path = text.partition("=")
    if not (name and equals and path):
        raise argparse.ArgumentTypeError(f'"{text}" is not NAME=FILE')
    return name, path


def load_camera(path):
    try:
        return CameraFile(path)
    except (OSError, ValueError, IndexError) as e:
        sys.exit(f"{path} is no camera file (docs/calibration.md): {e}")


def parse():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--endpoint", required=True, help="wire.endpoint of the store config")
    p.add_argument("--store", required=True, help="store.id of the store config")
    p.add_argument("--floor", required=True, help="the cameras' floor in the store config")
    p.add_argument("--camera", required=True, action="append", metavar="NAME=FILE", type=name_and_file,
                   help="cameras[].id and camera file; once for each camera")
    source = p.add_mutually_exclusive_group(required=True)
    source.add_argument("--observations", metavar="CSV", help="the file of docs/replay.md; -: standard input")
    source.add_argument("--demo", action="store_true", help="make up three walkers")
    p.add_argument("--keys", metavar="FOLDER", help="fusion.pub and each camera-NAME.key; docs/security.md")
    p.add_argument("--live", action="store_true", help="play at true speed, with the present time")
    p.add_argument("--edge-sd-px", type=float, default=3.0, help="how exactly boxes' edges are placed (3)")
    p.add_argument("--model-id", default="example", help="your detector's name and version")
    p.add_argument("--wait-s", type=float, default=60, help="how long to wait for fusion (60)")
    p.add_argument("--truth", metavar="CSV", help="with --demo: write where the walkers really were")
    p.add_argument("--seconds", type=float, default=30, help="with --demo: how long (30)")
    p.add_argument("--rate-hz", type=float, default=10, help="with --demo: frames a second (10)")
    return p.parse_args()


def main():
    a = parse()
    files = dict(a.camera)
    cameras = {name: load_camera(path) for name, path in files.items()}
    truth = open(a.truth, "w", encoding="utf-8") if a.truth and a.demo else None
    if a.demo:
        frames = frames_of_walkers(cameras, a.floor, a.seconds, a.rate_hz, a.edge_sd_px, truth)
    else:
        frames = frames_of_file(a.observations, cameras, a.floor, a.edge_sd_px)
    with Publisher(a.endpoint, a.store, a.model_id, CLOCK_FILE, 0 if a.live else 10000,
                   a.keys) as publisher:
        for name, path in files.items():
            publisher.add_camera(name, a.floor, path, cameras[name].width, cameras[name].height)
        if not publisher.wait_for_fusion(a.wait_s):
            publisher.close(0)
            sys.exit(f"nobody listens for store {a.store} at {a.endpoint}; start floorfuse-fusion, or "
                     "compare endpoint and store with its config")
        count = publish(publisher, frames, a.live)
        publisher.end()
        print(f"published {count} frames of {len(cameras)} cameras, {publisher.dropped} dropped",
              file=sys.stderr)
    if truth:
        truth.close()


if __name__ == "__main__":
    try:
        main()
    except (OSError, zmq.ZMQError) as problem:
        sys.exit(f"publish_detections: {problem}")
