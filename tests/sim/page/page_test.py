#!/usr/bin/env python3
"""Pages in headless Chromium: every figure drawn, hover, sort, downloads, dark mode, print.   page_test.py DELTASIM SOURCE [CLASS...]"""
import json
import pathlib
import subprocess
import sys
import tempfile
import time
import unittest

import browser
import sweep_folder

PROGRAM, SOURCE = sys.argv[1:3]

# How much of a figure differs from its background: a canvas by its pixels, a drawing by its shapes.
DRAWN = """[...document.querySelectorAll("figure")].map((figure) => {
  const canvas = figure.querySelector("canvas"), shapes = figure.querySelectorAll(".plot svg rect").length;
  let pixels = 0;
  if (canvas) {
    const copy = Object.assign(document.createElement("canvas"), { width: canvas.width, height: canvas.height });
    const context = copy.getContext("2d", { willReadFrequently: true });
    context.drawImage(canvas, 0, 0);
    const data = context.getImageData(0, 0, canvas.width, canvas.height).data;
    for (let i = 3; i < data.length; i += 4) pixels += data[i] > 0;
  }
  return [figure.id, pixels / (canvas ? canvas.width * canvas.height : 1), shapes, figure.querySelectorAll("tbody tr").length];
})"""
# A place over the first bar or point of a chart, in the window.
POINT = """(() => {
  const plot = document.querySelector("#%s .plot"), chart = plot.chart;
  plot.scrollIntoView({ block: "center", behavior: "instant" });
  const part = chart.getDatasetMeta(0).data[%d].getCenterPoint(), box = chart.canvas.getBoundingClientRect();
  return [box.left + part.x, box.top + part.y];
})()"""


class Page(unittest.TestCase):
    """Figures of one page; subclasses make it."""

    def open(self, page):
        CHROMIUM.media("light")
        CHROMIUM.open(page)
        self.assertEqual(CHROMIUM.run("document.documentElement.dataset.ready"), "yes", CHROMIUM.complaints)

    def check_figures(self, *wanted):
        found = {name: parts for name, *parts in CHROMIUM.run(DRAWN)}
        for name, (pixels, shapes, rows) in found.items():
            self.assertTrue(pixels > 0.01 or shapes > 2 or rows > 0, f"{name} is empty")
        self.assertLessEqual(set(wanted), set(found))
        text = CHROMIUM.run("document.body.innerText")
        for wrong in ("undefined", "NaN", "[object", "Infinity", "could not be drawn"):
            self.assertNotIn(wrong, text)

    def check_quiet(self, page):
        self.assertEqual(CHROMIUM.complaints, [])
        self.assertEqual(CHROMIUM.requests, [pathlib.Path(page).as_uri()])

    def hover(self, figure, index=0):
        CHROMIUM.move(*CHROMIUM.run(POINT % (figure, index)))
        tip = f'document.querySelector("#{figure} .plot").chart.tooltip'
        CHROMIUM.wait(f"{tip}.opacity > 0 && {tip}.body.length > 0")
        return CHROMIUM.run(f'[...{tip}.title, ...{tip}.body.flatMap((part) => part.lines), ...{tip}.footer].join("\\n")')

    def download(self, figure, kind):
        before = set(CHROMIUM.downloads.iterdir())
        CHROMIUM.run(f'[...document.querySelectorAll("#{figure} .files button")].find((b) => b.textContent === "{kind}").click()')
        end = time.monotonic() + 10
        while time.monotonic() < end:
            new = [path for path in set(CHROMIUM.downloads.iterdir()) - before if path.suffix == f".{kind.lower()}"]
            if new:
                return new[0].read_bytes()
            time.sleep(0.05)
        self.fail(f"{figure}: no {kind}")

    def column(self, figure, index):
        return CHROMIUM.run(f'[...document.querySelectorAll("#{figure} tbody tr")].map((row) => row.cells[{index}].textContent)')


