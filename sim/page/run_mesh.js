// The chip seen from above: what each core and each link carries.

const CORE_VALUES = {
  busy: {title: 'working', says: 'share of cycles in which the core computes, evaluates or decodes', unit: '%'},
  held_up: {title: 'held up', says: 'share of cycles in which it waits for memory or for the network', unit: '%'},
  input_queue:
      {title: 'input queue high-water', says: 'fullest that the core\'s input queue was, of its depth', unit: '%'},
  output_queue:
      {title: 'output queue high-water', says: 'fullest that the core\'s output queue was, of its depth', unit: '%'},
  energy: {title: 'energy per frame', says: 'of the core, its leakage included', unit: 'J'},
  memory: {title: 'memory used', says: 'weights, sums and references, of the core\'s memories', unit: '%'},
};
const WORKING = ['busy', 'evaluate', 'control'], WAITING = ['idle', 'input_empty'];

function coreValue(report, execution, i, what) {
  const core = execution.cores[i], chip = report.config.hardware;
  const cycles = sum(Object.values(core.cycles_by_cause)) || 1;
  const working = sum(WORKING.map((cause) => core.cycles_by_cause[cause]));
  const waiting = sum(WAITING.map((cause) => core.cycles_by_cause[cause]));
  const m = report.mapping ? report.mapping.core_memory_bytes[i] : null;
  return {
    busy: () => working / cycles,
    held_up: () => (cycles - working - waiting) / cycles,
    input_queue: () => core.input_queue_high_water_flits / chip.core.input_queue_flits,
    output_queue: () => core.output_queue_high_water_flits / chip.core.output_queue_flits,
    energy: () => (core.energy_pj * 1e-12) / report.workload.frames,
    memory: () =>
        (m ? (m.weights + m.state + m.reference) /
                 (chip.core.weight_memory.size_bytes + chip.core.state_memory.size_bytes) :
             null),
  }[what]();
}

function layersOfCores(report) {
  const layers = {};
  for (const slice of (report.mapping || {slices: []}).slices)
    (layers[slice.core] = layers[slice.core] || []).push(slice.layer);
  return (core) => unique(layers[core] || []);
}

function listed(names, most = 6) {
  return names.length > most ? `${names.slice(0, most).join(', ')} and ${names.length - most} more` :
                               names.join(', ') || 'no layer';
}

function coreTip(report, execution, i, layers) {
  const core = execution.cores[i];
  const cycles = sum(Object.values(core.cycles_by_cause)) || 1;
  const causes = Object.entries(core.cycles_by_cause).filter(([, c]) => c > 0).sort((a, b) => b[1] - a[1]);
  return [
    `core ${i}`, `layers: ${listed(layers(i))}`,
    causes.map(([cause, c]) => `${words(cause)} ${percent(c / cycles, 2)}`).join(', '),
    `queues up to ${core.input_queue_high_water_flits} flits in, ${core.output_queue_high_water_flits} out`,
    `${si((core.energy_pj * 1e-12) / report.workload.frames, 'J')} per frame`
  ];
}

/** An arrow beside the line between two routers, so that both directions have room. */
function linkShape(link, at, size, share, colours) {
  const [from, to] = [at(link.from), at(link.to)];
  const [dx, dy] = [Math.sign(to.x - from.x), Math.sign(to.y - from.y)];
  const side = {x: -dy * size * 0.13, y: dx * size * 0.13};
  const edge = size * 0.5 + 2;
  const [x1, y1] = [from.x + dx * edge + side.x, from.y + dy * edge + side.y];
  const [x2, y2] = [to.x - dx * (edge + 5) + side.x, to.y - dy * (edge + 5) + side.y];
  const thick = 1.5 + 7 * share, head = 4 + thick * 0.6;
  const arrow = `${x2 + dx * 6},${y2 + dy * 6} ${x2 - dy * head},${y2 + dx * head} ${x2 + dy * head},${y2 - dx * head}`;
  return svg(
      'g', {fill: colours.text, stroke: colours.text, opacity: 0.35 + 0.65 * share},
      svg('line', {x1, y1, x2, y2, 'stroke-width': thick}), svg('polygon', {points: arrow, stroke: 'none'}),
      svg('line', {x1, y1, x2, y2, 'stroke-width': 14, opacity: 0}));
}

