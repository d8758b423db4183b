// The answer first: what the judged execution gains over dense execution, in big letters, and what that rests on.

const MACHINE = ['dense', 'spatial', 'delta'];

function executionNames(report) {
  return Object.keys(report.executions);
}

/** The one that a run is about: the last of dense, spatial, delta. */
function judgedName(report) {
  const names = executionNames(report);
  return MACHINE.filter((name) => names.includes(name)).pop() || names[names.length - 1];
}

/** What it is compared with: dense execution on the same machine, else the best that there is. */
function baseName(report, judged) {
  return ['dense', 'spatial', 'systolic'].find((name) => name !== judged && report.comparison[`${judged}_vs_${name}`]);
}

function chipText(report) {
  if (executionNames(report).every((name) => name === 'systolic')) {
    const array = report.executions.systolic.array;
    return `systolic array of ${array.rows} × ${array.columns}, ${words(array.dataflow)}`;
  }
  const chip = report.config.hardware;
  return `${chip.noc.columns} × ${chip.noc.rows} cores of ${chip.core.lanes} lanes, ${chip.node_nm} nm, ${
      si(chip.clock_mhz * 1e6, 'Hz')}`;
}

function workloadText(report) {
  const w = report.workload;
  const rate = w.frame_rate > 0 ? `, ${plain(w.frame_rate)} frames/s${w.frame_rate_assumed ? ' (assumed)' : ''}` : '';
  return `${w.frames} frame${w.frames === 1 ? '' : 's'}${w.input ? ` of ${w.input}` : ''}${rate}`;
}

/** A gain, or what it is where it is none: {big, what, good}. */
function gain(ratio, better, worse) {
  if (!isNumber(ratio) || ratio === 0) return {big: '–', what: better, good: true};
  if (Math.abs(ratio - 1) < 0.005)
    return {
      big: '1.0×',
      what: `the same ${better.replace(/^(fewer|less) /, '')}`.replace('faster', 'speed'),
      good: true
    };
  return ratio > 1 ? {big: times(ratio), what: better, good: true} : {big: times(1 / ratio), what: worse, good: false};
}

function gainRange(compared) {
  const {energy: e, energy_low: low, energy_high: high} = compared;
  if (!isNumber(low) || !isNumber(high)) return '';
  const bounds = e < 1 ? [1 / high, 1 / low] : [low, high];
  return `${plain(bounds[0])}–${plain(bounds[1])}×`;
}

/** At what loss, in a few words and in figures. */
function qualityText(report) {
  const q = report.quality;
  if (!q || !q.to_dense) return null;
  const d = q.to_dense;
  const exact = d.relative_l2 === 0 || (d.relative_l2 === null && d.sqnr_db === null);
  const top = isNumber(d.top1_agreement) ? percent(d.top1_agreement) : null;
  const more = [];
  if (!exact)
    more.push(`relative L2 ${plain(d.relative_l2)}${
        isNumber(d.sqnr_db) ? `, SQNR ${plain(d.sqnr_db)} dB` : ''} to dense execution`);
  else
    more.push('outputs equal those of dense execution, bit for bit');
  if (isNumber(q.accuracy))
    more.push(
        `accuracy ${percent(q.accuracy)}${isNumber(q.accuracy_dense) ? ` (dense ${percent(q.accuracy_dense)})` : ''}`);
  const figures = {
    big: top || (exact ? 'equal' : plain(d.relative_l2)),
    what: top ? 'same first choice' :
        exact ? 'outputs' :
                'relative L2',
    small: more.join('; '),
    good: !(d.top1_agreement < 0.99)
  };
  return {
    ...figures,
    phrase: exact ? 'with equal outputs' :
        top       ? `with the same first choice in ${top} of the frames` :
                    `at a relative L2 distance of ${plain(d.relative_l2)}`
  };
}

function card({big, what, small, good}) {
  return el(
      'div', {class: 'card'},
      el('div',
         {class: `big ${
              good === false ? 'bad' :
                  good       ? 'good' :
                               ''}`},
         big),
      el('div', {class: 'what'}, what), el('div', {class: 'small'}, small));
}

/** Energy of a mean frame in joules, or null where no table was given. */
function frameEnergy(execution, frames) {
  return execution.energy_pj ? (execution.energy_pj.total * 1e-12) / frames : null;
}

function answerCards(report, judged, base, compared) {
  const [j, b] = [report.executions[judged], report.executions[base]];
  const n = report.workload.frames;
  const per = (value, of) => `${value} a frame instead of ${of}`;
  const macs = gain(compared.macs, 'fewer MACs', 'more MACs');
  const speed = gain(compared.cycles, 'faster', 'slower');
  const energy = gain(compared.energy, 'less energy', 'more energy');
  const quality = qualityText(report);
  const list = [
    {...macs, small: per(si(j.macs / n), si(b.macs / n))},
    {
      ...speed,
      small: `${per(`${si(j.cycles / n)} cycles`, si(b.cycles / n))}; up to ${si(j.frames_per_second)} frames/s`
    },
  ];
  if (j.energy_pj && b.energy_pj)
    list.push({
      ...energy,
      small: `range ${gainRange(compared)}; ${per(si(frameEnergy(j, n), 'J'), si(frameEnergy(b, n), 'J'))}`
    });
  if (quality) list.push(quality);
  return {list, macs, speed, energy, quality};
}

