#!/usr/bin/env python3
"""Run every query of the dashboards and of docs/bi.md as Grafana and other tools would.

golden.py SOURCE OUT: SOURCE is the source folder; the database is the one of the environment (PGHOST, PGUSER, ...),
filled from tests/data/bi/store.sql. Writes one file a dashboard and bi.md.txt into OUT. Exit code 1 and a sentence
for each thing that is wrong: a dashboard that Grafana would not take, a query that fails or has no rows.
"""
import csv
import io
import json
import re
import subprocess
import sys
from pathlib import Path

SOURCE_UID = "floorfuse"
SOURCE_TYPE = "grafana-postgresql-datasource"
# The sample, in both stores' time zones, with a margin after it.
TIME_FROM = ("2026-10-23T22:00:00Z", 1792792800)
TIME_TO = ("2026-10-27T04:00:00Z", 1793073600)
INTERVAL = "1h"
VARIABLES = {"chain": "corner-shops", "store": "1", "floor": "ground"}
GRAFANA_VARIABLES = {"__interval": INTERVAL, "__interval_ms": "3600000", "__url_time_range": "from=now-7d&to=now"}
INTERVAL_S = {"1m": 60, "5m": 300, "15m": 900, "1h": 3600, "1d": 86400}
ROWS_SHOWN = 12

problems = []


def problem(where, words):
    problems.append(f"{where}: {words}")


# ---- Grafana's macros, as pkg/tsdb/grafana-postgresql-datasource/macros.go of Grafana 11 expands them ----


def expand_variables(text, variables):
    """${name:format} and $name; what is no variable (a macro) stays as it is."""

    def value(match):
        name = match["braced"] or match["plain"]
        known = {**GRAFANA_VARIABLES, **variables}
        if name not in known:
            return match[0]
        if match["format"] == "sqlstring":
            return "'" + known[name].replace("'", "''") + "'"
        return known[name]

    return re.sub(r"\$(?:\{(?P<braced>\w+)(?::(?P<format>\w+))?\}|(?P<plain>\w+))", value, text)


def expand_macro(name, args):
    if name in ("__timeGroupAlias", "__unixEpochGroupAlias"):
        return expand_macro(name.removesuffix("Alias"), args) + ' AS "time"'
    if name in ("__timeGroup", "__unixEpochGroup"):
        seconds = INTERVAL_S[args[1].strip("'")]
        column = f"extract(epoch from {args[0]})" if name == "__timeGroup" else f"({args[0]})"
        return f"floor({column}/{seconds})*{seconds}"
    if name == "__time":
        return f'{args[0]} AS "time"'
    if name == "__timeFilter":
        return f"{args[0]} BETWEEN '{TIME_FROM[0]}' AND '{TIME_TO[0]}'"
    if name == "__unixEpochFilter":
        return f"{args[0]} >= {TIME_FROM[1]} AND {args[0]} <= {TIME_TO[1]}"
    if name in ("__timeFrom", "__timeTo"):
        return f"'{(TIME_FROM if name == '__timeFrom' else TIME_TO)[0]}'"
    raise ValueError(f"Grafana has no macro ${name}()")


def expand(sql):
    sql = expand_variables(sql, VARIABLES)

    def macro(match):
        name, args = match[1], [arg.strip(" ") for arg in match[2].split(",")]
        # Grafana's courtesy to dashboards of version 5: a group that a comma follows is named.
        if name == "__timeGroup" and sql[sql.index(match[0]) + len(match[0]):].startswith(","):
            name = "__timeGroupAlias"
        return expand_macro(name, args)

    return re.sub(r"\$([_a-zA-Z0-9]+)\(([^)]*)\)", macro, sql)


# ---- the database ----


def query(sql):
    """Column names and rows, NULL as None; or the database's sentence."""
    command = ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "--csv", "-P", "null=\x01"]
    # Twelve digits: the order in which sums are made must not matter.
    settings = "SET extra_float_digits = -3; SET TIME ZONE 'UTC'; SET default_transaction_read_only = on;\n"
    done = subprocess.run(command, input=settings + sql + ";\n", capture_output=True, text=True, check=False)
    if done.returncode != 0:
        return None, done.stderr.strip()
    rows = list(csv.reader(io.StringIO(done.stdout)))
    return rows[0], [[None if field == "\x01" else field for field in row] for row in rows[1:]]


def number(text):
    try:
        return float(text)
    except (TypeError, ValueError):
        return None


def total(values):
    """Sum of a column, for rows that are not shown; None where it has words in it."""
    known = [value for value in values if value is not None]
    numbers = [number(value) for value in known]
    return f"{sum(numbers):.10g}" if known and None not in numbers else None