class Run(Page):
    FIGURES = ("energy-components", "energy-at-rate", "energy-layers", "cycles-causes", "cycles-cores", "cycles-layers", "density", "worth",
               "frames-work", "frames-latency", "frames-layers", "mesh", "memory", "mapping-table", "provenance")

    @classmethod
    def setUpClass(cls):
        cls.folder = make("run", frames=4)
        cls.page = page_of(cls.folder, "run.html")

    def setUp(self):
        self.open(self.page)

    def test_everything_is_drawn_and_nothing_loaded(self):
        self.check_figures(*self.FIGURES)
        self.check_quiet(self.page)
        self.assertRegex(CHROMIUM.run('document.querySelector(".answer").textContent'),
                         r"^Delta execution: [\d.]+× fewer MACs, [\d.]+× faster, [\d.]+× less energy \([\d.–]+×\) than dense execution, with equal outputs\.$")
        for select in range(CHROMIUM.run('document.querySelectorAll(".bar select").length')):  # every choice draws
            CHROMIUM.run(f'(() => {{ const s = document.querySelectorAll(".bar select")[{select}]; for (const o of s.options) {{ '
                         's.value = o.value; s.dispatchEvent(new Event("change")); } })()')
        CHROMIUM.run('document.querySelectorAll(".bar input").forEach((box) => box.click())')
        self.check_figures(*self.FIGURES)
        self.check_quiet(self.page)

    def test_hover(self):
        self.assertRegex(self.hover("energy-components"), r"dense\nstate memory: [\d.]+ µJ \(\d+ %\)")
        self.assertRegex(self.hover("frames-latency", 1), r"frame 1\ndense: [\d.]+ µs")
        where = ('(() => { const core = document.querySelector("#mesh g[tabindex] rect"); core.scrollIntoView({ block: "center", behavior: "instant" }); '
                 'const box = core.getBoundingClientRect(); return [box.left + 5, box.top + 5]; })()')
        CHROMIUM.move(*CHROMIUM.run(where))
        CHROMIUM.wait('!document.querySelector(".tip").hidden')
        self.assertRegex(CHROMIUM.run('document.querySelector(".tip").textContent'), "core 0.*layers: stem.*busy")

    def test_sort_by_mouse_and_keyboard(self):
        names = self.column("worth", 0)
        CHROMIUM.run('document.querySelectorAll("#worth th button")[2].click()')
        counts = [float(text.replace(" k", "e3")) for text in self.column("worth", 2) if text != "–"]
        self.assertEqual(counts, sorted(counts, reverse=True))
        CHROMIUM.run('document.querySelector("#worth th button").focus()')
        CHROMIUM.press("Enter", 13)
        self.assertEqual(self.column("worth", 0), sorted(names, key=str.lower))
        self.assertEqual(CHROMIUM.run('document.querySelector("#worth th").getAttribute("aria-sort")'), "ascending")

    def test_files(self):
        rows = self.download("energy-components", "CSV").decode().splitlines()
        self.assertEqual(rows[0], ",component,energy_j,low_j,high_j")
        self.assertTrue(any(row.startswith("delta,total,") for row in rows))
        for figure in ("energy-components", "mesh"):  # a canvas and a drawing
            picture = self.download(figure, "PNG")
            self.assertEqual(picture[:8], b"\x89PNG\r\n\x1a\n")
            self.assertGreater(len(picture), 5000)

    def test_dark_mode_and_print(self):
        light = CHROMIUM.run("theme().surface + theme().text + figures.length")
        CHROMIUM.media("dark")
        CHROMIUM.wait("theme().dark")
        self.assertNotEqual(CHROMIUM.run("theme().surface + theme().text + figures.length"), light)
        self.check_figures(*self.FIGURES)
        width = 'Math.max(...[...document.querySelectorAll(".plot canvas, .plot svg")].map((p) => p.getBoundingClientRect().width))'
        CHROMIUM.run('window.dispatchEvent(new Event("beforeprint"))')
        self.assertLess(CHROMIUM.run(width), 1000)  # what the style sheet puts on A4
        self.assertFalse(CHROMIUM.run("theme().dark"))
        CHROMIUM.run('window.dispatchEvent(new Event("afterprint"))')
        self.assertGreater(CHROMIUM.run(width), 1000)
        with tempfile.NamedTemporaryFile(suffix=".pdf") as file:
            CHROMIUM.pdf(file.name)
            printed = pathlib.Path(file.name).read_bytes()
        self.assertEqual(printed[:5], b"%PDF-")
        self.assertGreater(len(printed), 50000)
        self.check_figures(*self.FIGURES)
        self.check_quiet(self.page)


