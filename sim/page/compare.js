// Several runs side by side.

/** One figure of a run per row; `text` of the value, `better`: which one is marked. */
function comparedFigures(runs) {
  const judged = runs.map((run) => judgedName(run.report));
  const of = (f) => (run, i) => f(run.report.executions[judged[i]], run.report, judged[i]);
  const per = (field) => of((e, r) => (isNumber(e[field]) ? e[field] / r.workload.frames : null));
  const ratio = (field) => of((_, r, name) => {
    const base = r.comparison[`${name}_vs_dense`] ? 'dense' : null;
    return base ? r.comparison[`${name}_vs_${base}`][field] : null;
  });
  const quality = (field) => of((_, r) => (r.quality && r.quality.to_dense ? r.quality.to_dense[field] : null));
  const plainSi = (unit) => (v) => si(v, unit);
  return [
    {title: 'network', value: of((_, r) => r.workload.network.name), text: String},
    {title: 'input', value: of((_, r) => workloadText(r)), text: String},
    {title: 'chip', value: of((_, r) => chipText(r)), text: String},
    {title: 'execution', value: of((_, r, name) => name), text: String},
    {title: 'MACs per frame', value: per('macs'), text: plainSi(''), better: 'low'},
    {title: 'events per frame', value: per('events'), text: plainSi(''), better: 'low'},
    {title: 'cycles per frame', value: per('cycles'), text: plainSi(''), better: 'low'},
    {title: 'time per frame', value: of((e, r) => e.seconds / r.workload.frames), text: plainSi('s'), better: 'low'},
    {
      title: 'latency',
      value: of((e) => (e.cycles ? (e.latency_cycles * e.seconds) / e.cycles : null)),
      text: plainSi('s'),
      better: 'low'
    },
    {
      title: 'energy per frame',
      value: of((e, r) => frameEnergy(e, r.workload.frames)),
      text: plainSi('J'),
      better: 'low'
    },
    {
      title: 'its range',
      value:
          of((e, r) =>
                 (e.energy_pj ? range(
                                    (e.energy_pj.low * 1e-12) / r.workload.frames,
                                    (e.energy_pj.high * 1e-12) / r.workload.frames, 'J') :
                                null)),
      text: String
    },
    {
      title: 'power at the input\'s frame rate',
      value: of((e) => e.power_at_frame_rate_w ?? null),
      text: plainSi('W'),
      better: 'low'
    },
    {title: 'fewer MACs than dense', value: ratio('macs'), text: times, better: 'high'},
    {title: 'faster than dense', value: ratio('cycles'), text: times, better: 'high'},
    {title: 'less energy than dense', value: ratio('energy'), text: times, better: 'high'},
    {title: 'relative L2 to dense', value: quality('relative_l2'), text: (v) => plain(v), better: 'low'},
    {title: 'same first choice as dense', value: quality('top1_agreement'), text: (v) => percent(v), better: 'high'},
    {
      title: 'accuracy',
      value: of((_, r) => (r.quality && isNumber(r.quality.accuracy) ? r.quality.accuracy : null)),
      text: (v) => percent(v),
      better: 'high'
    },
  ].map((row) => ({...row, values: runs.map(row.value)}))
      .filter((row) => row.values.some((v) => v !== null));
}

function comparedTable(part, runs) {
  const rows = comparedFigures(runs);
  const best = (row) =>
      (row.better && unique(row.values).length > 1 ?
           (row.better === 'low' ? smallest : largest)(row.values.filter(isNumber)) :
           null);
  const cell = (row, i) => {
    const value = row.values[i];
    return el(
        'td', {class: isNumber(value) ? 'number' : null},
        value === null          ? '–' :
            value === best(row) ? el('b', {class: 'good'}, row.text(value)) :
                                  row.text(value));
  };
  const file = () => [['', ...runs.map((run) => run.name)], ...rows.map((row) => [row.title, ...row.values])];
  part.append(el(
      'figure', {id: 'compared'}, el('span', {class: 'files'}, csvButton('side by side', file)),
      el('h3', {}, 'Side by side'),
      el('figcaption', {},
         'Each run by its judged execution (the last of dense, spatial, delta that it has). Green: the best of a ' +
             'row. \'Than dense\' compares within the same run.'),
      el('div', {class: 'table side'},
         el('table', {},
            el('thead', {},
               el('tr', {}, el('th', {}), runs.map((run) => el('th', {scope: 'col', class: 'number'}, run.name)))),
            el('tbody', {},
               rows.map(
                   (row) => el('tr', {}, el('th', {scope: 'row'}, row.title), runs.map((_, i) => cell(row, i)))))))));
}

function ratiosFigure(part, runs) {
  const kinds = [['macs', 'fewer MACs'], ['cycles', 'faster'], ['energy', 'less energy']];
  const compared = runs.map(({report}) => {
    const name = judgedName(report), base = report.comparison[`${name}_vs_dense`] ? 'dense' : null;
    return base ? report.comparison[`${name}_vs_${base}`] : {};
  });
  const series =
      kinds
          .map(
              ([key, label], i) =>
                  ({label, values: compared.map((c) => c[key] ?? null), style: {...seriesStyle(i), hatched: i === 1}}))
          .filter((s) => s.values.some(isNumber));
  if (!series.length) return;
  figure(part, {
    id: 'ratios',
    title: 'Gain over dense execution on the same chip',
    says: 'How many times fewer MACs, cycles and joules; 1 is no gain. MACs saved that do not become time or ' +
        'energy are lost to memory, waiting or the network.',
    height: 300,
    csv: () => [
        ['run', ...series.map((s) => s.label)], ...runs.map((run, i) => [run.name, ...series.map((s) => s.values[i])])],
    draw: (host, colours) => bars(host, colours, {labels: runs.map((run) => run.name), series, title: 'times'}),
  });
}