def show(names, rows):
    def line(fields):
        return " | ".join(fields).rstrip()

    lines = [line(names)]
    lines += [line(["NULL" if field is None else field for field in row]) for row in rows[:ROWS_SHOWN]]
    if len(rows) > ROWS_SHOWN:
        lines.append(f"... {len(rows)} rows")
        for i, name in enumerate(names):
            column = [row[i] for row in rows]
            sum_of = total(column)
            if sum_of is not None and name != "time":
                lines.append(f"sum of {name}: {sum_of}, NULL in {column.count(None)}")
    return lines


def run(where, sql):
    names, rows = query(sql)
    if names is None:
        problem(where, rows)
        return []
    if not rows:
        problem(where, "has no rows on the sample")
    return show(names, rows)


# ---- dashboards ----


def used_variables(value):
    return set(re.findall(r"\$\{?(\w+)", json.dumps(value)))


def datasources(value):
    if isinstance(value, dict):
        if "datasource" in value:
            yield value["datasource"]
        for item in value.values():
            yield from datasources(item)
    elif isinstance(value, list):
        for item in value:
            yield from datasources(item)


def check_dashboard(name, board, uids):
    if board["uid"] in uids:
        problem(name, f"uid {board['uid']} is another dashboard's too")
    uids.add(board["uid"])
    for datasource in datasources(board):
        if datasource != {"type": SOURCE_TYPE, "uid": SOURCE_UID}:
            problem(name, f"datasource {datasource} is not {SOURCE_UID}")
    ids = [panel["id"] for panel in board["panels"]]
    if len(ids) != len(set(ids)):
        problem(name, "two panels have one id")
    titles = [panel["title"] for panel in board["panels"]]
    if len(titles) != len(set(titles)):
        problem(name, "two panels have one title")
    defined = {variable["name"] for variable in board["templating"]["list"]}
    for used in used_variables([board["panels"], board["templating"]]) - defined:
        if not used.startswith("__"):
            problem(name, f"variable ${used} is not defined")
    for panel in board["panels"]:
        if not panel.get("description"):
            problem(name, f"panel \"{panel['title']}\" has no description")
        place = panel["gridPos"]
        if place["x"] + place["w"] > 24:
            problem(name, f"panel \"{panel['title']}\" is wider than the page")
        for other in board["panels"]:
            at = other["gridPos"]
            if (other["id"] < panel["id"] and place["x"] < at["x"] + at["w"] and at["x"] < place["x"] + place["w"]
                    and place["y"] < at["y"] + at["h"] and at["y"] < place["y"] + place["h"]):
                problem(name, f"panels \"{other['title']}\" and \"{panel['title']}\" lie over each other")


def check_links(boards):
    uids = {board["uid"] for board in boards.values()}
    for name, board in boards.items():
        for uid in re.findall(r"/d/([\w-]+)", json.dumps(board)):
            if uid not in uids:
                problem(name, f"links to {uid}, which is no dashboard of ours")


def run_dashboard(name, board):
    lines = [f"{board['title']}, {TIME_FROM[0]} to {TIME_TO[0]}, store {VARIABLES['store']}"]
    for variable in board["templating"]["list"]:
        lines += ["", f"== variable {variable['name']}"]
        lines += run(f"{name}: variable {variable['name']}", expand(variable["query"]))
    for panel in board["panels"]:
        for target in panel["targets"]:
            where = f"{name}: panel \"{panel['title']}\""
            try:
                sql = expand(target["rawSql"])
            except (ValueError, KeyError) as error:
                problem(where, str(error))
                continue
            if "$" in sql:
                problem(where, f"has a variable that Grafana does not know: {sql[sql.index('$'):][:30]}")
            lines += ["", f"== {panel['title']} ({panel['type']})"] + run(where, sql)
    return lines


# ---- docs ----


def run_docs(path):
    lines = ["Queries of docs/bi.md"]
    heading = ""
    text = path.read_text(encoding="utf-8")
    for part in re.finditer(r"^(?P<heading>#+ [^\n]*)$|^```sql\n(?P<sql>.*?)^```$", text, re.M | re.S):
        if part["heading"]:
            heading = part["heading"].lstrip("# ")
            continue
        line = text.count("\n", 0, part.start()) + 2
        lines += ["", f"== {heading}"] + run(f"{path.name}:{line}", part["sql"].rstrip().rstrip(";"))
    return lines


def main():
    source, out = Path(sys.argv[1]), Path(sys.argv[2])
    boards = {path.name: json.loads(path.read_text(encoding="utf-8"))
              for path in sorted((source / "etc/grafana/dashboards").glob("*.json"))}
    uids = set()
    for name, board in boards.items():
        check_dashboard(name, board, uids)
        lines = run_dashboard(name, board)
        (out / name.replace(".json", ".txt")).write_text("\n".join(lines) + "\n", encoding="utf-8")
    check_links(boards)
    (out / "bi.md.txt").write_text("\n".join(run_docs(source / "docs/bi.md")) + "\n", encoding="utf-8")
    for words in problems:
        print(words, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