function portMark(colours, x, y, text) {
  return svg('text', {x, y, fill: colours.muted, 'text-anchor': 'middle'}, text);
}

function drawMesh(host, colours, report, state) {
  const execution = report.executions[state.execution], chip = report.config.hardware;
  const {columns, rows} = chip.noc;
  const room = Math.min(110, Math.max(22, Math.min(((host.clientWidth || 1150) - 40) / columns, 640 / rows))),
        size = room * 0.62;
  const left = Math.max(20, (520 - columns * room) / 2), top = 84, width = Math.max(left * 2 + columns * room, 520),
        height = top + rows * room + 34;
  const at = (router) =>
      ({x: left + ((router % columns) + 0.5) * room, y: top + (Math.floor(router / columns) + 0.5) * room});
  const what = CORE_VALUES[state.value], layers = layersOfCores(report);
  const values = execution.cores.map((_, i) => coreValue(report, execution, i, state.value));
  const high = what.unit === '%' && largest(values) > 0.5 ? 1 : largest(values) || 1;
  const text = (v) => (what.unit === '%' ? percent(v, 2) : si(v, what.unit));
  const flits = largest(execution.links.map((link) => link.flits)), cycles = execution.cycles || 1;
  const parts = [colourBar(colours, 24, 18, 200, 0, high, text, `${what.title}: ${what.says}`)];
  parts.push(
      svg('text', {x: 240, y: 28, fill: colours.muted},
          execution.links.length ? `thickest arrow: ${percent(flits / cycles, 2)} of cycles` : 'no link is used'));
  parts.push(
      portMark(colours, at(chip.input_port_column ?? 0).x, top - 8, '▼ input'),
      portMark(colours, at(chip.output_port_column ?? 0).x, height - 12, '▼ output'));
  for (const link of execution.links) {
    const share = flits > 0 ? link.flits / flits : 0;
    parts.push(addTip(linkShape(link, at, size, share, colours), [
      `link ${link.from} → ${link.to}`,
      `${si(link.flits)} flits: busy in ${percent(link.flits / cycles)} of the cycles`,
      link.high_water_flits === undefined ?
          '' :
          `queue behind it up to ${link.high_water_flits} of ${chip.noc.router_queue_flits} flits`
    ]));
  }
  execution.cores.forEach((_, i) => {
    const {x, y} = at(i), share = isNumber(values[i]) ? values[i] / high : 0, small = size < 40;
    const lines_ = small ? [] : [
      svg('text', {x, y: y - 3, fill: scaleInk(share), 'text-anchor': 'middle', 'font-weight': 600}, text(values[i])),
      svg('text', {x, y: y + 13, fill: scaleInk(share), 'text-anchor': 'middle', 'font-size': 10.5}, `core ${i}`)
    ];
    parts.push(addTip(
        svg('g', {tabindex: 0}, svg('rect', {
              x: x - size / 2,
              y: y - size / 2,
              width: size,
              height: size,
              rx: 5,
              fill: isNumber(values[i]) ? scaleColour(share) : colours.empty,
              stroke: colours.grid
            }),
            lines_),
        () => coreTip(report, execution, i, layers)));
  });
  drawing(host, width, height, parts);
}

function meshFigure(part, report) {
  const names = machineNames(report).filter((name) => report.executions[name].cores.length);
  if (!names.length || !report.config.hardware || !report.config.hardware.noc) return;
  figure(part, {
    id: 'mesh',
    title: 'The mesh of cores',
    says: 'Each square is a core, coloured by what is chosen; an arrow is a link, the thicker the more it carries. ' +
        'Hover, or tab, for the layers on a core and where its cycles go.',
    controls: [
      {name: 'execution', label: 'execution', value: judgedName(report), options: names}, {
        name: 'value',
        label: 'colour',
        value: 'busy',
        options: Object.entries(CORE_VALUES).map(([key, v]) => [key, v.title])
      }
    ],
    csv: (state) => {
      const e = report.executions[state.execution], layers = layersOfCores(report), keys = Object.keys(CORE_VALUES);
      return [
        ['unit', 'from', 'to', ...keys, 'layers', 'flits', 'busy_share'],
        ...e.cores.map(
            (_, i) =>
                [`core ${i}`, '', '', ...keys.map((key) => coreValue(report, e, i, key)), layers(i).join(' '), '', '']),
        ...e.links.map(
            (link) => ['link', link.from, link.to, ...keys.map(() => ''), '', link.flits, link.flits / (e.cycles || 1)])
      ];
    },
    draw: (host, colours, state) => drawMesh(host, colours, report, state),
  });
}

