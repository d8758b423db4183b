// Cost against quality, and the points that nothing beats in both.

const NAMED_POINTS = 40;

/** Not dominated: no other point has less cost at no less quality. `points`: {x: quality, y: cost}. */
function paretoFront(points, qualityBetter) {
  const sign = qualityBetter === 'low' ? 1 : -1;
  const sorted = points.slice().sort((a, b) => sign * (a.x - b.x) || a.y - b.y);
  const front = [];
  let least = Infinity;
  for (const point of sorted) {
    if (point.y >= least) continue;
    front.push(point);
    least = point.y;
  }
  return front;
}

/** Numbers in order have colours in order; the outline shows the lightest and the darkest on any page. */
function onScale(i, total) {
  return {colour: scaleColour((i + 0.5) / total), outlined: true, marker: MARKERS[i % 4]};
}

/** Datasets by the values of an axis: a colour and a marker each; many numbers share a scale of colours. */
function coloured(sweep, axis, points) {
  if (!axis) return [{label: 'points', points, style: seriesStyle(0)}];
  const {values, numeric} = sweep.info[axis];
  if (values.length <= PALETTE.length)
    return values.map(
        (value, i) => ({
          label: `${axis} = ${settingText(value)}`,
          points: points.filter((p) => p.point.settings[axis] === value),
          style: {...seriesStyle(i), ...(numeric && values.length > 4 ? onScale(i, values.length) : {}), dash: []}
        }));
  const groups = 8;
  const rank =
      new Map(values.map((value, i) => [value, Math.min(groups - 1, Math.floor((i * groups) / values.length))]));
  return Array.from({length: groups}, (_, g) => {
    const inside = values.filter((value) => rank.get(value) === g);
    const label = numeric ? `${axis} ${settingText(inside[0])}–${settingText(inside[inside.length - 1])}` :
                            `${axis}: ${inside.length} values`;
    return {
      label,
      points: points.filter((p) => rank.get(p.point.settings[axis]) === g),
      style: {...(numeric ? onScale(g, groups) : {colour: PALETTE[g]}), marker: MARKERS[g % 4], dash: []}
    };
  });
}

/** Accuracy is what counts, where it says more than yes or no; else the finest measure. */
function startQuality(sweep) {
  const values = (name) => unique(sweep.done.map((point) => point.row[name])).length;
  const known = (name) => sweep.qualities.includes(name);
  if (known('accuracy') && values('accuracy') > 3) return 'accuracy';
  return ['relative_l2', 'sqnr_db', 'top1_agreement'].find((name) => known(name) && values(name) > 2) ||
      sweep.qualities[0];
}

function startColour(sweep) {
  const axes = movingAxes(sweep);
  if (axes.length === 1 && sweep.points.length <= NAMED_POINTS) return '';  // names stand beside the points
  return axes.find((name) => !sweep.info[name].numeric) || axes[0] || '';
}

function paretoFigure(part, sweep, shown, cost, id, title) {
  const known = (state) => shown()
                               .filter((point) => isNumber(point.row[state.quality]) && isNumber(point.row[state.cost]))
                               .map((point) => ({x: point.row[state.quality], y: point.row[state.cost], point}));
  figure(part, {
    id,
    title,
    says: 'One mark a point of the sweep; the black line joins those that no other point beats in both. Hover for ' +
        'a point\'s settings. Best is the corner with little cost and high quality (or little distance).',
    height: 400,
    controls: [
      {
        name: 'quality',
        label: 'quality',
        value: startQuality(sweep),
        options: sweep.qualities.map((name) => [name, QUALITIES[name].title])
      },
      {
        name: 'cost',
        label: 'cost',
        value: cost,
        options:
            sweep.metrics.map((name) => [name, METRICS[name].title]).filter(([name]) => METRICS[name].better === 'low')
      },
      {
        name: 'colour',
        label: 'colour',
        value: startColour(sweep),
        options: [['', 'one'], ...movingAxes(sweep).map((name) => [name, name])]
      },
      {name: 'log', label: 'logarithmic cost', value: spreadFar(sweep, cost)}
    ],
    csv: (state) => {
      const points = known(state), front = new Set(paretoFront(points, QUALITIES[state.quality].better));
      return [
        ['id', ...sweep.axes, state.quality, state.cost, 'on_front'],
        ...points.map(
            (p) => [p.point.id, ...sweep.axes.map((name) => p.point.settings[name]), p.x, p.y, front.has(p) ? 1 : 0])
      ];
    },
    draw: (host, colours, state) => {
      const points = known(state), quality = QUALITIES[state.quality], metric = METRICS[state.cost];
      const front = paretoFront(points, quality.better);
      const only = movingAxes(sweep).length === 1 && points.length <= NAMED_POINTS ? movingAxes(sweep)[0] : null;
      const marks = coloured(sweep, state.colour, points)
                        .filter((s) => s.points.length)
                        .map((s) => ({...s, line: false, radius: points.length > 600 ? 2 : 5, order: 1}));
      const missing = shown().length - points.length;
      if (missing > 0)
        host.append(
            el('p', {class: 'aside'},
               `${missing} points have no finite value here (${
                   state.quality === 'sqnr_db' ? 'equal outputs have none' : 'see the table'}).`));
      const frame = el('div', {class: 'inner'});
      host.append(frame);
      const free = lines(frame, colours, {
        series: [
          ...marks, {
            label: 'not beaten',
            silent: true,
            points: front,
            stepped: 'before',
            radius: 0,
            order: 0,
            width: 2.5,
            style: {colour: colours.text, dash: [], marker: 'line'}
          }
        ],
        xTitle: quality.title,
        xUnit: quality.unit,
        yTitle: metric.title,
        yUnit: metric.unit,
        yLog: state.log,
        onePoint: true,
        mark: only ? (p) => settingText(p.point.settings[only]) : null,
        tipTitle: (p) => `point ${p.point.id}`,
        tip: (p) => pointTip(sweep, p.point, [state.quality, state.cost].filter((name) => name)),
      });
      host.chart = frame.chart;
      return free;
    },
  });
}

function tradeOffSection(sweep, shown) {
  if (!sweep.qualities.length || !sweep.metrics.length) return;
  const part = section('trade-off', 'Cost against quality');
  const row = pair(part);
  if (sweep.metrics.includes('energy_pj'))
    paretoFigure(row, sweep, shown, 'energy_pj', 'pareto-energy', 'Energy against quality');
  paretoFigure(row, sweep, shown, 'cycles', 'pareto-cycles', 'Cycles against quality');
}
