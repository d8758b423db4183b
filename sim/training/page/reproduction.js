// The page of a reproduction: what the regimes are worth, network by network.

const integerOf = (row) => row.simulation.integer[row.execution];
const machineOf = (row) => row.simulation.machine[row.execution];
const joules = (row) => machineOf(row).energy_pj.value * 1e-12;

function comparison(part, group, rows) {
  const base = integerOf(rows[0]).macs;
  const gain = (row) => machineOf(row).dense_over_this;
  const paper = (key) => (row) => row.paper[key];
  tableFigure(part, {
    id: `${group.name}-table`,
    title: 'The regimes side by side',
    says:
        'Right: clips of the test set, by the mean over their frames, as training says and as the integer network of ' +
        'the simulator says. Sparsity leaves first frames out. Cycles and energy: a dense frame\'s, divided by this ' +
        'execution\'s mean frame, first frames included.',
    columns: [
      {title: 'training', says: 'its name', value: (row) => row.title},
      {title: 'execution', says: 'what travels', value: (row) => words(row.execution)},
      {
        title: 'right',
        says: 'training',
        value: (row) => row.evaluation.accuracy,
        text: (row) => percent(row.evaluation.accuracy)
      },
      {
        title: 'integers',
        says: 'simulator',
        value: (row) => integerOf(row).accuracy,
        text: (row) => percent(integerOf(row).accuracy)
      },
      {
        title: 'paper',
        says: 'accuracy in the paper',
        value: paper('accuracy'),
        text: (row) => percent(row.paper.accuracy)
      },
      {
        title: 'op sparsity',
        says: 'fan-out metric',
        value: (row) => integerOf(row).sparsity_fan_out,
        text: (row) => percent(integerOf(row).sparsity_fan_out)
      },
      {
        title: 'paper',
        says: 'op sparsity in the paper',
        value: paper('sparsity'),
        text: (row) => percent(row.paper.sparsity)
      },
      {
        title: 'MAC sparsity',
        says: 'exact fan-outs',
        value: (row) => 1 - integerOf(row).macs,
        text: (row) => percent(1 - integerOf(row).macs)
      },
      {
        title: 'fewer MACs',
        says: 'than the baseline',
        value: (row) => base / integerOf(row).macs,
        text: (row) => times(base / integerOf(row).macs)
      },
      {title: 'cycles', says: 'dense / this', value: (row) => gain(row).cycles, text: (row) => times(gain(row).cycles)},
      {
        title: 'energy',
        says: 'dense / this',
        value: (row) => gain(row).energy.value,
        text: (row) =>
            `${times(gain(row).energy.value)} (${plain(gain(row).energy.low, 2)}–${plain(gain(row).energy.high, 2)})`
      },
      {title: 'a frame', says: 'energy', value: joules, text: (row) => si(joules(row), 'J')},
    ],
    rows: rows.filter((row) => row.table),
  });
}

function energyFigure(part, group, rows) {
  const point = (row) => ({x: joules(row), y: integerOf(row).accuracy, row});
  const sweep = rows.filter((row) => row.sweep).map(point).sort((a, b) => a.row.options.rate - b.row.options.rate);
  const others = rows.filter((row) => row.table && !row.sweep);
  const series = [
    ...(sweep.length ? [{label: 'delta, by rate', style: seriesStyle(2), points: sweep}] : []),
    ...others.map(
        (row, i) => ({label: row.title, style: seriesStyle(i < 2 ? i : i + 1), points: [point(row)], line: false})),
  ];
  figure(part, {
    id: `${group.name}-energy`,
    title: `Accuracy against energy: ${group.title}`,
    says: 'Each point is a trained network on the machine; a larger rate of the penalty moves it to the left.',
    height: 320,
    csv: () => [
        ['training', 'energy_j', 'accuracy'], ...rows.map((row) => [row.title, joules(row), integerOf(row).accuracy])],
    draw: (host, colours) => lines(host, colours, {
      series,
      xTitle: 'energy of a frame',
      xUnit: 'J',
      yTitle: 'clips that are right',
      yUnit: '%',
      yFit: true,
      mark: (p) => (p.row.sweep ? `rate ${p.row.options.rate}` : ''),
      onePoint: true,
      tipTitle: (p) => p.row.title,
      tip: (p) => [`energy ${si(p.x, 'J')}`, `MACs ${percent(integerOf(p.row).macs)} of dense`],
    }),
  });
}

