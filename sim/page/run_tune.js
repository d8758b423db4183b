// What 'deltasim tune' found, where its folder is the run's.

const TUNE_METRICS = {
  relative_l2: {title: 'distance to dense outputs (relative L2)'},
  sqnr: {title: 'SQNR to dense outputs (dB)'},
  top1: {title: 'share of frames with another first choice', unit: '%'},
  accuracy: {title: 'accuracy lost', unit: '%'},
};

function tuneObjective(tune) {
  const n = tune.held_out.frames;
  return {
    energy: {key: 'energy_pj', title: 'energy per frame', unit: 'J', factor: 1e-12 / n},
    cycles: {key: 'cycles', title: 'cycles per frame', unit: '', factor: 1 / n},
    macs: {key: 'macs', title: 'MACs per frame', unit: '', factor: 1 / n},
  }[tune.objective];
}

function tuneSentence(tune) {
  const saving = (kind, against) => tune.saving[kind] ?
      [
        el('b', {class: tune.saving[kind].share > 0 ? 'good' : 'bad'},
           `${percent(tune.saving[kind].share, 2)} less ${tune.objective}`),
        ` ${against} (${trimmed(tune.saving[kind].uniform_threshold)})`
      ] :
      null;
  const found = [
    saving('same_limit', 'than the best uniform threshold by the same frames'),
    saving('same_quality', 'than the cheapest uniform threshold that loses no more on the new frames')
  ].filter(Boolean);
  const frames = tune.calibration.search_frames + tune.calibration.check_frames;
  const metric = (TUNE_METRICS[tune.metric] || {title: tune.metric}).title;
  const limit = `${tune.metric === 'sqnr' ? 'at least' : 'at most'} ${trimmed(tune.max_loss)}`;
  const reached = ((tune.chosen || {}).held_out || {}).loss;
  return el(
      'p', {},
      `A threshold for each layer, found on ${frames} frames for least ${tune.objective} with a ${metric} of ${
          limit}. `,
      `On ${tune.held_out.frames} other frames${isNumber(reached) ? `, where it is ${plain(reached)}` : ''}: `,
      found.flatMap((part, i) => [i ? '; ' : '', part]), '.');
}

// Two limits may lead to the same thresholds: one point with both names.
function joinEqual(points, point) {
  const last = points[points.length - 1];
  if (!last || last.x !== point.x || last.y !== point.y) return [...points, point];
  return [...points.slice(0, -1), {...last, name: `${last.name}, ${point.name}`}];
}

function tuneCurves(part, tune) {
  const objective = tuneObjective(tune), metric = TUNE_METRICS[tune.metric] || {title: tune.metric};
  const points = (curve, name) =>
      tune.curves[curve]
          .filter((p) => p.held_out && isNumber(p.held_out[objective.key]) && isNumber(p.held_out.loss))
          .map((p) => ({x: p.held_out.loss, y: p.held_out[objective.key] * objective.factor, name: name(p)}))
          .sort((a, b) => a.x - b.x)
          .reduce(joinEqual, []);
  const series = [
    {label: 'one threshold for all', points: points('uniform', (p) => trimmed(p.threshold)), style: seriesStyle(0)},
    {
      label: 'tuned, by allowed loss',
      points: points('tuned', (p) => trimmed(p.max_loss)),
      style: {...seriesStyle(5), marker: 'rectRot'}
    },
  ].filter((s) => s.points.length);
  if (!series.length || !series.some((s) => s.points.length > 1)) return;
  figure(part, {
    id: 'tune-curves',
    title: 'Tuned against uniform thresholds',
    says:
        'Cost and loss on frames that tuning has not seen. Beside the points: the uniform threshold, or the loss that ' +
        'was allowed. Lower and further left is better.',
    height: 360,
    csv: () => [
        ['curve', 'threshold_or_limit', 'loss', objective.key],
        ...series.flatMap((s) => s.points.map((p) => [s.label, p.name, p.x, p.y]))],
    draw: (host, colours) => lines(host, colours, {
      series,
      xTitle: metric.title,
      xUnit: metric.unit,
      yTitle: objective.title,
      yUnit: objective.unit,
      onePoint: true,
      mark: (p) => p.name,
      tipTitle: (p) => p.name,
    }),
  });
}

function tuneLayers(part, tune) {
  const labels = tune.layers.map((layer) => layer.name);
  const series = [
    {label: 'tuned', values: tune.layers.map((layer) => layer.threshold), style: seriesStyle(5)},
    {label: 'best uniform', values: tune.layers.map((layer) => layer.best_uniform), style: seriesStyle(0)},
  ];
  figure(part, {
    id: 'tune-layers',
    title: 'Threshold by layer',
    says:
        'How large a change of a layer\'s output must be to be sent, in its own steps. High: the layers behind do not ' +
        'notice. Low: they do.',
    height: 300,
    csv: () => [
        ['layer', 'tuned', 'best_uniform'], ...labels.map((label, i) => [label, ...series.map((s) => s.values[i])])],
    draw: (host, colours) => bars(host, colours, {labels, series, title: 'threshold'}),
  });
}

/** What one step up at a layer alone does. */
function tuneSensitivity(part, tune) {
  if (!tune.sensitivity || !tune.sensitivity.knobs) return;
  const rows = tune.sensitivity.knobs
                   .map(({layers, moves}) => {
                     const here = tune.sensitivity.around[layers[0]];
                     const up = moves.filter((m) => m.threshold > here).sort((a, b) => a.threshold - b.threshold)[0];
                     return {name: layers.join(' + '), here, up};
                   })
                   .filter((row) => row.up);
  if (!rows.length) return;
  tableFigure(part, {
    id: 'tune-sensitivity',
    title: 'Sensitivity',
    says: 'What one step up at a layer alone does, around the best uniform threshold: where much is saved for little ' +
        'loss, the tuned threshold is high.',
    columns: [
      {title: 'layer', value: (r) => r.name},
      {title: 'from', value: (r) => r.here, text: (r) => trimmed(r.here)},
      {title: 'to', value: (r) => r.up.threshold, text: (r) => trimmed(r.up.threshold)},
      {title: `${tune.objective} of all`, value: (r) => r.up.cost, text: (r) => percent(r.up.cost)},
      {title: 'loss', value: (r) => r.up.loss, text: (r) => plain(r.up.loss)},
      {title: 'error power', value: (r) => r.up.error_power, text: (r) => plain(r.up.error_power)},
    ],
    rows,
  });
}

function tuneSection(tune) {
  if (!tune) return;
  const part = section('tuning', 'Tuning');
  part.append(tuneSentence(tune));
  tuneCurves(part, tune);
  tuneLayers(part, tune);
  tuneSensitivity(part, tune);
}