function comparedCauses(part, runs) {
  const shown = runs.filter(
      ({report}) => Array.isArray(report.executions[judgedName(report)].cores) &&
          report.executions[judgedName(report)].cores.length);
  if (!shown.length) return;
  const mean = ({report}, cause) => {
    const cores = causesOf(report, judgedName(report));
    return sum(cores.map((c) => c[cause])) / cores.length / report.workload.frames;
  };
  const causes = union(shown.map(({report}) => Object.keys(causesOf(report, judgedName(report))[0])));
  const series =
      causes
          .map(
              (cause, i) =>
                  ({label: words(cause), values: shown.map((run) => mean(run, cause)), style: causeStyle(cause, i)}))
          .filter((s) => s.values.some((v) => v > 0));
  figure(part, {
    id: 'compared-causes',
    title: 'Cycles per frame by cause, mean of all cores',
    says:
        'What an average core does with its time. Hatched: held up by a memory or by the network. Grey: without work.',
    height: 95 + 40 * shown.length,
    csv: () => [
        ['run', ...series.map((s) => s.label)],
        ...shown.map((run, i) => [run.name, ...series.map((s) => s.values[i])])],
    draw: (host, colours) => bars(host, colours, {
      labels: shown.map((run) => run.name),
      series,
      title: 'cycles per frame',
      unit: '',
      across: true,
      stacked: true
    }),
  });
}

/** Layers by name, where the runs share most of them. */
function comparedLayers(part, runs) {
  const names = runs.map(({report}) => report.workload.layers.map((layer) => layer.name));
  const labels = names[0].filter((name) => names.every((list) => list.includes(name)));
  if (labels.length * 2 < largest(names.map((list) => list.length))) return;
  const value = ({report}, name) => {
    const layer = report.executions[judgedName(report)].layers.find((l) => l.name === name);
    return layer && isNumber(layer.energy_pj) ? (layer.energy_pj * 1e-12) / report.workload.frames : null;
  };
  const series =
      runs.map((run, i) => ({label: run.name, values: labels.map((name) => value(run, name)), style: seriesStyle(i)}))
          .filter((s) => s.values.some(isNumber));
  if (!series.length) return;
  figure(part, {
    id: 'compared-layers',
    title: 'Energy per frame by layer',
    says: 'Dynamic energy of the judged execution, in network order.',
    height: 340,
    controls: [{name: 'log', label: 'logarithmic', value: false}],
    csv: () => [
        ['layer', ...series.map((s) => s.label)],
        ...labels.map((label, i) => [label, ...series.map((s) => s.values[i])])],
    draw: (host, colours, state) =>
        bars(host, colours, {labels, series, unit: 'J', title: 'energy per frame', log: state.log}),
  });
}

function flatten(json, place, into) {
  if (json !== null && typeof json === 'object' && Object.keys(json).length)
    for (const [key, value] of Object.entries(json)) flatten(value, `${place}/${key}`, into);
  else
    into[place] = json;
  return into;
}

/** What the runs were asked to do differently. */
function differences(part, runs) {
  const aside = /^\/(hardware|systolic)\/sources\/|^\/energy\/(sources|note)|^\/files\//;
  const configs = runs.map((run) => flatten(run.report.config, '', {}));
  const rows = union(configs.map((c) => Object.keys(c)))
                   .filter((key) => !aside.test(key) && unique(configs.map((c) => JSON.stringify(c[key]))).length > 1);
  const text = (value) => (value === undefined ? '–' : typeof value === 'string' ? value : JSON.stringify(value));
  const columns = [
    {title: 'value of', value: (key) => key.slice(1)},
    ...runs.map((run, i) => ({
                  title: run.name,
                  value: (key) => (isNumber(configs[i][key]) ? configs[i][key] : text(configs[i][key])),
                  text: (key) => text(configs[i][key])
                }))
  ];
  if (!rows.length)
    part.append(el('p', {}, 'The runs have the same configuration.'));
  else
    tableFigure(part, {
      id: 'differences',
      title: 'What differs in the configurations',
      says: `By their place in the run file (${rows.length}); all other values are equal.`,
      columns,
      rows
    });
}

function showRuns(runs) {
  heading(
      'Simulations of neural networks on accelerators', `Comparison of ${runs.length} runs`,
      union(runs.map((run) => [`${run.report.workload.network.name}`])).join(', '));
  const part = section('compare', 'Comparison');
  comparedTable(part, runs);
  ratiosFigure(part, runs);
  const energies = section('energy', 'Energy');
  const rows = runs.map(({name, report}) => ({
                          name,
                          energy: report.executions[judgedName(report)].energy_pj,
                          factor: 1e-12 / report.workload.frames
                        }))
                   .filter((row) => row.energy);
  if (rows.length) energyByComponent(energies, rows);
  comparedLayers(energies, runs);
  const cycles = section('cycles', 'Cycles');
  comparedCauses(cycles, runs);
  differences(section('configuration', 'Configurations'), runs);
  for (const run of runs)
    for (const note of run.report.notes) part.append(el('p', {class: 'note'}, `${run.name}: ${note}`));
}
