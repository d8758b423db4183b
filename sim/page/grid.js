// Heat maps of columns and rows, as vector drawings.

/** A bar that says which colour is which value. */
function colourBar(colours, x, y, width, low, high, text, title) {
  const parts = [];
  for (let i = 0; i < 40; ++i)
    parts.push(svg(
        'rect', {x: x + (i * width) / 40, y, width: width / 40 + 0.6, height: 10, fill: scaleColour((i + 0.5) / 40)}));
  parts.push(svg('text', {x, y: y + 24, fill: colours.text, 'text-anchor': 'start'}, text(low)));
  parts.push(svg('text', {x: x + width, y: y + 24, fill: colours.text, 'text-anchor': 'end'}, text(high)));
  parts.push(svg('text', {x, y: y - 6, fill: colours.muted}, title));
  return svg('g', {}, parts);
}

function drawing(host, width, height, ...parts) {
  const picture =
      svg('svg', {
        xmlns: SVG,
        width,
        height,
        viewBox: `0 0 ${width} ${height}`,
        role: 'img',
        'font-family': 'system-ui, sans-serif',
        'font-size': 12
      },
          ...parts);
  host.append(picture);
  return picture;
}

/** Where the names of `total` fields stand so that they do not overlap. */
function labelled(total, size, room) {
  const step = Math.max(1, Math.ceil(room / size));
  return (i) => i % step === 0 || (i === total - 1 && i % step > step / 2);
}

/**
 * spec: columns, rows: names; value(x, y): number or null; unit, title; tip(x, y): lines; xTitle, yTitle; log; upwards:
 * first row below; text: write values into the fields where they have room.
 */
function heatGrid(host, colours, spec) {
  const [nx, ny] = [spec.columns.length, spec.rows.length];
  const left = 18 + 7 * Math.min(20, largest(spec.rows.map((row) => String(row).length))) + (spec.yTitle ? 16 : 0);
  const width = Math.max(360, host.clientWidth || 1180), cell = Math.min(110, (width - left - 12) / nx);
  const tall = Math.min(44, Math.max(13, 420 / ny)), top = 46, bottom = 48;
  const all = [];
  for (let x = 0; x < nx; ++x)
    for (let y = 0; y < ny; ++y) all.push(spec.value(x, y));
  const known = all.filter(isNumber);
  const high = known.length ? largest(known) : 1;
  const low = spec.log ? smallest(known.filter((v) => v > 0)) :
      spec.fromData    ? smallest(known) :
                         Math.min(0, smallest(known));
  const place = (v) =>
      (spec.log ? Math.log(Math.max(v, low) / low) / Math.log(high / low || 2) : (v - low) / (high - low || 1));
  const text = spec.format || ((v) => (spec.unit === '%' ? percent(v, 2) : si(v, spec.unit)));
  const parts = [colourBar(
      colours, left, 18, Math.min(260, nx * cell), low, high, text,
      spec.log ? `${spec.title} (logarithmic)` : spec.title)];
  const y0 = (y) => top + 14 + (spec.upwards ? ny - 1 - y : y) * tall;
  for (let x = 0, i = 0; x < nx; ++x)
    for (let y = 0; y < ny; ++y, ++i) {
      const v = all[i], at = isNumber(v) ? place(v) : 0;
      const field = svg('rect', {
        x: left + x * cell,
        y: y0(y),
        width: Math.max(0.5, cell - (cell > 6 ? 1 : 0)),
        height: tall - (tall > 6 ? 1 : 0),
        fill: isNumber(v) ? scaleColour(at) : colours.empty
      });
      parts.push(addTip(field, () => spec.tip(x, y)));
      if (spec.text && cell > 46 && isNumber(v))
        parts.push(
            svg('text', {
              x: left + (x + 0.5) * cell,
              y: y0(y) + tall / 2 + 4,
              fill: scaleInk(at),
              'text-anchor': 'middle',
              'font-size': 11,
              'pointer-events': 'none'
            },
                text(v)));
    }
  const nameX = labelled(nx, cell, 8 + 7 * largest(spec.columns.map((c) => Math.min(14, String(c).length)))),
        nameY = labelled(ny, tall, 13);
  const below = top + 14 + ny * tall;
  spec.columns.forEach(
      (name, x) => nameX(x) &&
          parts.push(
              svg('text', {x: left + (x + 0.5) * cell, y: below + 14, fill: colours.text, 'text-anchor': 'middle'},
                  shorten(String(name), 14))));
  spec.rows.forEach(
      (name, y) => nameY(y) &&
          parts.push(
              svg('text', {
                x: left - 6,
                y: y0(y) + tall / 2 + 4,
                fill: colours.text,
                'text-anchor': 'end',
                'font-size': Math.min(12, tall)
              },
                  shorten(String(name), 20))));
  parts.push(svg(
      'text', {x: left + (nx * cell) / 2, y: below + 34, fill: colours.muted, 'text-anchor': 'middle'}, spec.xTitle));
  if (spec.yTitle)
    parts.push(
        svg('text', {
          transform: `translate(12 ${top + 14 + (ny * tall) / 2}) rotate(-90)`,
          fill: colours.muted,
          'text-anchor': 'middle'
        },
            spec.yTitle));
  drawing(host, Math.round(left + nx * cell + 12), Math.round(below + bottom), parts);
}
