#!/usr/bin/env python3
"""Tunes real networks on real video and writes the tables of docs/tuning.md between its marks.

    bench/tuning.py build/release/sim/deltasim DATA OUT docs/tuning.md

DATA: the folder with networks/ and videos/ (bench/results.py reads the same). OUT: results; what is finished there is
not run again, what was interrupted goes on. The first 96 frames are for calibration, the 144 after them for the figures.
"""
import json
import pathlib
import subprocess
import sys

NETWORKS = {"resnet8": ("resnet8_cifar10", {}), "vww96": ("vww96_mobilenetv1_025", {"scale": 0.00392156862745098})}
VIDEOS = {"vtest": ("vtest_480x360.avi", {}),
          "soccer": ("v_SoccerJuggling_g24_c01.avi", {}),
          "persons": ("intel_one-by-one-person-detection.mp4", {"first_frame": 100})}
RUNS = [("resnet8", "vtest", "send_on_delta", 0.1), ("resnet8", "soccer", "send_on_delta", 0.1),
        ("resnet8", "persons", "send_on_delta", 0.1), ("resnet8", "vtest", "delta", 0.1),
        ("vww96", "vtest", "send_on_delta", 0.1), ("vww96", "persons", "send_on_delta", 0.1),
        ("vww96", "soccer", "send_on_delta", 0.1)]
BEGIN, END = "<!-- bench/tuning.py begins -->", "<!-- bench/tuning.py ends -->"


def command(program, data, out, run):
    network, video, rule, loss = run
    model, steps = NETWORKS[network]
    name, selection = VIDEOS[video]
    neutral = 1 if rule == "delta" else 0
    return [program, "tune", "configs/runs/objects.json", "--max-loss", str(loss), "-o", str(out),
            "--calibration-frames", "96", "--held-out-frames", "144",
            "--set", f"/network={data}/networks/{model}.onnx",
            "--set", "/input=" + json.dumps({"path": f"{data}/videos/{name}", **steps, **selection}),
            "--set", "/check=false", "--set", '/executions=["delta"]',
            "--set", f"/delta/rule={rule}", "--set", f"/delta/threshold={neutral}"]


def folder(out, run):
    return out / "-".join(str(part) for part in run)


def share(value):
    return "-" if value is None else f"{100 * value:.0f} %"


def saving(saved):
    return "-" if saved is None else f"{100 * saved['share']:.0f} % (uniform {saved['uniform_threshold']:g})"


def micro(point, frames):
    return f"{point['held_out']['energy_pj'] / frames * 1e-6:.2f}"


def figures(tuned):
    """One line of the first table."""
    frames = tuned["held_out"]["frames"]
    chosen, uniform, saved = tuned["chosen"], tuned["best_uniform"], tuned["saving"]
    return (f"{uniform['threshold']:g}: {uniform['held_out']['loss']:.3f} | {micro(uniform, frames)} | "
            f"{chosen['held_out']['loss']:.3f} | {micro(chosen, frames)} | {saving(saved['same_limit'])} | "
            f"{saving(saved['same_quality'])} | {share(saved['same_quality_interpolated'])}")


def curve(name, tuned):
    frames = tuned["held_out"]["frames"]
    lines = [f"\n{name}: loss on the held-out frames, uJ a frame\n", "| uniform | loss | energy | tuned for | loss | energy |",
             "|---|---|---|---|---|---|"]
    uniform = [p for p in tuned["curves"]["uniform"] if "energy_pj" in p["held_out"]]
    points = tuned["curves"]["tuned"]
    for i in range(max(len(uniform), len(points))):
        left = (f"{uniform[i]['threshold']:g} | {uniform[i]['held_out']['loss']:.3f} | {micro(uniform[i], frames)}"
                if i < len(uniform) else " | | ")
        right = (f"{points[i]['max_loss']:g} | {points[i]['held_out']['loss']:.3f} | {micro(points[i], frames)}"
                 if i < len(points) else " | | ")
        lines.append(f"| {left} | {right} |")
    return lines


def thresholds(tuned):
    return ", ".join(f"{layer['name']} {layer['threshold']:g}" for layer in tuned["layers"])


def tables(results):
    lines = ["| network | video | rule | best uniform: loss | uJ/frame | tuned: loss | uJ/frame | saved, same limit | "
             "saved, same quality | against the line |", "|---|---|---|---|---|---|---|---|---|---|"]
    for (network, video, rule, _), tuned in results:
        lines.append(f"| {network} | {video} | {rule} | {figures(tuned)} |")
    for (network, video, rule, _), tuned in results:
        lines += curve(f"{network}, {video}, {rule}", tuned)
        lines.append(f"\nThresholds for {tuned['max_loss']:g}: {thresholds(tuned)}.")
    return lines


def main(program, data, out, document):
    out, results = pathlib.Path(out), []
    for run in RUNS:
        if not (folder(out, run) / "tune.json").exists():
            subprocess.run(command(program, data, folder(out, run), run), check=True)
        results.append((run, json.loads((folder(out, run) / "tune.json").read_text())))
    shown = " ".join(f"'{word}'" if any(c in word for c in '{["') else word
                     for word in command("deltasim", "$DATA", "OUT", RUNS[0]))
    text = pathlib.Path(document).read_text()
    before, rest = text.split(BEGIN)
    body = "\n".join(tables(results)) + f"\n\nThe first row's command (the others differ in network, input and rule):\n\n    {shown}\n"
    pathlib.Path(document).write_text(before + BEGIN + "\n" + body + END + rest.split(END)[1])


if __name__ == "__main__":
    main(*sys.argv[1:5])
