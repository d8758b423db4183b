#!/usr/bin/env python3
"""Takes pictures of a page's figures by headless Chromium, for documents.

    deltasim sweep configs/sweeps/threshold.json -o out/threshold
    deltasim report out/threshold -o out/threshold.html
    bench/pictures.py out/threshold.html docs/threshold.png gains losses

FIGURE... are the ids of figures in the page; they stand side by side, without buttons and controls.
"""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "tests" / "sim" / "page"))
import browser  # noqa: E402

WIDTH = 1000  # as wide as a README is shown

# Nothing but the figures stays, in the order asked for; they are drawn anew at their new width.
ARRANGE = """(names) => {
  const row = document.createElement("div");
  row.id = "pictures";
  row.style.cssText = `display: grid; grid-template-columns: repeat(${names.length}, 1fr); gap: 14px; padding: 8px; background: #fff`;
  for (const name of names) {
    const figure = document.getElementById(name);
    if (!figure) throw new Error(`the page has no figure '${name}'`);
    figure.querySelectorAll(".bar, .files").forEach((part) => part.remove());
    figure.style.margin = 0;
    row.append(figure);
  }
  document.body.replaceChildren(row);
  window.dispatchEvent(new Event("resize"));
  redrawAll();
  const box = row.getBoundingClientRect();
  return { x: box.left, y: box.top + scrollY, width: box.width, height: box.height };
}"""


def main(page, picture, *figures):
    if not browser.find():
        raise SystemExit("no Chromium (Debian: chromium)")
    with browser.Browser(browser.find(), width=WIDTH) as chromium:
        chromium.open(page)
        try:
            clip = chromium.run(f"({ARRANGE})({list(figures)!r})")
        except RuntimeError as error:
            raise SystemExit(str(error).splitlines()[0])
        chromium.screenshot(picture, clip, scale=2)
        if chromium.complaints:
            raise SystemExit("\n".join(chromium.complaints))


if __name__ == "__main__":
    if len(sys.argv) < 4:
        raise SystemExit(__doc__)
    main(*sys.argv[1:])
