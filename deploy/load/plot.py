"""Draws what Locust has written: plot.py PREFIX_stats_history.csv > plot.svg"""

import csv
import sys
from html import escape

WIDTH, HEIGHT, LEFT, TOP, GAP = 800, 170, 60, 30, 55


def points(rows, column):
    start = int(rows[0]["Timestamp"])
    for row in rows:
        try:
            yield int(row["Timestamp"]) - start, float(row[column])
        except ValueError:
            # "N/A" until there is something to tell.
            continue


def panel(title, rows, curves, top):
    series = [(label, colour, list(points(rows, column))) for label, colour, column in curves]
    longest = max((x for _, _, line in series for x, _ in line), default=1) or 1
    highest = max((y for _, _, line in series for _, y in line), default=1) or 1
    yield f'<text x="{LEFT}" y="{top - 10}" class="title">{escape(title)}</text>'
    yield f'<rect x="{LEFT}" y="{top}" width="{WIDTH}" height="{HEIGHT}" class="frame"/>'
    for share in (0, 0.5, 1):
        y = top + HEIGHT * (1 - share)
        yield f'<text x="{LEFT - 6}" y="{y + 4:.0f}" text-anchor="end">{highest * share:g}</text>'
        x = LEFT + WIDTH * share
        yield (
            f'<text x="{x:.0f}" y="{top + HEIGHT + 16}" text-anchor="middle">'
            f"{longest * share:.0f} s</text>"
        )
    for number, (label, colour, line) in enumerate(series):
        path = " ".join(
            f"{LEFT + WIDTH * x / longest:.1f},{top + HEIGHT * (1 - y / highest):.1f}"
            for x, y in line
        )
        yield f'<polyline points="{path}" fill="none" stroke="{colour}"/>'
        x = LEFT + WIDTH - 90 * (len(series) - number)
        yield f'<text x="{x}" y="{top - 10}" fill="{colour}">{escape(label)}</text>'


def main(path):
    with open(path, newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["Name"] == "Aggregated"]
    second, height = TOP + HEIGHT + GAP, TOP + 2 * (HEIGHT + GAP)
    print(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {LEFT + WIDTH + 20} {height}">')
    print(
        "<style>text{font:12px sans-serif}.title{font-weight:bold}"
        ".frame{fill:none;stroke:#999}</style>"
    )
    throughput = [
        ("users", "#999999", "User Count"),
        ("requests/s", "#1f77b4", "Requests/s"),
        ("failures/s", "#d62728", "Failures/s"),
    ]
    print("\n".join(panel("Users, requests a second", rows, throughput, TOP)))
    times = [("p50", "#2ca02c", "50%"), ("p95", "#ff7f0e", "95%"), ("p99", "#d62728", "99%")]
    print("\n".join(panel("Response times, ms", rows, times, second)))
    print("</svg>")


main(sys.argv[1])
