// The answer of a sweep at a glance: what is gained along an axis, and what becomes of the quality.

const GAINS = [['macs', 'fewer MACs'], ['cycles', 'faster'], ['energy', 'less energy']];

function geometricMean(values) {
  const known = values.filter((value) => value > 0);
  return known.length ? Math.exp(sum(known.map(Math.log)) / known.length) : null;
}

/** Mean of a column at each value of an axis: [{x, y, inside}]. Ratios have a geometric mean. */
function meansAlong(sweep, points, axis, column) {
  const info = sweep.info[axis], cells = info.numeric && info.values.length > LINES_AT_ONCE ? cellsOf(info) : null;
  const xOf = (point) => cells ? cells.middle(cells.find(point.settings[axis])) :
      info.numeric             ? point.settings[axis] :
                                 info.values.indexOf(point.settings[axis]);
  const average = column.includes('_vs_') ? geometricMean : mean;
  return [...groupBy(points.filter((point) => isNumber(point.row[column])), xOf)]
      .map(([x, inside]) => ({x, y: average(inside.map((point) => point.row[column])), inside}))
      .filter((p) => isNumber(p.y))
      .sort((a, b) => a.x - b.x);
}

function axisOptions(sweep, axis) {
  const info = sweep.info[axis];
  return {
    labels: info.numeric ? undefined : info.values.map(settingText),
    xTitle: axis,
    xLog: info.log,
    xValues: info.numeric ? info.values : null,
    tipTitle: (p) => p.inside.length === 1 ? `point ${p.inside[0].id}` : `mean of ${p.inside.length} points`,
  };
}

function meansCsv(series, axis) {
  return [
    [axis, 'series', 'value', 'points'],
    ...series.flatMap((s) => s.points.map((p) => [p.inside[0].settings[axis], s.label, p.y, p.inside.length]))
  ];
}

function axisControl(axes) {
  return {name: 'x', label: 'along', value: axes[0], options: axes.map((name) => [name, name])};
}

function gainsFigure(part, sweep, shown, axes) {
  const bases = ['dense', 'spatial', 'systolic'].filter((base) => sweep.metrics.includes(`cycles_vs_${base}`));
  if (!bases.length) return;
  const series = (state) => GAINS
                                .map(([what, label], i) => ({
                                       label,
                                       points: meansAlong(sweep, shown(), state.x, `${what}_vs_${state.base}`),
                                       style: {...seriesStyle(i), dash: DASHES[i]}
                                     }))
                                .filter((s) => s.points.length);
  figure(part, {
    id: 'gains',
    title: 'What is gained',
    says: 'How many times fewer MACs, cycles and joules than the other execution on the same chip; 1 is no gain.' +
        (axes.length > 1 ? ' Where several points share a value: their geometric mean.' : ''),
    height: 320,
    controls: [axisControl(axes), {name: 'base', label: 'against', value: bases[0], options: bases}],
    csv: (state) => meansCsv(series(state), state.x),
    draw: (host, colours, state) => lines(host, colours, {
      ...axisOptions(sweep, state.x),
      series: series(state),
      yTitle: `gain over ${state.base} execution (times)`,
    }),
  });
}

function lossFigure(part, sweep, shown, axes) {
  if (!sweep.qualities.length) return;
  const series = (state) => [{
    label: QUALITIES[state.quality].title,
    points: meansAlong(sweep, shown(), state.x, state.quality),
    style: {...seriesStyle(5), marker: 'rectRot'}
  }];
  figure(part, {
    id: 'losses',
    title: 'What it costs in quality',
    says: 'How far the outputs are from those of dense execution on the same frames, or how often they are right.' +
        (axes.length > 1 ? ' Where several points share a value: their mean.' : ''),
    height: 320,
    controls: [
      axisControl(axes), {
        name: 'quality',
        label: 'show',
        value: startQuality(sweep),
        options: sweep.qualities.map((name) => [name, QUALITIES[name].title])
      }
    ],
    csv: (state) => meansCsv(series(state), state.x),
    draw: (host, colours, state) => {
      const {title, unit} = QUALITIES[state.quality];
      return lines(host, colours, {
        ...axisOptions(sweep, state.x),
        series: series(state),
        yTitle: title,
        yUnit: unit,
      });
    },
  });
}

function gainsSection(sweep, shown) {
  const moving = movingAxes(sweep);
  const axes =
      [...moving.filter((name) => sweep.info[name].numeric), ...moving.filter((name) => !sweep.info[name].numeric)];
  if (!axes.length) return;
  const part = section('gain', 'Gain and loss'), row = pair(part);
  gainsFigure(row, sweep, shown, axes);
  lossFigure(row, sweep, shown, axes);
}
