// All points as a table, those that failed with what they said, and what the sweep did not have to compute twice.

function reportLink(sweep, point) {
  if (!point.row.report) return String(point.id);
  const path = [sweep.data.folder || '.', point.row.report].join('/').split('/').map(encodeURIComponent).join('/');
  return el('a', {href: path.startsWith('.') ? path : `./${path}`}, String(point.id));
}

function metricColumn(name) {
  const {title, short} = METRICS[name] || QUALITIES[name];
  return {
    title: short || title,
    says: title,
    value: (p) => p.row[name] ?? null,
    text: (p) => metricText(name, p.row[name])
  };
}

function pointsSection(sweep) {
  const part = section('points', 'Points');
  const wanted = [
    'macs', 'cycles', 'energy_pj', 'macs_vs_dense', 'cycles_vs_dense', 'energy_vs_dense', 'energy_vs_systolic'
  ].filter((name) => sweep.metrics.includes(name));
  const columns = [
    {title: 'point', value: (p) => p.id, cell: (p) => reportLink(sweep, p)},
    ...sweep.axes.map(
        (name) => ({title: name, value: (p) => p.settings[name], text: (p) => settingText(p.settings[name])})),
    ...wanted.map(metricColumn), ...sweep.qualities.map(metricColumn)
  ];
  if (sweep.metrics.includes('energy_pj'))
    columns.splice(columns.findIndex((c) => c.says === METRICS.energy_pj.title) + 1, 0, {
      title: 'its range',
      value: (p) => p.row.energy_pj_high ?? null,
      text: (p) => range(p.row.energy_pj_low, p.row.energy_pj_high, 'J') || '–'
    });
  const folder = sweep.data.folder || '.';
  const table = tableFigure(part, {
    id: 'points-table',
    title: 'All points that are done',
    says: `Click a heading to sort. A point's number leads to its report; 'deltasim report ${
        folder}/points/ID -o point.html' makes a page of it.`,
    columns,
    rows: sweep.done
  });
  const failed = sweep.points.filter((point) => point.status === 'failed');
  if (failed.length)
    tableFigure(part, {
      id: 'failed',
      title: `${failed.length} failed point${failed.length === 1 ? '' : 's'}`,
      says: 'What these settings met with; the sweep went on without them.',
      columns: [
        columns[0], ...columns.slice(1, 1 + sweep.axes.length), {title: 'message', value: (p) => p.row.message || ''}
      ],
      rows: failed,
    });
  return table;
}

const WORK = {
  reference_runs: 'reference network run',
  streams_reused: 'event streams reused',
  outputs_reused: 'network outputs reused',
  simulations_run: 'executions simulated',
  simulations_reused: 'executions reused',
  float_runs: 'float network run',
  float_reused: 'float outputs reused',
  calibrations_run: 'calibrations',
  calibrations_reused: 'calibrations reused',
};

function sweepFacts(sweep) {
  const {sweep: json} = sweep.data, work = json.work || {}, host = json.host || {};
  const part = section('sweep', 'The sweep');
  const counters = Object.entries(work).filter(([name, value]) => isNumber(value) && (WORK[name] || value > 0));
  if (counters.length)
    part.append(
        el('p', {},
           'Points share what they have in common: what was computed, and what was taken from an earlier point.'),
        facts(counters.map(([name, value]) => [WORK[name] || words(name), count(value)])));
  part.append(facts([
    ['axes', sweep.axes.map((name) => `${name} (${sweep.info[name].values.length} values)`).join(', ')],
    json.points.excluded > 0 && ['left out by constraints', count(json.points.excluded)],
    isNumber(host.wall_s) && ['took', `${si(host.wall_s, 's')}${host.jobs ? ` with ${host.jobs} jobs` : ''}`],
    ['tool', `deltasim ${json.tool && json.tool.version ? json.tool.version : ''}`]
  ]));
  const text = JSON.stringify(json.sweep ?? json, null, 2);
  part.append(details('The effective sweep', el('pre', {}, text)));
}