class Others(Page):
    """Runs of another kind, and several."""

    def test_runs_side_by_side(self):
        folders = [make(f"threshold{t}", 3, **{"delta/threshold": t}) for t in (1, 4)]
        page = page_of(*folders, "runs.html")
        self.open(page)
        self.check_figures("compared", "ratios", "energy-components", "compared-layers", "compared-causes", "differences")
        self.assertEqual(self.column("differences", 0), ["delta/threshold"])
        self.assertRegex(self.hover("energy-components"), "threshold1\n")
        self.check_quiet(page)

    def test_an_array_alone(self):
        page = page_of(make("array", 1, executions='["systolic"]'), "array.html")
        self.open(page)
        self.check_figures("energy-components", "energy-layers", "cycles-layers", "systolic")
        self.check_quiet(page)

    def test_tuned_thresholds(self):
        folder = pathlib.Path(make("tuned", 2))
        curve = [{"threshold": t, "max_loss": 0.1 * t, "held_out": {"loss": 0.05 * t, "energy_pj": 1e8 / t, "cycles": 9, "macs": 9}} for t in (1, 2)]
        around = {"stem": 1, "down1": 1}
        moves = [{"threshold": 2, "cost": -0.1, "loss": 0.01, "error_power": 0.001}]
        tune = {"tool": {"name": "deltasim"}, "objective": "energy", "metric": "relative_l2", "max_loss": 0.1,
                "calibration": {"search_frames": 6, "check_frames": 2}, "held_out": {"frames": 2}, "chosen": curve[0],
                "layers": [{"name": name, "threshold": 3, "best_uniform": 1} for name in around], "curves": {"uniform": curve, "tuned": curve},
                "saving": {"same_limit": {"share": 0.25, "uniform_threshold": 1}, "same_quality": None},
                "sensitivity": {"around": around, "knobs": [{"layers": [name], "moves": moves} for name in around]}}
        (folder / "tune.json").write_text(json.dumps(tune))
        page = page_of(str(folder), "tuned.html")
        self.open(page)
        self.check_figures("tune-curves", "tune-layers", "tune-sensitivity", "mesh")
        self.assertIn("On 2 other frames, where it is 0.0500: 25 % less energy than the best uniform threshold",
                      CHROMIUM.run('document.querySelector("#tuning p").textContent'))
        self.check_quiet(page)

    def test_a_report_alone_without_energy(self):
        file = pathlib.Path(make("bare", 2, executions='["dense","delta","systolic"]'), "report.json")
        file.with_name("frames.csv").unlink()
        report = json.loads(file.read_text())
        for execution in report["executions"].values():
            execution["energy_pj"] = None
        file.write_text(json.dumps(report))
        page = page_of(str(file), "bare.html")
        self.open(page)
        self.check_figures("cycles-causes", "density", "mesh", "systolic", "frames-latency")
        self.assertNotIn("Energy per frame", CHROMIUM.run("document.body.innerText"))
        self.check_quiet(page)


