// How far the figures can be trusted, and what they follow from.

function validationText(part, report) {
  const v = report.validation && report.validation.cycle_model;
  if (!v) return;
  part.append(
      el('p', {},
         `Cycles: the model is within ${percent(v.max_deviation, 2)} of ${v.reference} in ${
             v.sequences} recorded sequences ` +
             `(one core ${percent(v.max_deviation_core, 2)}, routers ${
                 percent(v.max_deviation_routers, 2)}, cores on a mesh ${
                 percent(v.max_deviation_mesh_of_cores, 2)}); 'deltasim validate' compares them again.`));
  part.append(
      el('p', {},
         v.not_in_rtl && v.not_in_rtl.length ?
             [el('b', {}, 'Not covered by that comparison, but used here: '), v.not_in_rtl.join('; '), '.'] :
             'All that this run uses is covered by that comparison.'));
  const checked = machineNames(report).map((name) => report.executions[name].checked_values).filter(isNumber);
  if (checked.length)
    part.append(
        el('p', {},
           `The machine computed the real integers: ${
               si(sum(checked))} events and outputs equalled those of the reference network.`));
}

function provenanceFigure(part, report) {
  const rows = [['hardware', report.hardware], ['energy table', report.energy]].filter(([, p]) => p.values > 0);
  if (!rows.length) return;
  const kinds = [
    ['published', (p) => p.published, 2], ['chosen', (p) => p.choices, 0], ['estimated', (p) => p.estimates.length, 1],
    ['without source', (p) => p.unsourced.length, 7]
  ];
  const series =
      kinds
          .map(([label, of,
                 i]) => ({label, values: rows.map(([, p]) => of(p)), style: {...seriesStyle(i), hatched: i === 1}}))
          .filter((s) => s.values.some((v) => v > 0));
  figure(part, {
    id: 'provenance',
    title: 'Where the values come from',
    says: 'Published: somebody measured or computed it, and the source is named below. Chosen: a property of the ' +
        'design that is free. Estimated: an engineer\'s guess, to be distrusted first.',
    height: 95 + 36 * rows.length,
    csv: () => [
        ['', ...series.map((s) => s.label)], ...rows.map(([name], i) => [name, ...series.map((s) => s.values[i])])],
    draw: (host, colours) => bars(
        host, colours,
        {labels: rows.map(([name]) => name), series, title: 'number of values', across: true, stacked: true}),
  });
  const guessed = rows.flatMap(
      ([name, p]) =>
          [...p.estimates.map((e) => `${name} ${e.at}`),
           ...p.unsourced.map((u) => `${name} ${typeof u === 'string' ? u : u.at} (no source)`)]);
  if (guessed.length)
    part.append(details(
        `${guessed.length} estimated or without source`, el('ul', {}, guessed.map((text) => el('li', {}, text)))));
}

/** Every number of the energy table with its source: objects that have "value" and "source", wherever they are. */
function energyNumbers(json, place, found) {
  if (json === null || typeof json !== 'object') return found;
  const value = isNumber(json.value) ? json.value : json.volt;
  if (isNumber(value) && json.source !== undefined)
    found.push({place, value, ...json});
  else
    for (const [key, inside] of Object.entries(json))
      if (key !== 'sources') energyNumbers(inside, `${place}/${key}`, found);
  return found;
}

function energySources(part, report) {
  const table = report.config.energy;
  if (!table || typeof table !== 'object') return;
  const sources = table.sources || {};
  const full = (row) => [].concat(row.source).join(', ').split(', ').map((key) => sources[key] || key).join('; ');
  const rows = energyNumbers(table, '', []).filter((row) => !(row.high === 0));
  if (!rows.length) return;
  const columns = [
    {title: 'value of', value: (r) => r.place.replace(/^\//, '').replace(/\/points\/\d+/, '')},
    {title: 'node', value: (r) => r.node_nm ?? null, text: (r) => (r.node_nm ? `${r.node_nm} nm` : '–')},
    {
      title: 'value',
      value: (r) => r.value,
      text: (r) => `${trimmed(r.value)} ${r.unit === '1' ? '' : r.unit || (r.volt ? 'V' : '')}`
    },
    {
      title: 'range',
      value: (r) => r.high ?? null,
      text: (r) => (isNumber(r.low) ? `${trimmed(r.low)}–${trimmed(r.high)}` : '–')
    },
    {title: 'source', value: full},
    {title: 'note', value: (r) => r.note || ''},
  ];
  part.append(details(
      `The ${rows.length} numbers of the energy table${table.name ? ` '${table.name}'` : ''}, with their sources`,
      table.note ? el('p', {}, table.note) : null,
      table.sram && Array.isArray(table.sram.rows) ?
          el('p', {},
             `Memories: interpolated in ${table.sram.rows.length} rows by node, size and word width, from ${
                 full(table.sram)}.`) :
          null,
      sortableTable(columns, rows)));
}

function hardwareSources(part, report) {
  const chip = report.config.hardware, sources = chip && chip.sources;
  if (!sources || typeof sources !== 'object' || !Object.keys(sources).length) return;
  const at = (pointer) =>
      pointer.slice(1).split('/').reduce((json, key) => (json === null || json === undefined ? json : json[key]), chip);
  const rows = Object.entries(sources).map(([pointer, entry]) => ({pointer, value: at(pointer), ...entry}));
  const columns = [
    {title: 'value of', value: (r) => r.pointer.slice(1)},
    {
      title: 'value',
      value: (r) => (typeof r.value === 'object' ? JSON.stringify(r.value) : r.value),
      text: (r) =>
          (r.value === null || r.value === undefined ? '–' :
               typeof r.value === 'object'           ? JSON.stringify(r.value) :
                                                       String(r.value))
    },
    {title: 'source', value: (r) => r.source || ''},
    {
      title: 'confidence',
      says: 'A: published figure, B: arithmetic on such, C: by analogy, D: estimate; choice: free',
      value: (r) => r.confidence || ''
    },
    {title: 'note', value: (r) => r.note || ''},
  ];
  part.append(
      details(`The ${rows.length} values of the hardware file, with their sources`, sortableTable(columns, rows)));
}

function trustSection(report) {
  const part = section('trust', 'How far to trust this');
  validationText(part, report);
  provenanceFigure(part, report);
  energySources(part, report);
  hardwareSources(part, report);
}

function configurationSection(run) {
  const {report} = run;
  const part = section('configuration', 'Configuration');
  part.append(facts([
    [
      'network',
      `${report.workload.network.name} (${report.workload.network.file}, ${report.workload.layers.length} layers, ${
          si(sum(report.workload.layers.map(
              (l) => l.macs_dense)))} MACs and ${si(sum(report.workload.layers.map((l) => l.weights)))} weights)`
    ],
    ['input', workloadText(report)], ['chip', chipText(report)],
    report.config.delta &&
        [
          'delta rule',
          `${report.config.delta.rule}, threshold ${
              typeof report.config.delta.threshold === 'object' ? 'by layer' : report.config.delta.threshold}`
        ],
    ['simulated in', `${si(report.host && report.host.wall_s, 's')} on the computer that ran it`]
  ]));
  const text = JSON.stringify(report.config, null, 2);
  part.append(details(
      'The effective configuration: every value, defaults filled in',
      el('p', {}, 'It is a run file itself: saved as JSON, \'deltasim run\' repeats this run.'),
      el('p', {},
         el('button',
            {type: 'button', onclick: () => download('run.json', new Blob([text + '\n'], {type: 'application/json'}))},
            'Save as run.json')),
      el('pre', {}, text)));
}