function layerDensities(part, group, rows) {
  const shown = rows.filter((row) => row.table && row.execution !== 'input_delta');
  const names = Object.keys(integerOf(rows[0]).layers);
  figure(part, {
    id: `${group.name}-layers`,
    title: 'Events of each layer',
    says:
        'Share of a layer\'s neurons that send: what is not zero (spatial), or what changed (delta). First frames are ' +
        'left out.',
    height: 300,
    csv: () => [
        ['layer', ...shown.map((row) => row.title)],
        ...names.map((name) => [name, ...shown.map((row) => integerOf(row).layers[name])])],
    draw: (host, colours) => bars(host, colours, {
      labels: names,
      series: shown.map(
          (row, i) =>
              ({label: row.title, style: seriesStyle(i), values: names.map((name) => integerOf(row).layers[name])})),
      title: 'neurons that send',
      unit: '%',
    }),
  });
}

function conditions(part, group, rows) {
  const shown = rows.filter((row) => row.table && row.simulation.camera);
  const row = pair(part);
  const cameras = ['still', 'moving'].filter((kind) => shown.some((each) => each.simulation.camera[kind]));
  if (cameras.length)
    figure(row, {
      id: `${group.name}-camera`,
      title: 'Still and moving cameras',
      says: 'MACs of a frame as a share of a dense frame\'s. A camera that pans changes every pixel.',
      height: 260,
      csv: () => [
          ['training', ...cameras],
          ...shown.map((each) => [each.title, ...cameras.map((kind) => (each.simulation.camera[kind] || {}).macs)])],
      draw: (host, colours) => bars(host, colours, {
        labels: shown.map((each) => each.title),
        series: cameras.map((kind, i) => ({
                              label: `${kind} camera`,
                              style: seriesStyle(i),
                              values: shown.map((each) => (each.simulation.camera[kind] || {}).macs)
                            })),
        title: 'MACs',
        unit: '%',
      }),
    });
  const rated = shown.filter((each) => each.simulation.frame_rates.length);
  if (rated.length)
    figure(row, {
      id: `${group.name}-rates`,
      title: 'Frame rate',
      says: 'The same motion in more frames: each changes less. The networks are those trained at the usual rate.',
      height: 260,
      csv: () => [
          ['training', 'frame_rate', 'macs', 'energy_pj', 'accuracy'],
          ...rated.flatMap(
              (each) => each.simulation.frame_rates.map(
                  (r) => [each.title, r.frame_rate, r.macs, r.energy_pj.value, r.accuracy]))],
      draw: (host, colours) => lines(host, colours, {
        series: rated.map((each, i) => ({
                            label: each.title,
                            style: seriesStyle(i),
                            points: each.simulation.frame_rates.map((r) => ({x: r.frame_rate, y: r.macs}))
                          })),
        xTitle: 'frames per second',
        yTitle: 'MACs of a frame',
        yUnit: '%',
      }),
    });
}

function agreementTable(part, group, rows) {
  const points = (row) => row.agreement;
  const logits = (row) => points(row).logits && points(row).logits.rms_error / points(row).logits.rms;
  tableFigure(part, {
    id: `${group.name}-agreement`,
    title: 'Training and simulator',
    says:
        'On the same clips: difference of accuracies in points; of the logits of all frames (root mean square), and of ' +
        'the density of events of a layer, relative.',
    columns: [
      {title: 'training', says: 'its name', value: (row) => row.title},
      {title: 'epochs', says: 'trained', value: (row) => row.epochs},
      {
        title: 'time',
        says: 'of training',
        value: (row) => row.training_seconds,
        text: (row) => `${plain(row.training_seconds / 60)} min`
      },
      {title: 'rate', says: 'of the penalty', value: (row) => row.options.rate},
      {
        title: 'accuracy differs',
        says: 'points',
        value: (row) => points(row).accuracy_points,
        text: (row) => `${plain(points(row).accuracy_points)} points`
      },
      {title: 'logits differ', says: 'rms', value: logits, text: (row) => percent(logits(row))},
      {
        title: 'density differs, at most',
        says: 'of all layers',
        value: (row) => points(row).largest_relative_deviation,
        text: (row) => percent(points(row).largest_relative_deviation)
      },
    ],
    rows,
  });
}

function showReproduction(data) {
  heading(
      'Reproduction', data.title,
      `${data.command}; trainings ${plain(data.host.training_seconds / 60)} min, simulations ${
          plain(data.host.simulation_seconds / 60)} min of a core`);
  for (const group of data.groups) {
    const rows = data.rows.filter((row) => row.group === group.name);
    if (!rows.length) continue;
    const part = section(group.name, group.title);
    comparison(part, group, rows);
    energyFigure(part, group, rows);
    layerDensities(part, group, rows);
    conditions(part, group, rows);
    agreementTable(part, group, rows);
  }
}