/** What full input queues have dropped: such an execution computes from what is left. */
function lossNotes(report) {
  return executionNames(report)
      .filter((name) => report.executions[name].lost_events > 0)
      .map(
          (name) => `${name} lost ${
              si(report.executions[name].lost_events)} events at full input queues: it computed from what was left`);
}

/** Where there is nothing to compare with: the figures themselves. */
function plainCards(report, name) {
  const e = report.executions[name], n = report.workload.frames;
  const list = [
    {
      big: si(e.macs / n),
      what: 'MACs per frame',
      small: `${si(sum(report.workload.layers.map((l) => l.weights)))} weights`
    },
    {
      big: si(e.seconds / n, 's'),
      what: 'time per frame',
      small: `${si(e.cycles / n)} cycles; up to ${si(e.frames_per_second)} frames/s`
    }
  ];
  if (e.energy_pj)
    list.push({
      big: si(frameEnergy(e, n), 'J'),
      what: 'energy per frame',
      small: `range ${range((e.energy_pj.low * 1e-12) / n, (e.energy_pj.high * 1e-12) / n, 'J')}`
    });
  if (isNumber(e.utilisation))
    list.push({big: percent(e.utilisation), what: 'utilisation', small: 'MACs done of those that the array could do'});
  return list;
}

function answer(run) {
  const report = run.report;
  const judged = judgedName(report), base = baseName(report, judged);
  const part = el('section', {id: 'answer'});
  document.getElementById('content').append(part);
  if (base) {
    const compared = report.comparison[`${judged}_vs_${base}`];
    const {list, macs, speed, energy, quality} = answerCards(report, judged, base, compared);
    const bold = (g, more = '') => el('b', {class: g.good ? null : 'bad'}, `${g.big} ${g.what}${more}`);
    const withEnergy = report.executions[judged].energy_pj && report.executions[base].energy_pj;
    part.append(
        el('p', {class: 'answer'}, `${judged[0].toUpperCase()}${judged.slice(1)} execution: `, bold(macs), ', ',
           bold(speed), withEnergy ? [', ', bold(energy, ` (${gainRange(compared)})`)] : null,
           ` than ${base} execution`,
           quality ? [', ', quality.good ? quality.phrase : el('b', {class: 'bad'}, quality.phrase)] : null, '.'),
        el('div', {class: 'cards'}, list.map(card)));
  } else {
    part.append(el('div', {class: 'cards'}, plainCards(report, judged).map(card)));
  }
  for (const note of [...lossNotes(report), ...report.notes]) part.append(el('p', {class: 'note'}, note));
  part.append(executionsTable(report));
}

function executionsTable(report) {
  const n = report.workload.frames;
  const clock = (name, e) => (e.cycles ? e.seconds / e.cycles : 0);
  const rows = executionNames(report).map((name) => ({name, e: report.executions[name]}));
  const rate = report.workload.frame_rate;
  const columns = [
    {title: 'execution', value: (r) => r.name},
    {title: 'MACs per frame', value: (r) => r.e.macs / n, text: (r) => si(r.e.macs / n)},
    {
      title: 'events per frame',
      value: (r) => (isNumber(r.e.events) ? r.e.events / n : null),
      text: (r) => (isNumber(r.e.events) ? si(r.e.events / n) : '–')
    },
    {title: 'cycles per frame', value: (r) => r.e.cycles / n, text: (r) => si(r.e.cycles / n)},
    {
      title: 'latency',
      says: 'mean over the frames',
      value: (r) => r.e.latency_cycles * clock(r.name, r.e),
      text: (r) => si(r.e.latency_cycles * clock(r.name, r.e), 's')
    },
    {title: 'frames/s possible', value: (r) => r.e.frames_per_second, text: (r) => si(r.e.frames_per_second)},
    {title: 'energy per frame', value: (r) => frameEnergy(r.e, n), text: (r) => si(frameEnergy(r.e, n), 'J')},
    {
      title: 'range',
      says: '5th to 95th percentile',
      value: (r) => (r.e.energy_pj ? r.e.energy_pj.high : null),
      text: (r) => (r.e.energy_pj ? range((r.e.energy_pj.low * 1e-12) / n, (r.e.energy_pj.high * 1e-12) / n, 'J') : '–')
    },
    {
      title: rate > 0 ? `power at ${plain(rate)} frames/s` : 'power',
      says: 'at the input\'s frame rate, leakage while waiting included',
      value: (r) => r.e.power_at_frame_rate_w ?? null,
      text: (r) =>
          (isNumber(r.e.power_at_frame_rate_w) ? si(r.e.power_at_frame_rate_w, 'W') :
               rate > 0                        ? 'too slow' :
                                                 '–')
    },
  ].filter((column) => rows.some((row) => column.value(row) !== null));
  return sortableTable(columns, rows);
}
