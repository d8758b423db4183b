// Layer by layer: how much travels, and whether remembering pays there.

function layersWithInput(report) {
  return report.workload.layers.map((layer, index) => ({layer, index})).filter(({layer}) => layer.weights > 0);
}

function densityFigure(part, report) {
  const rows = layersWithInput(report);
  const labels = rows.map(({layer}) => layer.name);
  const names = machineNames(report).filter((name) => name !== 'dense');
  const shown = names.length ? names : machineNames(report);
  if (!shown.length || !rows.length) return;
  const of = (name, field) => {
    const by = Object.fromEntries(report.executions[name].layers.map((layer) => [layer.name, layer]));
    return rows.map(({layer}) => by[layer.name][field]);
  };
  const series = shown.flatMap(
      (name) => ['element', 'pixel'].map((kind) => ({
                                           label: `${name}: ${kind}s`,
                                           values: of(name, `${kind}_density`),
                                           hollow: kind === 'pixel',
                                           style: {...executionStyle(name), dash: kind === 'pixel' ? [4, 4] : []},
                                         })));
  figure(part, {
    id: 'density',
    title: 'Density of each layer\'s input',
    says: 'The share of values (elements), and of positions with any value (pixels), that a layer receives in a ' +
        'frame; dense execution receives 100 %. The distance between spatial and delta is what change adds to ' +
        'zeros; a chip that skips whole pixels gains only by the dashed lines.',
    height: 340,
    controls: [{name: 'log', label: 'logarithmic', value: false}],
    csv: () => [
        ['layer', ...series.map((s) => s.label)],
        ...labels.map((label, i) => [label, ...series.map((s) => s.values[i])])],
    draw: (host, colours, state) => lines(host, colours, {
      labels,
      xTitle: '',
      yTitle: 'density',
      yUnit: '%',
      yLog: state.log,
      yMost: 100,
      series: series.map((s) => ({...s, points: s.values.map((y, x) => ({x, y: state.log && y === 0 ? null : y}))})),
    }),
  });
}

/** What keeping a byte of memory alive costs in a frame, in joules: all leakage over all on-chip memory. */
function leakagePerByte(report, execution) {
  const chip = report.config.hardware;
  const bytes =
      (chip.core.weight_memory.size_bytes + chip.core.state_memory.size_bytes) * chip.noc.columns * chip.noc.rows;
  const at = execution.at_frame_rate;
  const leakage = at      ? (at.energy_pj.leakage_awake + at.energy_pj.leakage_asleep) * 1e-12 :
      execution.energy_pj ? ((execution.energy_pj.by_component.leakage || 0) * 1e-12) / report.workload.frames :
                            null;
  return {joules: bytes > 0 && leakage !== null ? leakage / bytes : 0, atRate: Boolean(at)};
}

function verdict(saved, leakage) {
  if (!isNumber(saved)) return null;
  if (saved <= 0) return 'no: costs more';
  return saved > leakage ? 'yes' : 'no: leaks more';
}

function worthRows(report, base) {
  const n = report.workload.frames;
  const perByte = leakagePerByte(report, report.executions.delta).joules;
  const find = (name) => Object.fromEntries(report.executions[name].layers.map((layer) => [layer.name, layer]));
  const [delta, other] = [find('delta'), find(base)];
  const inDram = new Set(((report.mapping || {}).slices || []).filter((s) => s.state_in_dram).map((s) => s.layer));
  return report.workload.layers
      .map((layer) => {
        const [d, b] = [delta[layer.name], other[layer.name]];
        const sums = layer.memory_bytes.state - (layer.memory_bytes.state_depth_first ?? 0);
        const extra = sums + layer.memory_bytes.reference;
        const saved = ((b.energy_pj - d.energy_pj) * 1e-12) / n;
        const leakage = inDram.has(layer.name) ? 0 : extra * perByte;
        return {
          layer,
          d,
          b,
          sums,
          extra,
          saved,
          leakage,
          inDram: inDram.has(layer.name),
          verdict: verdict(saved, leakage),
          macs: d.macs > 0 ? b.macs / d.macs : null
        };
      })
      .filter((row) => row.extra > 0 || row.layer.weights > 0);
}

