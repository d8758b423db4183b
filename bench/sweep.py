#!/usr/bin/env python3
"""What sweeps cost beside the work itself, on 8 thresholds x 4 machines of vww96 on real video.

    bench/sweep.py build/release/sim/deltasim DATA OUT [FRAMES]

DATA: the folder with networks/ and videos/. Runs the sweep with one job, again with everything in the cache (what is left then
is overhead), and anew with two jobs; says whether the curves fall where they must. CPU times bear other work on the machine,
wall times do not.
"""
import csv
import json
import os
import pathlib
import resource
import shutil
import subprocess
import sys
import time

MACHINES = {"edge16": "cmos", "seneca": "seneca", "neuronflow": "neuronflow", "sne": "sne"}
FALLING = ("macs", "events", "cycles", "energy_pj")  # over the threshold; send_on_delta sends less and less


def sweep_file(data, frames):
    configs = pathlib.Path(__file__).resolve().parent.parent / "configs"
    rows = [[str(configs / "hw" / f"{chip}.json"), str(configs / "energy" / f"{table}.json")]
            for chip, table in MACHINES.items()]
    return {"base": {"network": f"{data}/networks/vww96_mobilenetv1_025.onnx",
                     "input": {"path": f"{data}/videos/intel_one-by-one-person-detection.mp4",
                               "scale": 0.00392156862745098},
                     "hardware": rows[0][0], "energy": rows[0][1], "frames": frames,
                     "delta": {"rule": "send_on_delta"}},
            "axes": [{"pointer": "/delta/threshold", "values": [0, 1, 2, 4, 6, 8, 12, 16]},
                     {"name": "machine", "pointers": ["/hardware", "/energy"], "values": rows,
                      "labels": list(MACHINES)}]}


def cost(program, sweep, out, *options):
    """Wall and CPU seconds of a sweep into a new folder."""
    shutil.rmtree(out, ignore_errors=True)
    before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    subprocess.run([program, "sweep", sweep, "-o", out, *options], check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.monotonic() - begin, sum(getattr(after, t) - getattr(before, t) for t in ("ru_utime", "ru_stime"))


def curves(table):
    """Machine by machine: which figures rise somewhere with the threshold."""
    with open(table, newline="", encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    for machine in MACHINES:
        of = sorted((r for r in rows if r["machine"] == machine), key=lambda r: float(r["threshold"]))
        rising = [c for c in FALLING if any(float(a[c]) < float(b[c]) for a, b in zip(of, of[1:]))]
        print(f"{machine}: energy {float(of[0]['energy_pj']):.3g} .. {float(of[-1]['energy_pj']):.3g} pJ, relative error "
              f"{float(of[0]['relative_l2']):.3g} .. {float(of[-1]['relative_l2']):.3g}; "
              + (f"not monotone: {', '.join(rising)}" if rising else "monotone"))


def main(program, data, out, frames="20"):
    out = pathlib.Path(out)
    out.mkdir(parents=True, exist_ok=True)
    sweep = out / "vww96.json"
    sweep.write_text(json.dumps(sweep_file(os.path.abspath(data), int(frames)), indent=1))
    one = cost(program, sweep, out / "one", "--jobs", "1")
    hits = cost(program, sweep, out / "cached", "--jobs", "1", "--cache", str(out / "one" / "cache"))
    two = cost(program, sweep, out / "two", "--jobs", "2")
    print(f"one job: {one[0]:.1f} s, CPU {one[1]:.1f} s; all from the cache: {hits[0]:.1f} s, CPU {hits[1]:.1f} s; "
          f"two jobs: {two[0]:.1f} s, CPU {two[1]:.1f} s")
    print(f"sweep / what is left to simulate: wall {one[0] / (one[0] - hits[0]):.3f}, CPU {one[1] / (one[1] - hits[1]):.3f}")
    print(f"two jobs over one: {one[0] / two[0]:.2f}; CPU time of two over one: {two[1] / one[1]:.2f}")
    print("work:", json.dumps(json.loads((out / "one" / "sweep.json").read_text())["work"]))
    curves(out / "one" / "sweep.csv")


if __name__ == "__main__":
    main(*sys.argv[1:])
