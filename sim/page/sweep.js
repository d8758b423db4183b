// The page of a sweep.

const KEPT_SHARE = 0.99, KEPT_DISTANCE = 0.05;

function bestBy(points, name) {
  const known = points.filter((point) => isNumber(point.row[name]));
  const best = smallest(known.map((point) => point.row[name]));
  return known.find((point) => point.row[name] === best);
}

function bestCard(sweep, points, name, what) {
  const best = bestBy(points, name);
  if (!best) return null;
  const gained = `${name.replace('_pj', '')}_vs_dense`;
  return {
    big: metricText(name, best.row[name]),
    what,
    small: `${settingsText(sweep, best).join(', ')}${
        isNumber(best.row[gained]) ? `; ${times(best.row[gained])} ${METRICS[gained].short} there` : ''}`
  };
}

function sweepCards(sweep) {
  const {points} = sweep.data.sweep;
  const kept = sweep.qualities.includes('top1_agreement') ?
      [sweep.done.filter((p) => p.row.top1_agreement >= KEPT_SHARE), `same first choice in ${percent(KEPT_SHARE)}`] :
      [sweep.done.filter((p) => p.row.relative_l2 <= KEPT_DISTANCE), `relative L2 up to ${KEPT_DISTANCE}`];
  const list = [
    {
      big: count(sweep.done.length),
      what: `of ${count(points.total ?? sweep.points.length)} points done`,
      small: [
        points.failed > 0 && `${points.failed} failed`, points.left > 0 && `${points.left} left`,
        points.excluded > 0 && `${points.excluded} left out by constraints`
      ].filter(Boolean)
                 .join(', ') ||
          'none failed'
    },
    bestCard(sweep, sweep.done, 'energy_pj', 'least energy'),
    sweep.qualities.length ? bestCard(sweep, kept[0], 'energy_pj', `least energy, ${kept[1]}`) : null,
    sweep.qualities.length ? bestCard(sweep, kept[0], 'cycles', `fewest cycles, ${kept[1]}`) :
                             bestCard(sweep, sweep.done, 'cycles', 'fewest cycles'),
  ].filter(Boolean);
  return el('div', {class: 'cards'}, list.map(card));
}

function showSweep(data) {
  const sweep = sweepOf(data);
  let left = sweep.done, ready = false, table = null;
  const shown = () => left;
  heading(
      'Sweep of simulations of neural networks on accelerators', `Sweep ${data.name}`,
      `${count(sweep.points.length)} points over ${sweep.axes.join(', ')}${
          (data.sweep.sweep || {}).note ? `. ${data.sweep.sweep.note}` : ''}`);
  const part = el('section', {id: 'answer'});
  document.getElementById('content').append(part);
  part.append(sweepCards(sweep));
  if (data.sweep.points.left > 0)
    part.append(
        el('p', {class: 'note'},
           `${
               count(data.sweep.points
                         .left)} points are not done yet; the same 'deltasim sweep' command goes on with them.`));
  part.append(filterBar(sweep, (points) => {
    left = points;
    if (!ready) return;
    redrawAll();
    table.show(points);
  }));
  if (sweep.done.length) {
    gainsSection(sweep, shown);
    tradeOffSection(sweep, shown);
    axesSection(sweep, shown);
  }
  table = pointsSection(sweep);
  sweepFacts(sweep);
  ready = true;
}
