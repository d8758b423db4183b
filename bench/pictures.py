#!/usr/bin/env python3
"""Takes a picture of figures of a page by headless Chromium, for documents.

    deltasim sweep configs/sweeps/threshold.json -o out/threshold
    deltasim report out/threshold -o out/threshold.html
    bench/pictures.py out/threshold.html gains,losses docs/threshold.png

Figures by their ids in the page, side by side, without buttons and controls. What a control would choose stands behind the id:
two-axes:metric=cycles:of=mean
"""
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "tests" / "sim" / "page"))
import browser  # noqa: E402

WIDTH = 1000  # as wide as a README is shown

# Nothing but the figures stays, in the order asked for; they are drawn anew at their new width.
ARRANGE = """(wanted) => {
  const row = document.createElement("div");
  row.style.cssText = `display: grid; grid-template-columns: repeat(${wanted.length}, 1fr); gap: 14px; padding: 8px; background: #fff`;
  for (const [id, choices] of wanted) {
    const known = figures.find((each) => each.options.id === id);
    if (!known) throw new Error(`no figure '${id}'; there are ${figures.map((each) => each.options.id).join(", ")}`);
    for (const [name, value] of Object.entries(choices)) {
      if (!(name in known.state)) throw new Error(`figure '${id}' has no choice '${name}', but ${Object.keys(known.state).join(", ")}`);
      known.state[name] = value;
    }
    const figure = document.getElementById(id);
    figure.querySelectorAll(".bar, .files").forEach((part) => part.remove());
    figure.style.margin = 0;
    row.append(figure);
  }
  document.body.replaceChildren(row);
  redrawAll();
  const box = row.getBoundingClientRect();
  return { x: box.left, y: box.top + scrollY, width: box.width, height: box.height };
}"""


def wanted(text):
    for figure in text.split(","):
        name, *choices = figure.split(":")
        yield name, dict(choice.split("=", 1) for choice in choices)


def main(page, figures, picture):
    if not browser.find():
        raise SystemExit("no Chromium (Debian: chromium)")
    with browser.Browser(browser.find(), width=WIDTH) as chromium:
        chromium.open(page)
        try:
            clip = chromium.run(f"({ARRANGE})({json.dumps(list(wanted(figures)))})")
        except RuntimeError as error:
            raise SystemExit(f"{page}: {str(error).splitlines()[0]}")
        pathlib.Path(picture).parent.mkdir(parents=True, exist_ok=True)
        chromium.screenshot(picture, clip, scale=2)
        if chromium.complaints:
            raise SystemExit("\n".join(chromium.complaints))


if __name__ == "__main__":
    if len(sys.argv) != 4:
        raise SystemExit(__doc__)
    main(*sys.argv[1:])
