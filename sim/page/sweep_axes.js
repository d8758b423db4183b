// How a metric moves along the axes.

const LINES_AT_ONCE = 60;

function metricOptions(sweep) {
  return [
    ...sweep.metrics.map((name) => [name, METRICS[name].title]),
    ...sweep.qualities.map((name) => [name, QUALITIES[name].title])
  ];
}

function groupBy(list, key) {
  const groups = new Map();
  for (const item of list) {
    const k = key(item);
    if (!groups.has(k)) groups.set(k, []);
    groups.get(k).push(item);
  }
  return groups;
}

function mean(values) {
  const known = values.filter(isNumber);
  return known.length ? sum(known) / known.length : null;
}

/** Points of one colour as lines: one for each setting of the other axes, or their mean. */
function linesAlong(points, xOf, metric, rest, averaged) {
  if (averaged) {
    const groups = groupBy(points, xOf);
    return [...groups]
        .map(([x, inside]) => ({x, y: mean(inside.map((p) => p.row[metric])), inside}))
        .filter((p) => isNumber(p.y))
        .sort((a, b) => a.x - b.x);
  }
  const all = [];
  for (const [, line] of groupBy(points, (point) => JSON.stringify(rest.map((name) => point.settings[name])))) {
    const known = line.filter((point) => isNumber(point.row[metric]))
                      .map((point) => ({x: xOf(point), y: point.row[metric], inside: [point]}))
                      .sort((a, b) => a.x - b.x);
    if (all.length && known.length) all.push({x: null, y: null, inside: []});  // lifts the pen
    all.push(...known);
  }
  return all;
}

function alongAxis(sweep, shown, state) {
  const info = sweep.info[state.x];
  const dense = info.numeric && info.values.length > LINES_AT_ONCE;
  const cells = dense && state.mean ? cellsOf(info) : null;  // the mean of a sample needs bins
  const xOf = cells ? (point) => cells.middle(cells.find(point.settings[state.x])) :
      info.numeric  ? (point) => point.settings[state.x] :
                      (point) => info.values.indexOf(point.settings[state.x]);
  const tied = (name, other) => name === other ||
      (sweep.info[name].group !== undefined && sweep.info[other] && sweep.info[name].group === sweep.info[other].group);
  const rest =
      movingAxes(sweep).filter((name) => !tied(name, state.x) && !tied(name, state.colour));  // zipped axes move as one
  const points = shown();
  const product = [...groupBy(movingAxes(sweep), (name) => sweep.info[name].group ?? name).values()].reduce(
      (all, [name]) => all * sweep.info[name].values.length, 1);
  const scattered = !state.mean && product > 2 * sweep.points.length;  // points of a sample do not stand in lines
  const marks = points.map((point) => ({point, row: point.row, settings: point.settings}));
  const series = coloured(sweep, state.colour === state.x ? '' : state.colour, marks.map((m) => ({...m, x: 0, y: 0})))
                     .map((s) => ({
                            ...s,
                            points: linesAlong(s.points.map((p) => p.point), xOf, state.metric, rest, state.mean),
                            line: !scattered
                          }));
  return {info, series: series.filter((s) => s.points.length)};
}

function axisFigure(part, sweep, shown) {
  const axes = movingAxes(sweep);
  if (!axes.length) return;
  const x = axes.find((name) => sweep.info[name].numeric) || axes[0];
  const colour =
      axes.filter((name) => name !== x).sort((a, b) => sweep.info[a].values.length - sweep.info[b].values.length)[0] ||
      '';
  const many = sweep.done.length > LINES_AT_ONCE * 8 && axes.length > 2;
  figure(part, {
    id: 'along-axis',
    title: 'Along an axis',
    says: 'How one figure follows one setting. Each line keeps all other settings fixed, or is the mean over them; ' +
        'colours are the values of a second axis.',
    height: 400,
    controls: [
      {name: 'x', label: 'along', value: x, options: axes.map((name) => [name, name])},
      {name: 'metric', label: 'show', value: sweep.metrics[0], options: metricOptions(sweep)},
      {name: 'colour', label: 'colour', value: colour, options: [['', 'one'], ...axes.map((name) => [name, name])]},
      {name: 'mean', label: 'mean over the others', value: many},
      {name: 'log', label: 'logarithmic', value: spreadFar(sweep, sweep.metrics[0])}
    ],
    csv: (state) => {
      const {series} = alongAxis(sweep, shown, state);
      return [
        [state.x, 'series', state.metric, 'points'],
        ...series.flatMap(
            (s) => s.points.filter((p) => p.x !== null)
                       .map((p) => [p.inside[0].settings[state.x], s.label, p.y, p.inside.map((q) => q.id).join(' ')]))
      ];
    },
    draw: (host, colours, state) => {
      const {info, series} = alongAxis(sweep, shown, state);
      const metric = METRICS[state.metric] || QUALITIES[state.metric];
      return lines(host, colours, {
        series,
        labels: info.numeric ? undefined : info.values.map(settingText),
        xTitle: state.x,
        xLog: info.log,
        xValues: info.numeric ? info.values : null,
        yTitle: metric.title,
        yUnit: metric.unit,
        yLog: state.log,
        onePoint: true,
        tipTitle: (p) => (p.inside.length === 1 ? `point ${p.inside[0].id}` : `mean of ${p.inside.length} points`),
        tip: (p) =>
            (p.inside.length === 1 ? pointTip(sweep, p.inside[0], [state.metric]) :
                                     [`${state.x} = ${settingText(p.inside[0].settings[state.x])}`]),
      });
    },
  });
}

