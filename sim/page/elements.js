// The document. Text goes in as text nodes, never as markup: names come from files of others.

const SVG = 'http://www.w3.org/2000/svg';

function fillElement(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith('on'))
      element.addEventListener(name.slice(2), value);
    else
      element.setAttribute(name, value === true ? '' : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return element;
}

function el(tag, attributes, ...children) {
  return fillElement(document.createElement(tag), attributes, children);
}

function svg(tag, attributes, ...children) {
  return fillElement(document.createElementNS(SVG, tag), attributes, children);
}

/** A part of the page with its entry in the table of contents. */
function section(id, title, ...children) {
  const part = el('section', {id}, el('h2', {}, title), ...children);
  document.getElementById('content').append(part);
  document.getElementById('contents').append(el('a', {href: `#${id}`}, title));
  return part;
}

/** The head of the page. */
function heading(kind, title, subtitle) {
  document.getElementById('kind').textContent = kind;
  document.getElementById('title').textContent = title;
  document.getElementById('subtitle').textContent = subtitle;
  document.title = title;
}

/** Side by side where the window is wide enough. */
function pair(part) {
  const row = el('div', {class: 'pair'});
  part.append(row);
  return row;
}

function details(summary, ...children) {
  return el('details', {}, el('summary', {}, summary), ...children);
}

/** A short name for a key: what it is and its value. */
function facts(pairs) {
  return el(
      'dl', {class: 'facts'}, pairs.filter((p) => p).map(([name, value]) => [el('dt', {}, name), el('dd', {}, value)]));
}

/** Names of layers can be long: the middle goes. */
function shorten(name, most = 18) {
  if (name.length <= most) return name;
  const head = Math.ceil((most - 1) / 2);
  return `${name.slice(0, head)}…${name.slice(name.length - (most - 1 - head))}`;
}
