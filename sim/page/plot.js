// Bars and lines by Chart.js, all with the same fonts, grids and tips.

Chart.defaults.animation = false;  // a picture to read, not a show; and print needs it at once
Chart.defaults.font.family = 'system-ui, sans-serif';
Chart.defaults.font.size = 12;
Chart.defaults.maintainAspectRatio = false;

const BAR = {
  categoryPercentage: 0.82,
  barPercentage: 0.92
};

function axis(colours, title, more = {}) {
  return {
    title: {display: Boolean(title), text: title, color: colours.muted},
    ticks: {color: colours.text, ...(more.ticks || {})},
    grid: {color: more.noGrid ? 'transparent' : colours.grid, borderColor: colours.grid, tickColor: colours.grid},
    ...Object.fromEntries(Object.entries(more).filter(([key]) => key !== 'ticks' && key !== 'noGrid')),
  };
}

/** 1, 2, 5 of each power of ten; of many powers 1 alone. */
function logTicks(scale) {
  const [low, high] = [Math.floor(Math.log10(scale.min)), Math.ceil(Math.log10(scale.max))];
  const steps = high - low > 3 ? [1] : [1, 2, 5];
  const all = Array.from({length: high - low + 1}, (_, i) => steps.map((step) => step * 10 ** (low + i))).flat();
  scale.ticks = all.filter((value) => value >= scale.min && value <= scale.max).map((value) => ({value}));
}

/** Around the values, not from one power of ten to another. */
function logBounds(values) {
  const known = values.filter((value) => value > 0);
  return known.length ? {min: smallest(known) / 1.15, max: largest(known) * 1.15} : {};
}

/** Plain numbers on axes. */
function numberAxis(colours, title, more = {}) {
  const log = more.type === 'logarithmic';
  return axis(colours, title, {
    beginAtZero: !log,
    ...(log ? {afterBuildTicks: logTicks} : {}),
    ...more,
    ticks: {callback: (value) => trimmed(value, 3), includeBounds: false, maxTicksLimit: 9, ...(more.ticks || {})}
  });
}

function legend(colours, shown = true) {
  return {
    display: shown,
    position: 'top',
    align: 'start',
    labels: {color: colours.text, boxWidth: 14, boxHeight: 12, padding: 10}
  };
}

/** Puts a chart into the host; returns what frees it. */
function putChart(host, colours, config) {
  const canvas = el('canvas', {role: 'img'});
  host.append(canvas);
  config.options.devicePixelRatio = colours.printing ? 3 : Math.max(2, window.devicePixelRatio || 1);
  const chart = new Chart(canvas, config);
  host.chart = chart;
  return () => {
    host.chart = null;
    chart.destroy();
  };
}

/**
 * Bars, stacked or beside each other.
 * spec: labels; series: [{label, values, style}]; unit; title (of the value axis); across: bars lie; stacked; log;
 * marks: see whiskers; tip(series, index): extra lines.
 */
function bars(host, colours, spec) {
  const total = (i) => sum(spec.series.map((series) => series.values[i]));
  const tops =
      spec.labels.map((_, i) => (spec.stacked ? total(i) : largest(spec.series.map((series) => series.values[i]))));
  const most = largest([...tops, ...(spec.marks || []).map((mark) => (mark ? mark.high : 0))]);
  const {factor, prefix} = spec.unit === '%' ? {factor: 0.01, prefix: ''} : prefixFor(most);
  const unit = prefix + (spec.unit || '');
  const value = numberAxis(colours, unit ? `${spec.title} (${unit})` : spec.title, {
    stacked: spec.stacked,
    type: spec.log ? 'logarithmic' : 'linear',
    max: spec.marks && spec.across ? (most / factor) * 1.4 : undefined,
    suggestedMax: spec.most ? spec.most / factor : undefined,
  });
  const names = axis(colours, spec.namesTitle, {
    stacked: spec.stacked,
    noGrid: true,
    ticks: {
      autoSkip: !spec.across,
      maxRotation: 60,
      callback(_, i) {
        return shorten(spec.labels[i], spec.across ? 26 : 18);
      }
    },
  });
  const text = (v) => (spec.unit === '%' ? percent(v) : si(v, spec.unit));
  return putChart(host, colours, {
    type: 'bar',
    data: {
      labels: spec.labels,
      datasets: spec.series.map((series) => ({
                                  label: series.label,
                                  data: series.values.map((v) => (isNumber(v) ? v / factor : null)),
                                  raw: series.values,
                                  backgroundColor: fill(series.style, colours),
                                  borderColor: colours.surface,
                                  borderWidth: spec.stacked ? 1 : 0,
                                  maxBarThickness: spec.stacked ? 30 : 56,
                                  ...BAR,
                                })),
    },
    options: {
      indexAxis: spec.across ? 'y' : 'x',
      scales: spec.across ? {x: value, y: names} : {x: names, y: value},
      interaction:
          {mode: spec.stacked && spec.across ? 'nearest' : 'index', axis: spec.across ? 'y' : 'x', intersect: false},
      plugins: {
        legend: legend(colours, spec.series.length > 1),
        whiskers: {
          colour: colours.text,
          marks: (spec.marks || []).map((m) => m && {...m, low: m.low / factor, high: m.high / factor}),
        },
        tooltip: {
          mode: 'index',
          filter: (item) => item.parsed[spec.across ? 'x' : 'y'] !== 0,
          callbacks: {
            title: (items) => (items.length ? spec.labels[items[0].dataIndex] : ''),
            label: (item) => {
              const v = item.dataset.raw[item.dataIndex];
              const share = spec.stacked && spec.unit !== '%' ? ` (${percent(v / total(item.dataIndex), 2)})` : '';
              return `${item.dataset.label}: ${text(v)}${share}`;
            },
            footer: (items) => (items.length && spec.tip ? spec.tip(items[0].dataIndex) : []),
          },
        },
      },
    },
  });
}

