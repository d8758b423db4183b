// Where the time goes.

const CAUSE_MEANING = {
  busy: 'lanes compute',
  evaluate: 'neurons are evaluated, events made',
  control: 'decoding, tokens',
  weight_conflict: 'lanes wait for weights',
  state_conflict: 'waits for sums or references',
  dram: 'waits for DRAM',
  output_full: 'the network does not take events fast enough',
  input_empty: 'nothing to work on yet',
  idle: 'no layer here, or all done',
};

function causeStyle(name, index) {
  return CAUSES[name] || seriesStyle(index);
}

function machineNames(report) {
  return executionNames(report).filter((name) => Array.isArray(report.executions[name].cores));
}

function causesOf(report, name) {
  return report.executions[name].cores.map((core) => core.cycles_by_cause);
}

function cyclesByCause(part, report, names) {
  const n = report.workload.frames;
  const causes = union(names.map((name) => Object.keys(causesOf(report, name)[0] || {})));
  const mean = (name, cause) => sum(causesOf(report, name).map((c) => c[cause])) / causesOf(report, name).length / n;
  const series =
      causes
          .map(
              (cause, i) =>
                  ({label: words(cause), values: names.map((name) => mean(name, cause)), style: causeStyle(cause, i)}))
          .filter((s) => s.values.some((v) => v > 0));
  figure(part, {
    id: 'cycles-causes',
    title: 'Cycles per frame by cause, mean of all cores',
    says: 'What an average core does with its time; a bar\'s length is the time per frame. Hatched: held up by a ' +
        'memory or by the network. Grey: without work, so other cores, the mapping or the input port set the ' +
        'pace.',
    height: 95 + 40 * names.length,
    csv: () => [
        ['execution', ...series.map((s) => s.label)],
        ...names.map((name, i) => [name, ...series.map((s) => s.values[i])])],
    draw: (host, colours) => bars(host, colours, {
      labels: names,
      series,
      unit: '',
      title: 'cycles per frame',
      across: true,
      stacked: true,
      marks: names.map((name) => {
        const c = report.executions[name].cycles / n;
        return {low: c, high: c, text: si(c)};
      }),
    }),
  });
}

function cyclesByCore(part, report, names) {
  const n = report.workload.frames;
  const rows = (name) => {
    const cores = causesOf(report, name);
    return {labels: cores.map((_, i) => String(i)), cores};
  };
  figure(part, {
    id: 'cycles-cores',
    title: 'Cycles per frame by cause, core by core',
    says: 'The core with the least grey is the busiest: it sets the pace, and better balance would raise it.',
    height: 320,
    controls: [{name: 'execution', label: 'execution', value: judgedName(report), options: names}],
    csv: (state) => {
      const {cores} = rows(state.execution);
      return [['core', ...Object.keys(cores[0])], ...cores.map((c, i) => [i, ...Object.values(c).map((v) => v / n)])];
    },
    draw: (host, colours, state) => {
      const {labels, cores} = rows(state.execution);
      const series =
          Object.keys(cores[0])
              .map(
                  (cause, i) =>
                      ({label: words(cause), values: cores.map((c) => c[cause] / n), style: causeStyle(cause, i)}))
              .filter((s) => s.values.some((v) => v > 0));
      return bars(host, colours, {
        labels,
        series,
        unit: '',
        title: 'cycles per frame',
        namesTitle: 'core',
        stacked: true,
        most: report.executions[state.execution].cycles / n
      });
    },
  });
}

function systolicTable(part, report) {
  const e = report.executions.systolic, n = report.workload.frames;
  if (!e || !e.layers.length || !e.layers[0].gemm) return;
  const columns = [
    {title: 'layer', value: (r) => r.name},
    {
      title: 'm × k × n',
      says: 'rows, depth and columns of the matrix product',
      value: (r) => r.gemm.m * r.gemm.k * r.gemm.n,
      text: (r) => `${r.gemm.m} × ${r.gemm.k} × ${r.gemm.n}${r.gemm.groups > 1 ? `, ${r.gemm.groups} times` : ''}`
    },
    {
      title: 'folds',
      says: 'times that the array is filled anew',
      value: (r) => r.folds / n,
      text: (r) => count(r.folds / n)
    },
    {title: 'cycles per frame', value: (r) => r.cycles / n, text: (r) => count(r.cycles / n)},
    {
      title: 'utilisation',
      value: (r) => r.utilisation,
      text: (r) => percent(r.utilisation, 2),
      bar: (r) => r.utilisation
    },
    {title: 'bound by', value: (r) => r.bound},
    {title: 'DRAM bytes per frame', value: (r) => r.dram_bytes.total / n, text: (r) => si(r.dram_bytes.total / n, 'B')},
  ];
  tableFigure(part, {
    id: 'systolic',
    title: `The systolic array of ${e.array.rows} × ${e.array.columns}, layer by layer`,
    says: 'Layers as matrix products. Utilisation: the share of the array\'s multipliers that do useful work; ' +
        'depthwise layers and small ones fill little of it.',
    columns,
    rows: e.layers.filter((layer) => layer.cycles > 0)
  });
}

function cyclesSection(report) {
  const names = machineNames(report).filter((name) => report.executions[name].cores.length);
  const part = section('cycles', 'Cycles');
  if (names.length) {
    cyclesByCause(part, report, names);
    const causes = union(names.map((name) => Object.keys(causesOf(report, name)[0])));
    part.append(details(
        'What the causes mean',
        facts(causes.filter((c) => CAUSE_MEANING[c]).map((c) => [words(c), CAUSE_MEANING[c]]))));
    cyclesByCore(part, report, names);
  }
  layerBars(part, report, {
    id: 'cycles-layers',
    title: 'Cycles per frame by layer',
    field: 'cycles',
    factor: 1 / report.workload.frames,
    unit: '',
    axisTitle: 'cycles per frame',
    says: names.length ?
        'How long the core that works longest on a layer works on it. Layers on different cores overlap, so bars ' +
            'do not add up.' :
        'Layers follow each other, so bars add up to a frame.',
  });
  systolicTable(part, report);
}
