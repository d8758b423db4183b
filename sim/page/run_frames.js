// Frame by frame.

const FRAME_FIELDS = {
  events: {title: 'events', unit: '', factor: 1},
  macs: {title: 'MACs', unit: '', factor: 1},
  energy_pj: {title: 'energy of layers', unit: 'J', factor: 1e-12},
};

function frameValues(frames, name, field) {
  const execution = frames.executions[name];
  return execution && execution[field] ? execution[field].map((layers) => sum(layers) * FRAME_FIELDS[field].factor) :
                                         null;
}

function lineSeries(names, valuesOf) {
  return names.map((name) => ({name, values: valuesOf(name)}))
      .filter((s) => s.values && s.values.some(isNumber))
      .map((s, i) => ({
             label: s.name,
             style: executionStyle(s.name, i),
             values: s.values,
             points: s.values.map((y, x) => ({x, y}))
           }));
}

function framesCsv(series, unit) {
  return [
    ['frame', ...series.map((s) => `${s.label}${unit ? `_${unit}` : ''}`)],
    ...(series[0] ? series[0].values.map((_, i) => [i, ...series.map((s) => s.values[i])]) : [])
  ];
}

function workOverTime(part, report, frames, time) {
  const series = (state) => lineSeries(
      executionNames(report).filter((name) => state.field === 'macs' || name !== 'systolic'),
      (name) => frameValues(frames, name, state.field));
  figure(part, {
    id: 'frames-work',
    title: 'Work over time',
    says: 'Sums over all layers. The first frame is dense by nature: there is nothing yet to compare it with. ' +
        'Peaks of delta are movement.',
    height: 260,
    controls: [
      {
        name: 'field',
        label: 'show',
        value: 'events',
        options: [['events', 'events'], ['macs', 'MACs'], ['energy_pj', 'energy of the layers']]
      },
      {name: 'log', label: 'logarithmic', value: false}
    ],
    csv: (state) => framesCsv(series(state), state.field === 'energy_pj' ? 'j' : ''),
    draw: (host, colours, state) => lines(host, colours, {
      series: series(state),
      xTitle: 'frame',
      yTitle: `${FRAME_FIELDS[state.field].title} per frame`,
      yUnit: FRAME_FIELDS[state.field].unit,
      yLog: state.log,
      tip: time,
    }),
  });
}

function latencyOverTime(part, report, time) {
  const series = lineSeries(machineNames(report), (name) => {
    const e = report.executions[name];
    if (!e.frame_cycles) return null;
    const second = e.cycles > 0 ? e.seconds / e.cycles : 0;
    return e.frame_cycles.finished.map((end, i) => (end - e.frame_cycles.started[i]) * second);
  });
  if (!series.length) return;
  figure(part, {
    id: 'frames-latency',
    title: 'Latency over time',
    says: 'From a frame\'s first event into the chip to its last output, with frames sent as fast as the chip ' +
        'takes them: they queue for each other.',
    height: 260,
    controls: [{name: 'log', label: 'logarithmic', value: false}],
    csv: () => framesCsv(series, 's'),
    draw: (host, colours, state) =>
        lines(host, colours, {series, xTitle: 'frame', yTitle: 'latency', yUnit: 's', yLog: state.log, tip: time}),
  });
}

/** Layer by frame: where and when it moves. */
function changeMap(part, report, frames) {
  const names = Object.keys(frames.executions).filter((name) => name !== 'systolic' && name !== 'dense');
  const columns = names.length ? frames.executions[names[0]].events.length : 0;
  if (!columns || frames.layers.length * columns > 20000) return;
  const inputs =
      Object.fromEntries(report.workload.layers.map((l) => [l.name, l.input_shape.reduce((a, b) => a * b, 1)]));
  const value = (name, x, y) => frames.executions[name].events[x][y] / (inputs[frames.layers[y]] || 1);
  figure(part, {
    id: 'frames-layers',
    title: 'Density by layer and frame',
    says: 'The share of each layer\'s inputs that travels, frame by frame: bright columns are movement, bright ' +
        'rows are layers where few values stay as they were.',
    controls: [{name: 'execution', label: 'execution', value: names[names.length - 1], options: names}],
    csv: (state) => [
        ['layer', ...Array.from({length: columns}, (_, x) => x)],
        ...frames.layers.map(
            (layer, y) => [layer, ...Array.from({length: columns}, (_, x) => value(state.execution, x, y))])],
    draw: (host, colours, state) => heatGrid(host, colours, {
      columns: Array.from({length: columns}, (_, x) => String(x)),
      rows: frames.layers,
      xTitle: 'frame',
      yTitle: '',
      unit: '%',
      title: 'density',
      value: (x, y) => value(state.execution, x, y),
      tip: (x, y) =>
          [`${frames.layers[y]}, frame ${x}`, `${percent(value(state.execution, x, y))} of the inputs`,
           `${si(frames.executions[state.execution].events[x][y])} events`],
    }),
  });
}

function framesSection(run) {
  const {report, frames} = run;
  if (report.workload.frames < 2) return;
  const withLatency = machineNames(report).some((name) => report.executions[name].frame_cycles);
  if (!frames && !withLatency) return;
  const part = section('frames', 'Frames');
  const rate = report.workload.frame_rate;
  const time = (point) => (rate > 0 ? [`at ${plain(point.x / rate)} s`] : []);
  const row = pair(part);
  if (frames) workOverTime(row, report, frames, time);
  latencyOverTime(row, report, time);
  if (frames) changeMap(part, report, frames);
}
