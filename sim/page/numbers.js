// Numbers as people read them: three significant digits and an SI prefix.

const PREFIXES =
    [[1e12, 'T'], [1e9, 'G'], [1e6, 'M'], [1e3, 'k'], [1, ''], [1e-3, 'm'], [1e-6, 'µ'], [1e-9, 'n'], [1e-12, 'p']];

function isNumber(value) {
  return typeof value === 'number' && Number.isFinite(value);
}

/** The prefix that puts `largest` between 1 and 1000: {factor, prefix}. */
function prefixFor(largest) {
  const size = Math.abs(largest);
  for (const [factor, prefix] of PREFIXES)
    if (size >= factor * 0.9995) return {factor, prefix};
  return size > 0 ? {factor: 1e-12, prefix: 'p'} : {factor: 1, prefix: ''};
}

/** Significant digits without an exponent: 0.0191, 8.61, 129. */
function plain(value, significant = 3) {
  if (!isNumber(value)) return '–';
  if (Number.isInteger(value) && Math.abs(value) < 1000) return String(value);
  const size = Math.floor(Math.log10(Math.abs(value)));
  if (size >= 7 || size < -5) return value.toExponential(significant - 1).replace('e+', 'e');
  return value.toFixed(Math.min(12, Math.max(0, significant - 1 - size)));
}

/** Without zeros behind the point: what somebody has set, not measured. */
function trimmed(value, significant = 4) {
  return plain(value, significant).replace(/(\.\d*?)0+($|e)/, '$1$2').replace(/\.($|e)/, '$1');
}

const NO_BREAK = '\u00a0';  // a number and its unit stay on one line

/** 8.61e-6, "J" -> "8.61 µJ". */
function si(value, unit = '') {
  if (!isNumber(value)) return '–';
  const {factor, prefix} = prefixFor(value);
  return value === 0 ? `0${NO_BREAK}${unit}`.trim() : `${plain(value / factor)}${NO_BREAK}${prefix}${unit}`.trim();
}

/** Integers stay exact up to four digits: "768 B", "5.23 M". */
function count(value) {
  return isNumber(value) && Math.abs(value) < 10000 && Number.isInteger(value) ? String(value) : si(value);
}

function range(low, high, unit = '') {
  if (!isNumber(low) || !isNumber(high)) return '';
  const {factor, prefix} = prefixFor(high);
  return `${plain(low / factor)}–${plain(high / factor)}${NO_BREAK}${prefix}${unit}`.trim();
}

/** Two digits suffice to speak of a ratio, three below two. */
function times(ratio) {
  if (!isNumber(ratio)) return '–';
  return `${plain(ratio, ratio < 2 ? 3 : 2)}×`;
}

function percent(share, significant = 3) {
  if (!isNumber(share)) return '–';
  return `${share === 1 ? 100 : plain(100 * share, significant)}${NO_BREAK}%`;
}

/** "weight_memory" -> "weight memory". */
function words(name) {
  return String(name).replace(/_/g, ' ');
}

function sum(values) {
  return values.reduce((total, value) => total + (isNumber(value) ? value : 0), 0);
}

/** Math.max(...values) would overflow the stack on long lists. */
function largest(values) {
  return values.reduce((most, value) => (isNumber(value) && value > most ? value : most), -Infinity);
}

function smallest(values) {
  return -largest(values.map((value) => (isNumber(value) ? -value : -Infinity)));
}

function unique(values) {
  return [...new Set(values)];
}

/** Names in order of first mention over several lists. */
function union(lists) {
  return unique(lists.flat());
}
