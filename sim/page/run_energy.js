// Where the joules go: by component, at the input's frame rate, by layer.

const SMALL_SHARE = 0.012;

/** Parts worth a colour, largest first; the others together. `lists`: one object of part -> value per bar. */
function mainParts(lists) {
  const names = union(lists.map((list) => Object.keys(list)));
  const widest = largest(lists.map((list) => sum(Object.values(list))));
  const most = (name) => largest(lists.map((list) => list[name] || 0));
  const shown = names.filter((name) => most(name) >= SMALL_SHARE * widest).sort((a, b) => most(b) - most(a));
  const rest = names.filter((name) => !shown.includes(name) && most(name) > 0);
  const parts = shown.map((name) => ({label: words(name), values: lists.map((list) => list[name] || 0)}));
  if (rest.length)
    parts.push({
      label: `other (${rest.map(words).join(', ')})`,
      values: lists.map((list) => sum(rest.map((name) => list[name])))
    });
  return parts.map((part, i) => ({...part, style: seriesStyle(i)}));
}

function scaledValues(object, factor) {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, value * factor]));
}

function energyByComponent(part, bars_) {
  const lists = bars_.map((bar) => scaledValues(bar.energy.by_component, bar.factor));
  const series = mainParts(lists);
  const marks = bars_.map(({energy: e, factor}) => ({
                            low: e.low * factor,
                            high: e.high * factor,
                            text: `${si(e.total * factor, 'J')}  (${range(e.low * factor, e.high * factor, 'J')})`
                          }));
  figure(part, {
    id: 'energy-components',
    title: 'Energy per frame by component',
    says: 'What each part of the chip uses while it works at full speed. Whiskers and the figures in brackets: the ' +
        'range of the total, 5th to 95th percentile of what the uncertain energy numbers allow.',
    height: 95 + 44 * bars_.length,
    csv: () => [
        ['', 'component', 'energy_j', 'low_j', 'high_j'],
        ...bars_.flatMap(
            ({name, energy: e, factor}) =>
                [...Object.entries(e.by_component).map(([component, value]) => {
                  const [low, high] = (e.range_by_component || {})[component] || [];
                  return [name, component, value * factor, low * factor, high * factor];
                }),
                 [name, 'total', e.total * factor, e.low * factor, e.high * factor]])],
    draw: (host, colours) => bars(host, colours, {
      labels: bars_.map((bar) => bar.name),
      series,
      unit: 'J',
      title: 'energy per frame',
      across: true,
      stacked: true,
      marks
    }),
  });
}

function energyAtRate(part, report) {
  const rows =
      executionNames(report).map((name) => [name, report.executions[name].at_frame_rate]).filter(([, at]) => at);
  if (!rows.length) return;
  const parts = ['dynamic', 'leakage_awake', 'idle_clock', 'waking', 'leakage_asleep'];
  const lists =
      rows.map(([, at]) => Object.fromEntries(parts.map((name) => [name, (at.energy_pj[name] || 0) * 1e-12])));
  const marks =
      rows.map(([, {energy_pj: e}]) => ({low: e.low * 1e-12, high: e.high * 1e-12, text: si(e.total * 1e-12, 'J')}));
  figure(part, {
    id: 'energy-at-rate',
    title: `Energy per frame at ${plain(report.workload.frame_rate)} frames/s`,
    says: 'The same work, but the chip waits for the next frame: leakage and clock go on. Deltas change the ' +
        'dynamic part.',
    height: 95 + 44 * rows.length,
    csv: () => [
        ['execution', ...parts.map((name) => `${name}_j`)],
        ...rows.map(([name], i) => [name, ...parts.map((p) => lists[i][p])])],
    draw: (host, colours) => bars(host, colours, {
      labels: rows.map(([name]) => name),
      series: mainParts(lists),
      unit: 'J',
      title: 'energy per frame',
      across: true,
      stacked: true,
      marks
    }),
  });
}

/** Values of a field for every layer of the network that has any, per execution: for grouped bars. */
function layerSeries(report, field, factor) {
  const layers = report.workload.layers.map((layer) => layer.name);
  const found = executionNames(report).map((name) => {
    const by = Object.fromEntries(report.executions[name].layers.map((layer) => [layer.name, layer]));
    return {
      name,
      values: layers.map((layer) => (by[layer] && isNumber(by[layer][field]) ? by[layer][field] * factor : null))
    };
  });
  const keep = layers.map((_, i) => found.some((f) => f.values[i] > 0));
  const kept = (list) => list.filter((_, i) => keep[i]);
  return {
    labels: kept(layers),
    series: found.filter((f) => f.values.some(isNumber))
                .map((f, i) => ({label: f.name, values: kept(f.values), style: executionStyle(f.name, i)})),
  };
}

/** "delta: 13 % of dense" */
function shareOfDense(series, judged, i) {
  const [mine, dense] = [judged, 'dense'].map((name) => series.find((s) => s.label === name));
  if (!mine || !dense || mine === dense || !(dense.values[i] > 0)) return [];
  return [`${judged}: ${percent(mine.values[i] / dense.values[i], 2)} of dense`];
}

function layerBars(part, report, {id, title, says, field, factor, unit, axisTitle}) {
  const {labels, series} = layerSeries(report, field, factor);
  if (!labels.length) return;
  figure(part, {
    id,
    title,
    says,
    height: 330,
    controls: [{name: 'log', label: 'logarithmic', value: false}],
    csv: () => [
        ['layer', ...series.map((s) => s.label)],
        ...labels.map((label, i) => [label, ...series.map((s) => s.values[i])])],
    draw: (host, colours, state) => bars(host, colours, {
      labels,
      series,
      unit,
      title: axisTitle,
      log: state.log,
      tip: (i) => shareOfDense(series, judgedName(report), i),
    }),
  });
}

function energySection(report) {
  const n = report.workload.frames;
  const rows = executionNames(report)
                   .map((name) => ({name, energy: report.executions[name].energy_pj, factor: 1e-12 / n}))
                   .filter((row) => row.energy);
  if (!rows.length) return;
  const part = section('energy', 'Energy');
  energyByComponent(part, rows);
  energyAtRate(part, report);
  layerBars(part, report, {
    id: 'energy-layers',
    title: 'Energy per frame by layer',
    field: 'energy_pj',
    factor: 1e-12 / n,
    unit: 'J',
    axisTitle: 'energy per frame',
    says:
        'What working on each layer\'s inputs takes, in network order; without leakage and clock, which belong to the ' +
        'chip.' +
        (report.executions.delta && rows.length > 1 ?
             ' Where a layer\'s bar for delta is not the shortest, remembering costs more there than it saves.' :
             ''),
  });
}