class Sweep(Page):
    FIGURES = ("gains", "losses", "pareto-energy", "pareto-cycles", "along-axis", "two-axes", "points-table", "failed")

    @classmethod
    def setUpClass(cls):
        cls.page = page_of(sweep_folder.write(f"{SCRATCH}/sweep", sweep_folder.grid(), failing=(5,)), "sweep.html")

    def setUp(self):
        self.open(self.page)

    def choose(self, select, value):
        CHROMIUM.run(f'(() => {{ const s = document.querySelector({select!r}); s.value = "{value}"; s.dispatchEvent(new Event("change")); }})()')

    def test_everything_is_drawn(self):
        self.check_figures(*self.FIGURES)
        self.assertEqual(self.column("failed", -1 + 5), ['hw.json: /core/lanes: "7", is odd'])
        text = CHROMIUM.run("document.body.innerText")
        for part in ("15\nof 16 points done", "1 failed", "executions reused\n28", "60 s with 2 jobs"):
            self.assertIn(part, text)
        self.assertEqual(CHROMIUM.run('document.querySelector("#points-table td a").getAttribute("href")'), "./sweep/points/000000/report.json")
        self.check_quiet(self.page)

    def test_the_front_and_its_tip(self):
        rows = [row.split(",") for row in self.download("pareto-energy", "CSV").decode().splitlines()]
        front = [row[0] for row in rows[1:] if row[-1] == "1"]
        self.assertEqual(front, ["000000", "000004", "000008", "000012"])  # 8 lanes: less energy at the same distance
        tip = self.hover("pareto-energy")
        self.assertRegex(tip, r"point 0000\d\d\n(.*\n)*threshold = \d\nlanes = \d+\nnetwork = ")

    def test_filters_and_choices(self):
        self.choose('.filter select[data-axis="lanes"]', "0")
        self.assertIn("7 of 15 points shown", CHROMIUM.run("document.body.innerText"))
        self.assertEqual(len(self.column("points-table", 0)), 7)
        for figure in ("along-axis", "two-axes", "pareto-cycles"):
            for select in range(CHROMIUM.run(f'document.querySelectorAll("#{figure} select").length')):
                for value in CHROMIUM.run(f'[...document.querySelectorAll("#{figure} select")[{select}].options].map((option) => option.value)'):
                    CHROMIUM.run(f'(() => {{ const s = document.querySelectorAll("#{figure} select")[{select}]; s.value = "{value}"; '
                                 's.dispatchEvent(new Event("change")); })()')
        self.check_figures(*self.FIGURES)
        self.check_quiet(self.page)

    def test_ten_thousand_points(self):
        page = page_of(sweep_folder.write(f"{SCRATCH}/large", sweep_folder.sample(10000)), "large.html")
        begin = time.monotonic()
        self.open(page)
        self.assertLess(time.monotonic() - begin, 10)
        self.check_figures(*self.FIGURES[:7])
        CHROMIUM.run('document.querySelectorAll("#points-table th button")[1].click()')
        thresholds = [float(text) for text in self.column("points-table", 1)]
        self.assertEqual(len(thresholds), 100)
        self.assertEqual(thresholds, sorted(thresholds, reverse=True))
        self.check_quiet(page)


def make(name, frames, **options):
    """A run of the example, and its folder."""
    folder = str(pathlib.Path(SCRATCH, name))
    sets = {"input/render/frames": frames, "check": "false", **options}
    command = [PROGRAM, "run", f"{SOURCE}/configs/runs/objects.json", "-o", folder]
    for pointer, value in sets.items():
        command += ["--set", f"/{pointer}={value}"]
    subprocess.run(command, check=True, capture_output=True)
    return folder


def page_of(*arguments):
    page = str(pathlib.Path(SCRATCH, arguments[-1]))
    subprocess.run([PROGRAM, "report", *arguments[:-1], "-o", page], check=True, capture_output=True)
    return page


if __name__ == "__main__":
    if not browser.find():
        print("skipped: no Chromium (Debian: chromium)")
        sys.exit(0)
    with tempfile.TemporaryDirectory() as SCRATCH, browser.Browser(browser.find()) as CHROMIUM:
        outcome = unittest.main(argv=sys.argv[:1] + sys.argv[3:], exit=False, verbosity=2)
    sys.exit(not outcome.result.wasSuccessful())
