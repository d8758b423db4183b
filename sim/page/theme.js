// Colours. Okabe and Ito's palette can be told apart by colour-blind readers; where a figure has more series than it
// has colours, hatching tells them apart, and lines differ in marker and dash as well.

const PALETTE = ['#0072B2', '#E69F00', '#009E73', '#CC79A7', '#56B4E9', '#D55E00', '#F0E442', '#8C8C8C'];
const MARKERS = ['circle', 'rect', 'triangle', 'rectRot', 'crossRot', 'star', 'rectRounded', 'cross'];
const DASHES = [[], [6, 3], [2, 2], [8, 3, 2, 3]];

const EXECUTIONS = {
  dense: {colour: PALETTE[0], marker: 'circle', dash: []},
  spatial: {colour: PALETTE[1], marker: 'rect', dash: [6, 3]},
  delta: {colour: PALETTE[2], marker: 'triangle', dash: []},
  systolic: {colour: PALETTE[3], marker: 'rectRot', dash: [2, 2]},
};

/** The same cause has the same colour in every figure; what keeps a core from working is hatched. */
const CAUSES = {
  busy: {colour: PALETTE[2]},
  evaluate: {colour: PALETTE[4]},
  control: {colour: PALETTE[0]},
  weight_conflict: {colour: PALETTE[1], hatched: true},
  state_conflict: {colour: PALETTE[5], hatched: true},
  dram: {colour: PALETTE[3], hatched: true},
  output_full: {colour: PALETTE[6], hatched: true},
  input_empty: {colour: '#A6A6A6'},
  idle: {colour: '#D0D0D0'},
};

function executionStyle(name, index = 0) {
  return EXECUTIONS[name] || seriesStyle(index);
}

function seriesStyle(index) {
  return {
    colour: PALETTE[index % PALETTE.length],
    marker: MARKERS[index % MARKERS.length],
    dash: DASHES[Math.floor(index / PALETTE.length) % DASHES.length],
    hatched: index >= PALETTE.length,
  };
}

const darkMode = window.matchMedia('(prefers-color-scheme: dark)');
let printing = false;

/** The page's colours as the style sheet has them now; paper is always light. */
function theme() {
  const style = getComputedStyle(document.documentElement);
  const value = (name) => style.getPropertyValue(name).trim();
  return {
    dark: darkMode.matches && !printing,
    printing,
    text: value('--text'),
    muted: value('--muted'),
    grid: value('--grid'),
    surface: value('--surface'),
    empty: value('--empty'),
  };
}

/** A fill: the colour itself, or stripes of it. */
function fill(style, colours) {
  if (!style.hatched) return style.colour;
  const tile = document.createElement('canvas');
  tile.width = tile.height = 8;
  const context = tile.getContext('2d');
  context.fillStyle = style.colour;
  context.fillRect(0, 0, 8, 8);
  context.strokeStyle = colours.dark ? 'rgba(0,0,0,.65)' : 'rgba(255,255,255,.85)';
  context.lineWidth = 2;
  for (const start of [-4, 4]) {
    context.beginPath();
    context.moveTo(start - 2, 10);
    context.lineTo(start + 10, -2);
    context.stroke();
  }
  return context.createPattern(tile, 'repeat');
}

/** Cividis, sampled: a scale from blue to yellow that keeps its order in grey and to colour-blind readers. */
const SCALE =
    ['#00224e', '#123570', '#3b496c', '#575d6d', '#707173', '#8a8678', '#a59c74', '#c3b369', '#e1cc55', '#fee838'];

function parseColour(hex) {
  return [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
}

/** `share` from 0 to 1. */
function scaleColour(share) {
  const at = Math.min(1, Math.max(0, share)) * (SCALE.length - 1);
  const i = Math.min(SCALE.length - 2, Math.floor(at));
  const [a, b] = [parseColour(SCALE[i]), parseColour(SCALE[i + 1])];
  const mixed = a.map((value, k) => Math.round(value + (b[k] - value) * (at - i)));
  return `#${mixed.map((value) => value.toString(16).padStart(2, '0')).join('')}`;
}

/** Letters on a field of that colour. */
function scaleInk(share) {
  return share > 0.55 ? '#111' : '#fff';
}