function memoryFigure(part, report) {
  if (!report.mapping || !report.config.hardware) return;
  const memory = report.mapping.core_memory_bytes, core = report.config.hardware.core;
  const capacity = core.weight_memory.size_bytes + core.state_memory.size_bytes;
  const kinds = [['weights', 0], ['state', 2], ['reference', 1]];
  figure(part, {
    id: 'memory',
    title: 'Memory of the cores',
    says:
        'What the mapping puts on each core: weights; sums (state) and last values sent (reference), which deltas need. ' +
        `A core holds ${si(core.weight_memory.size_bytes, 'B')} of weights and ` +
        `${si(core.state_memory.size_bytes, 'B')} of state.`,
    height: report.config.hardware.noc.columns <= 6 ? 84 + Math.min(5, report.config.hardware.noc.rows) * 90 : 280,
    csv: () => [
        ['core', ...kinds.map(([k]) => `${k}_bytes`)], ...memory.map((m, i) => [i, ...kinds.map(([k]) => m[k])])],
    draw: (host, colours) => bars(host, colours, {
      labels: memory.map((_, i) => String(i)),
      namesTitle: 'core',
      title: 'memory',
      unit: 'B',
      stacked: true,
      series: kinds.map(([kind, i]) => ({label: kind, values: memory.map((m) => m[kind]), style: seriesStyle(i)})),
      tip: (i) => [`${percent(sum(kinds.map(([k]) => memory[i][k])) / capacity)} of the core's memory`],
    }),
  });
}

/** 0 1 2 3 7 -> "0–3, 7". */
function rangesText(numbers) {
  const runs = [];
  for (const n of numbers) {
    const last = runs[runs.length - 1];
    if (last && n === last[1] + 1)
      last[1] = n;
    else
      runs.push([n, n]);
  }
  return runs.map(([a, b]) => (a === b ? `${a}` : `${a}–${b}`)).join(', ');
}

function mappingTable(part, report) {
  if (!report.mapping) return;
  const bySlices = {};
  for (const slice of report.mapping.slices) (bySlices[slice.layer] = bySlices[slice.layer] || []).push(slice);
  const order = report.workload.layers.map((layer) => layer.name);
  const extent = (list, key) => unique(list.map((s) => `${s[key][0]}–${s[key][1] - 1}`)).length;
  const rows =
      Object.entries(bySlices)
          .map(([layer, list]) => ({layer, list, cores: unique(list.map((s) => s.core)).sort((a, b) => a - b)}))
          .sort((a, b) => order.indexOf(a.layer) - order.indexOf(b.layer));
  const dram =
      (list) => [list.some((s) => s.weights_in_dram) && 'weights', list.some((s) => s.state_in_dram) && 'state']
                    .filter(Boolean)
                    .join(' and ');
  const columns = [
    {title: 'layer', value: (r) => r.layer},
    {title: 'cores', value: (r) => r.cores.length},
    {title: 'which', value: (r) => rangesText(r.cores)},
    {title: 'slices', says: 'boxes of output neurons', value: (r) => r.list.length},
    {
      title: 'split by',
      value: (r) => [['channels', 'channels'], ['rows', 'rows'], ['columns', 'columns']]
                        .filter(([key]) => extent(r.list, key) > 1)
                        .map(([key, text]) => `${text} (${extent(r.list, key)})`)
                        .join(', ') ||
          'not split'
    },
  ];
  if (rows.some((r) => dram(r.list))) columns.push({title: 'in DRAM', value: (r) => dram(r.list) || '–'});
  tableFigure(part, {
    id: 'mapping-table',
    title: 'Which layer is on which core',
    says: 'A layer is cut into slices of output channels, rows or columns; a core may hold slices of several layers.',
    columns,
    rows
  });
}

function meshSection(report) {
  if (!machineNames(report).length) return;
  const part = section('chip', 'Chip and mapping');
  const small =
      report.config.hardware && report.config.hardware.noc.columns <= 6;  // beside the memories, or above them
  const row = small ? pair(part) : part;
  meshFigure(row, report);
  memoryFigure(row, report);
  mappingTable(part, report);
}