/** The input port remembers what it sent, too. */
function inputRow(report, base) {
  const [d, b] = [report.executions.delta.input, report.executions[base].input],
            extra = report.workload.input_reference_bytes;
  if (!d || !b || !extra) return [];
  const saved = ((b.energy_pj - d.energy_pj) * 1e-12) / report.workload.frames;
  const leakage = extra * leakagePerByte(report, report.executions.delta).joules;
  const none = {element_density: null, macs: null};
  return [{
    layer: {name: 'sending the input', kind: 'input', neurons: null, macs_dense: null},
    d: none,
    b: none,
    extra,
    saved,
    leakage,
    verdict: verdict(saved, leakage),
    macs: null
  }];
}

function worthTable(part, report) {
  const base = ['spatial', 'dense'].find((name) => report.executions[name]);
  if (!report.executions.delta || !base || !report.executions.delta.energy_pj) return;
  const rows = [...inputRow(report, base), ...worthRows(report, base)];
  const atRate = leakagePerByte(report, report.executions.delta).atRate;
  const period = atRate ? `a frame period at ${plain(report.workload.frame_rate)} frames/s` :
                          'the run\'s time per frame (the input\'s frame rate is unknown or too high)';
  const most = {saved: largest(rows.map((r) => r.saved)), extra: largest(rows.map((r) => r.extra))};
  const columns = [
    {title: 'layer', value: (r) => r.layer.name},
    {title: 'kind', value: (r) => r.layer.kind},
    {title: 'neurons', value: (r) => r.layer.neurons, text: (r) => count(r.layer.neurons)},
    {title: 'dense MACs per frame', value: (r) => r.layer.macs_dense, text: (r) => count(r.layer.macs_dense)},
    {title: `${base} density`, value: (r) => r.b.element_density, text: (r) => percent(r.b.element_density)},
    {title: 'delta density', value: (r) => r.d.element_density, text: (r) => percent(r.d.element_density)},
    {
      title: 'fewer MACs',
      says: `MACs of ${base} execution / of delta`,
      value: (r) => r.macs,
      text: (r) => times(r.macs)
    },
    {
      title: 'energy saved per frame',
      says: `${base} less delta, dynamic energy`,
      value: (r) => r.saved,
      text: (r) => si(r.saved, 'J'),
      bar: (r) => r.saved / most.saved
    },
    {
      title: 'memory for deltas',
      says: 'sums of all neurons beyond those that open rows need, and references',
      value: (r) => r.extra,
      text: (r) => `${si(r.extra, 'B')}${r.inDram ? ' (DRAM)' : ''}`,
      bar: (r) => r.extra / most.extra
    },
    {
      title: 'its leakage per frame',
      says: `over ${period}`,
      value: (r) => r.leakage,
      text: (r) => (r.inDram ? '–' : si(r.leakage, 'J'))
    },
    {
      title: 'worth it here?',
      says: 'yes: the layer saves more than its memory leaks; leaks more: it saves, but less than that; costs ' +
          'more: it saves nothing',
      value: (r) => r.verdict,
      cell: (r) => el('span', {class: r.verdict === 'yes' ? 'good' : 'bad'}, r.verdict)
    },
  ];
  const yes = rows.filter((r) => r.verdict === 'yes').length;
  tableFigure(part, {
    id: 'worth',
    title: 'What deltas cost in memory, and whether it is worth it',
    says: `Delta execution remembers, besides the weights, every neuron's sum (${base} execution: only rows that are ` +
        `open) and the value last sent. Worth it: the layer saves more energy against ${base} execution than this ` +
        `memory leaks in ${period}, taking the chip's leakage in proportion to its memory. ` +
        `So it is in ${yes} of ${rows.length} layers. Click a heading to sort.`,
    columns,
    rows,
    foot: [
      'all', '', count(sum(rows.map((r) => r.layer.neurons))), si(sum(rows.map((r) => r.layer.macs_dense))), '', '',
      times(sum(rows.map((r) => r.b.macs)) / sum(rows.map((r) => r.d.macs))), si(sum(rows.map((r) => r.saved)), 'J'),
      si(sum(rows.map((r) => r.extra)), 'B'), si(sum(rows.map((r) => r.leakage)), 'J'), ''
    ],
  });
}

function layersSection(report) {
  if (!machineNames(report).length) return;
  const part = section('layers', 'Layers');
  densityFigure(part, report);
  worthTable(part, report);
}