/**
 * Lines or points. spec: series: [{label, points: [{x, y, ...}], style, line: false: points alone}]; xTitle, yTitle,
 * xUnit, yUnit; xLog, yLog; yFit: y need not begin at 0; labels: names on x, then x is their index; tip(point): lines
 * below.
 */
function lines(host, colours, spec) {
  const all = spec.series.flatMap((series) => series.points);
  const scaled = (unit, key) =>
      (unit === undefined ? {factor: 1, prefix: ''} :
           unit === '%'   ? {factor: 0.01, prefix: ''} :
                            prefixFor(largest(all.map((p) => p[key]))));
  const [sx, sy] = [scaled(spec.xUnit, 'x'), scaled(spec.yUnit, 'y')];
  const titled = (title, unit, s) =>
      (unit === undefined || s.prefix + unit === '' ? title : `${title} (${s.prefix}${unit})`);
  const text = (v, unit) => (unit === undefined ? plain(v, 4) : unit === '%' ? percent(v) : si(v, unit));
  const xAxis = spec.labels ?
      axis(colours, spec.xTitle, {
        type: 'linear',
        min: -0.3,
        max: spec.labels.length - 0.7,
        noGrid: true,
        afterBuildTicks: labelTicks(spec.labels),
        ticks:
            {maxRotation: 60, autoSkip: spec.labels.length > 45, callback: (v) => shorten(String(spec.labels[v] ?? ''))}
      }) :
      numberAxis(
          colours, titled(spec.xTitle, spec.xUnit, sx),
          {type: spec.xLog ? 'logarithmic' : 'linear', beginAtZero: false, ...valueTicks(spec)});
  const many = all.length > 600;
  return putChart(host, colours, {
    type: 'scatter',
    data: {
      datasets: spec.series.map((series) => ({
                                  label: series.label,
                                  data: series.points.map((p) => ({
                                                            ...p,
                                                            source: p,
                                                            x: p.x === null ? NaN : p.x / sx.factor,
                                                            y: p.y === null ? NaN : p.y / sy.factor
                                                          })),
                                  showLine: series.line !== false,
                                  silent: series.silent,
                                  borderColor: many && series.line === false ? 'transparent' : series.style.colour,
                                  pointBorderColor: series.style.outlined && !many ? colours.text : undefined,
                                  pointBorderWidth: series.style.outlined ? 1 : undefined,
                                  borderWidth: series.width || 2,
                                  borderDash: series.style.dash,
                                  stepped: series.stepped,
                                  pointStyle: series.style.marker,
                                  order: series.order,
                                  backgroundColor: series.hollow    ? colours.surface :
                                      many && series.line === false ? `${series.style.colour}80` :
                                                                      series.style.colour,
                                  pointRadius: series.radius ??
                                      (many                          ? 2 :
                                           series.points.length > 80 ? 0 :
                                                                       4),
                                  pointHoverRadius: 6,
                                  pointHitRadius: 6,
                                })),
    },
    options: {
      scales: {
        x: xAxis,
        y: numberAxis(colours, titled(spec.yTitle, spec.yUnit, sy), {
          type: spec.yLog ? 'logarithmic' : 'linear',
          beginAtZero: !spec.yLog && !spec.yFit,
          ...(spec.yLog ? logBounds(all.map((p) => p.y / sy.factor)) : {}),
          suggestedMax: spec.yMost
        })
      },
      interaction:
          {mode: spec.onePoint ? 'nearest' : 'x', axis: spec.onePoint ? 'xy' : 'x', intersect: Boolean(spec.onePoint)},
      plugins: {
        legend: {
          ...legend(colours, spec.series.length > 1),
          labels: {
            ...legend(colours).labels,
            usePointStyle: true,
            boxWidth: 8,
            boxHeight: 7,
          }
        },
        pointNames: {text: spec.mark, colour: colours.muted},
        tooltip: {
          filter: (item) => !item.dataset.silent,
          callbacks: {
            title: (items) =>
                (items.length ? (spec.labels       ? spec.labels[items[0].raw.source.x] :
                                     spec.tipTitle ? spec.tipTitle(items[0].raw.source) :
                                                     `${spec.xTitle} ${text(items[0].raw.source.x, spec.xUnit)}`) :
                                ''),
            label: (item) => `${item.dataset.label}: ${text(item.raw.source.y, spec.yUnit)}`,
            footer: (items) => (items.length && spec.tip ? spec.tip(items[0].raw.source) : []),
          },
        },
      },
    },
  });
}

/** Few values of a setting: a tick for each, and room beside the first and the last. */
function valueTicks({xValues, xLog}) {
  if (!xValues || xValues.length > 14 || xValues.length < 2) return {};
  const [low, high] = [xValues[0], xValues[xValues.length - 1]];
  const [min, max] = xLog ? [low / (high / low) ** 0.03, high * (high / low) ** 0.03] :
                            [low - (high - low) * 0.03, high + (high - low) * 0.03];
  return {
    min,
    max,
    afterBuildTicks: (scale) => {
      scale.ticks = xValues.map((value) => ({value}));
    },
    ticks: {callback: (v) => trimmed(v), includeBounds: false, autoSkip: true}
  };
}

/** A tick for every name, which a linear axis would not give. */
function labelTicks(labels) {
  return (scale) => {
    scale.ticks = labels.map((_, value) => ({value}));
  };
}
