// The points of a sweep, what is known of each, and the filter that all figures share.

const METRICS = {
  energy_pj: {title: 'energy of the run', short: 'energy', unit: 'J', factor: 1e-12, better: 'low'},
  cycles: {title: 'cycles of the run', short: 'cycles', unit: '', better: 'low'},
  seconds: {title: 'time of the run', unit: 's', better: 'low'},
  latency_cycles: {title: 'latency', unit: '', better: 'low', suffix: 'cycles'},
  interval_cycles: {title: 'cycles from frame to frame', unit: '', better: 'low'},
  macs: {title: 'MACs of the run', short: 'MACs', unit: '', better: 'low'},
  events: {title: 'events of the run', unit: '', better: 'low'},
  ...Object.fromEntries(['dense', 'spatial', 'systolic'].flatMap(
      (base) => [
          [
            `energy_vs_${base}`,
            {title: `times less energy than ${base}`, short: `less energy than ${base}`, better: 'high'}
          ],
          [`cycles_vs_${base}`, {title: `times faster than ${base}`, short: `faster than ${base}`, better: 'high'}],
          [
            `macs_vs_${base}`,
            {title: `times fewer MACs than ${base}`, short: `fewer MACs than ${base}`, better: 'high'}
          ],
])),
};
const QUALITIES = {
  relative_l2: {title: 'distance to dense outputs (relative L2)', short: 'relative L2', better: 'low'},
  sqnr_db: {title: 'SQNR to dense outputs (dB)', short: 'SQNR, dB', better: 'high'},
  top1_agreement: {title: 'same first choice as dense', short: 'same top-1', unit: '%', better: 'high'},
  top1_agreement_float:
      {title: 'same first choice as the float network', short: 'same top-1, float', unit: '%', better: 'high'},
  accuracy: {title: 'accuracy', unit: '%', better: 'high'},
};

function metricText(name, value) {
  const metric = METRICS[name] || QUALITIES[name] || {};
  if (!isNumber(value)) return '–';
  if (metric.unit === '%') return percent(value);
  return metric.unit === undefined ? (name.includes('_vs_') ? times(value) : plain(value)) : si(value, metric.unit);
}

/** {axes, points, done, metrics, qualities}; a point: {id, status, settings: {axis: value}, row: {column: value}}. */
function sweepOf(data) {
  const axes = data.sweep.axes.map((axis) => axis.name);
  const points = data.rows.map((cells) => {
    const row = Object.fromEntries(data.columns.map((name, i) => [name, cells[i]]));
    for (const [name, metric] of Object.entries(METRICS))
      if (metric.factor && isNumber(row[name])) row[name] *= metric.factor;
    for (const name of ['energy_pj_low', 'energy_pj_high'])
      if (isNumber(row[name])) row[name] *= 1e-12;
    return {id: row.id, status: row.status, settings: Object.fromEntries(axes.map((name) => [name, row[name]])), row};
  });
  const done = points.filter((point) => point.status === 'done');
  const known = (name) => done.some((point) => isNumber(point.row[name]));
  const info = Object.fromEntries(data.sweep.axes.map((axis) => {
    const values = unique(points.map((point) => point.settings[axis.name]));
    const numeric = values.every(isNumber) && axis.numeric !== false;
    if (numeric) values.sort((a, b) => a - b);
    const log = numeric && values[0] > 0 && (axis.log || values[values.length - 1] / values[0] >= 16);
    return [axis.name, {...axis, values, numeric, log}];
  }));
  return {
    data,
    axes,
    info,
    points,
    done,
    metrics: Object.keys(METRICS).filter(known),
    qualities: Object.keys(QUALITIES).filter(known)
  };
}

/** Far apart enough for a logarithmic scale. */
function spreadFar(sweep, name) {
  const known = sweep.done.map((point) => point.row[name]).filter((value) => value > 0);
  return known.length > 1 && largest(known) > 15 * smallest(known);
}

/** Axes that take more than one value. */
function movingAxes(sweep) {
  return sweep.axes.filter((name) => sweep.info[name].values.length > 1);
}

function settingText(value) {
  if (isNumber(value)) return trimmed(value);
  return shorten(String(value ?? '–').replace(/^.*\//, '').replace(/\.(json|onnx)$/, ''), 40);  // files by their names
}

function settingsText(sweep, point) {
  return sweep.axes.map((name) => `${name} = ${settingText(point.settings[name])}`);
}

function pointTip(sweep, point, names) {
  return [
    ...settingsText(sweep, point),
    ...names.map((name) => `${(METRICS[name] || QUALITIES[name]).title}: ${metricText(name, point.row[name])}`),
    isNumber(point.row.energy_pj_low) ?
        `energy range: ${range(point.row.energy_pj_low, point.row.energy_pj_high, 'J')}` :
        null
  ].filter(Boolean);
}

const FILTER_CHOICES = 40;

/** Controls that leave only some values of the axes; `changed` is called with the points that are left. */
function filterBar(sweep, changed) {
  const kept = {};
  const said = el('span', {});
  const apply = () => {
    const left = sweep.done.filter((point) => Object.values(kept).every((keeps) => keeps(point)));
    said.textContent = `${left.length} of ${sweep.done.length} points shown`;
    changed(left);
  };
  const choice = (name) => {
    const {values} = sweep.info[name];
    const select =
        el('select', {'data-axis': name}, el('option', {value: ''}, 'all'),
           values.map((value, i) => el('option', {value: i}, settingText(value))));
    select.addEventListener('change', () => {
      kept[name] = select.value === '' ? () => true : (point) => point.settings[name] === values[Number(select.value)];
      apply();
    });
    return el('label', {class: 'control'}, `${name} `, select);
  };
  const span = (name) => {
    const {values} = sweep.info[name];
    const ends = [values[0], values[values.length - 1]].map(
        (value, i) => el(
            'input', {type: 'number', value, step: 'any', 'aria-label': `${name}, ${i ? 'most' : 'least'}`, size: 8}));
    for (const input of ends)
      input.addEventListener('change', () => {
        const [low, high] = ends.map((end) => Number(end.value));
        kept[name] = (point) => point.settings[name] >= low && point.settings[name] <= high;
        apply();
      });
    return el('label', {class: 'control'}, `${name} `, ends[0], ' to ', ends[1]);
  };
  const controls = movingAxes(sweep).map(
      (name) =>
          (sweep.info[name].numeric && sweep.info[name].values.length > FILTER_CHOICES ? span(name) : choice(name)));
  apply();
  return el('div', {class: 'bar filter'}, el('b', {}, 'Show'), controls, said);
}