const CELLS_ALONG = 24;

/** The values of an axis as columns or rows of a map; many numbers are put into bins. */
function cellsOf(info) {
  const {values, numeric} = info;
  if (!numeric || values.length <= CELLS_ALONG)
    return {names: values.map(settingText), find: (value) => values.indexOf(value)};
  const [low, high] = [values[0], values[values.length - 1]], bins = 16;
  const to = (v) => (info.log ? Math.log(v) : v), back = (v) => (info.log ? Math.exp(v) : v);
  const at = (i) => back(to(low) + ((to(high) - to(low)) * i) / bins);
  return {
    middle: (i) => at(i + 0.5),
    names: Array.from({length: bins}, (_, i) => `${plain(at(i), 2)}–${plain(at(i + 1), 2)}`),
    find: (value) => Math.min(bins - 1, Math.floor(((to(value) - to(low)) / (to(high) - to(low))) * bins))
  };
}

function mapCells(sweep, shown, state) {
  const [across, down] = [cellsOf(sweep.info[state.x]), cellsOf(sweep.info[state.y])];
  const cells = groupBy(
      shown().filter((point) => isNumber(point.row[state.metric])),
      (point) => `${across.find(point.settings[state.x])},${down.find(point.settings[state.y])}`);
  const low = (METRICS[state.metric] || QUALITIES[state.metric]).better === 'low';
  const value = (x, y) => {
    const inside = (cells.get(`${x},${y}`) || []).map((point) => point.row[state.metric]);
    return inside.length === 0 ? null : state.of === 'mean' ? mean(inside) : low ? smallest(inside) : largest(inside);
  };
  return {across, down, value, inside: (x, y) => cells.get(`${x},${y}`) || []};
}

function mapFigure(part, sweep, shown) {
  const axes = movingAxes(sweep);
  if (axes.length < 2) return;
  const numeric = axes.filter((name) => sweep.info[name].numeric);
  const x = numeric[0] || axes[0], y = axes.find((name) => name !== x);
  figure(part, {
    id: 'two-axes',
    title: 'Two axes',
    says: 'Each field is a pair of settings, coloured by the best, or the mean, of all points that have them. ' +
        'Grey: no point.',
    controls: [
      {name: 'x', label: 'across', value: x, options: axes.map((name) => [name, name])},
      {name: 'y', label: 'up', value: y, options: axes.map((name) => [name, name])},
      {name: 'metric', label: 'show', value: sweep.metrics[0], options: metricOptions(sweep)},
      {name: 'of', label: 'of a field', value: 'best', options: [['best', 'the best point'], ['mean', 'the mean']]},
      {name: 'log', label: 'logarithmic', value: false}
    ],
    csv: (state) => {
      const {across, down, value} = mapCells(sweep, shown, state);
      return [
        [`${state.y} \\ ${state.x}`, ...across.names],
        ...down.names.map((name, j) => [name, ...across.names.map((_, i) => value(i, j))])
      ];
    },
    draw: (host, colours, state) => {
      const metric = METRICS[state.metric] || QUALITIES[state.metric];
      const {across, down, value, inside} = mapCells(sweep, shown, state);
      heatGrid(host, colours, {
        columns: across.names,
        rows: down.names,
        xTitle: state.x,
        yTitle: state.y,
        upwards: true,
        text: true,
        fromData: true,
        log: state.log,
        title: metric.title,
        unit: metric.unit || '',
        value,
        format: (v) => metricText(state.metric, v),
        tip: (i, j) =>
            [`${state.x} = ${across.names[i]}, ${state.y} = ${down.names[j]}`,
             inside(i, j).length ? `${metric.title}: ${metricText(state.metric, value(i, j))}` : 'no point',
             inside(i, j).length > 1 ? `${inside(i, j).length} points` :
                 inside(i, j).length ? `point ${inside(i, j)[0].id}` :
                                       ''],
      });
    },
  });
}

function axesSection(sweep, shown) {
  if (!movingAxes(sweep).length || !sweep.metrics.length) return;
  const part = section('axes', 'Along the axes');
  axisFigure(part, sweep, shown);
  mapFigure(part, sweep, shown);
}
