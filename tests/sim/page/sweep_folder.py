"""A folder as 'deltasim sweep' leaves it, with made-up results: pages of many points are tested without simulating them."""
import csv
import json
import math
import pathlib
import random

BASES = ("dense", "spatial", "systolic")
COLUMNS = ["execution", "macs", "events", "cycles", "latency_cycles", "interval_cycles", "seconds", "energy_pj", "energy_pj_low",
           "energy_pj_high", *(f"{what}_vs_{base}{end}" for base in BASES
                               for what, end in [("macs", ""), ("cycles", ""), ("energy", ""), ("energy", "_low"), ("energy", "_high")]),
           "relative_l2", "sqnr_db", "top1_agreement", "top1_agreement_float", "accuracy", "accuracy_dense", "accuracy_float", "status",
           "message", "report", "host_wall_s", "host_name"]


def results(number, threshold, machine):
    """What a larger threshold and a larger machine do: less work at more distance, fewer cycles at more energy."""
    macs, cycles = int(4e6 / threshold**0.6), int(2e6 / threshold**0.4 / machine**0.5)
    energy, distance = 1.3e8 / threshold**0.5 * (1 + machine / 50), 0.01 * (threshold - 1)
    row = {"execution": "delta", "macs": macs, "events": macs // 20, "cycles": cycles, "latency_cycles": cycles // 9,
           "interval_cycles": cycles // 12, "seconds": cycles / 5e8, "energy_pj": energy, "energy_pj_low": 0.8 * energy,
           "energy_pj_high": 1.2 * energy, "macs_vs_dense": 9e7 / macs, "cycles_vs_dense": 1e7 / cycles, "energy_vs_dense": 1e9 / energy,
           "energy_vs_dense_low": 0.95e9 / energy, "energy_vs_dense_high": 1.05e9 / energy, "relative_l2": distance,
           "sqnr_db": -20 * math.log10(distance) if distance else "", "top1_agreement": max(0, 1 - distance**2),
           "status": "done", "report": f"points/{number:06}/report.json"}
    return row


def write(folder, points, failing=()):
    """points: (threshold, lanes, network); failing: their numbers."""
    axes = [{"name": "threshold", "pointer": "/delta/threshold", "numeric": True, "log": False},
            {"name": "lanes", "pointer": "/hardware/core/lanes", "numeric": True, "log": True},
            {"name": "network", "pointer": "/network", "numeric": False, "log": False}]
    folder = pathlib.Path(folder)
    folder.mkdir()
    with open(folder / "sweep.csv", "w", newline="") as file:
        table = csv.DictWriter(file, ["id", *(axis["name"] for axis in axes), *COLUMNS], lineterminator="\n")
        table.writeheader()
        for number, (threshold, lanes, network) in enumerate(points):
            row = {"status": "failed", "message": 'hw.json: /core/lanes: "7", is odd'} if number in failing else results(number, threshold, lanes)
            table.writerow({"id": f"{number:06}", "threshold": threshold, "lanes": lanes, "network": network, **row})
    counts = {"total": len(points), "excluded": 0, "done": len(points) - len(failing), "failed": len(failing), "left": 0}
    work = {"reference_runs": 4, "streams_reused": 12, "simulations_run": 20, "simulations_reused": 28}
    (folder / "sweep.json").write_text(json.dumps({"tool": {"name": "deltasim", "version": "0.1.0"}, "sweep": {"axes": axes}, "points": counts,
                                                   "axes": axes, "work": work, "host": {"name": "here", "jobs": 2, "wall_s": 60}}))
    return str(folder)


def grid():
    return [(threshold, lanes, network) for threshold in (1, 2, 4, 8) for lanes in (8, 16) for network in ("nets/small.json", "nets/</script>.json")]


def sample(number):
    draw = random.Random(1)
    return [(round(draw.uniform(1, 16), 3), draw.choice((4, 8, 16, 32)), draw.choice("ab")) for _ in range(number)]
