// The page of one training: what happened from epoch to epoch.

const shareText = (value) => percent(value);

function epochSeries(epochs, wanted) {
  return wanted
      .map(([label, valueOf], i) => ({
             label,
             valueOf,
             style: seriesStyle(i),
             points: epochs.map((e) => ({x: e.epoch, y: valueOf(e)})).filter((p) => isNumber(p.y)),
           }))
      .filter((series) => series.points.length);
}

function epochFigure(part, epochs, {id, title, says, unit, yTitle, wanted, controls}) {
  const series = (state) => epochSeries(epochs, wanted(state));
  figure(part, {
    id,
    title,
    says,
    height: 260,
    controls: controls || [],
    csv: (state) => {
      const shown = series(state);
      return [
        ['epoch', ...shown.map((s) => s.label)], ...epochs.map((e) => [e.epoch, ...shown.map((s) => s.valueOf(e))])
      ];
    },
    draw: (host, colours, state) =>
        lines(host, colours, {series: series(state), xTitle: 'epoch', yTitle, yUnit: unit, yLog: state.log}),
  });
}

function trajectoryFigures(part, epochs) {
  const tested = (key) => (e) => (e.test ? e.test[key] : null);
  const row = pair(part);
  epochFigure(row, epochs, {
    id: 'loss',
    title: 'Loss',
    says: 'Of training clips, mean of each epoch: the task\'s part and the penalty\'s.',
    yTitle: 'loss',
    wanted: () => [['together', (e) => e.loss], ['task', (e) => e.task_loss], ['penalty', (e) => e.penalty]],
    controls: [{name: 'log', label: 'logarithmic', value: false}],
  });
  epochFigure(row, epochs, {
    id: 'accuracy',
    title: 'Accuracy',
    says: 'Share of clips whose class comes first in the mean over their frames.',
    yTitle: 'clips',
    unit: '%',
    wanted: () => [
        ['test', tested('accuracy')], ['test, single frames', tested('frame_accuracy')],
        ['training', (e) => e.accuracy]],
  });
  epochFigure(row, epochs, {
    id: 'macs',
    title: 'MACs that remain',
    says: 'Share of a dense frame\'s MACs: of activations that are not zero, and of those that changed since the ' +
        'frame before. First frames are left out.',
    yTitle: 'MACs',
    unit: '%',
    wanted: () => [['not zero', tested('macs_nonzero')], ['changed', tested('macs_changed')]],
    controls: [{name: 'log', label: 'logarithmic', value: false}],
  });
  epochFigure(row, epochs, {
    id: 'rate',
    title: 'Learning rate',
    says: 'At the end of each epoch.',
    yTitle: 'learning rate',
    wanted: () => [['learning rate', (e) => e.learning_rate]],
  });
}

/** Layer by epoch. */
function layerFigure(part, epochs) {
  const tested = epochs.filter((e) => e.test && e.test.layers.length);
  if (!tested.length) return;
  const last = tested[tested.length - 1];
  const at = (e, i, key) => e.test.layers[i][key];
  const chosen = unique([tested[0], tested[Math.floor(tested.length / 2)], last]);
  figure(part, {
    id: 'layers',
    title: 'Activity of layers',
    says: 'Share of each layer\'s neurons, from the input on, early, half way and at the end.',
    height: 300,
    controls: [{
      name: 'key',
      label: 'neurons that',
      value: 'changed',
      options: [['changed', 'changed'], ['nonzero', 'are not zero']]
    }],
    csv: () => [
        ['layer', ...tested.flatMap((e) => [`changed_${e.epoch}`, `nonzero_${e.epoch}`])],
        ...last.test.layers.map(
            (layer, i) => [layer.name, ...tested.flatMap((e) => [at(e, i, 'changed'), at(e, i, 'nonzero')])])],
    draw: (host, colours, state) => bars(host, colours, {
      labels: last.test.layers.map((layer) => layer.name),
      series: chosen.map((e, i) => ({
                           label: `epoch ${e.epoch}`,
                           style: seriesStyle(i),
                           values: last.test.layers.map((_, l) => at(e, l, state.key)),
                         })),
      title: 'neurons',
      unit: '%',
    }),
  });
}

function showTraining(data) {
  const {epochs, config} = data;
  const last = [...epochs].reverse().find((e) => e.test);
  const options = config.training;
  heading(
      `Training · ${data.name}`,
      last ? `${percent(last.test.accuracy)} right, ${percent(last.test.macs_changed)} of the MACs changed` :
             `${epochs.length} epochs`,
      `regime ${options.regime}, rate ${options.rate}, ${epochs.length} of ${options.epochs} epochs, seed ${
          options.seed}`);
  const part = section('trajectory', 'From epoch to epoch');
  trajectoryFigures(part, epochs);
  layerFigure(part, epochs);
  const settings = section('configuration', 'Configuration');
  settings.append(el('pre', {}, JSON.stringify(config, null, 2)));
}
