// A figure: title, one sentence that says how to read it, controls, the picture, its files. All figures are drawn anew
// when the colours change.

const figures = [];

function selectControl(control, state, redraw) {
  if (control.options === undefined) {
    const box =
        el('input', {type: 'checkbox', checked: control.value, onchange: () => redraw(control.name, box.checked)});
    return el('label', {class: 'control'}, box, ` ${control.label}`);
  }
  const select = el('select', {onchange: () => redraw(control.name, select.value)});
  for (const option of control.options) {
    const [value, text] = Array.isArray(option) ? option : [option, words(option)];
    select.append(el('option', {value, selected: value === state[control.name]}, text));
  }
  return el('label', {class: 'control'}, `${control.label} `, select);
}

/**
 * options: title; says: the sentence; controls: [{name, label, value, options}], a check box without options;
 * height(state): pixels; draw(host, colours, state): fills the host, may return what frees it; csv(state): rows.
 */
function figure(parent, options) {
  const state = {};
  for (const control of options.controls || []) state[control.name] = control.value;
  const host = el('div', {class: 'plot'});
  let free = null;

  function draw() {
    if (free) free();
    free = null;
    host.replaceChildren();
    const height = typeof options.height === 'function' ? options.height(state) : options.height;
    host.style.height = height ? `${height}px` : '';
    free = options.draw(host, theme(), state) || null;
    const picture = host.querySelector('canvas, svg');
    if (picture) picture.setAttribute('aria-label', `${options.title}. ${options.says}`);
  }

  const button = (text, what, action) => el('button', {type: 'button', title: what, onclick: action}, text);
  const files = el(
      'span', {class: 'files'}, button('PNG', 'This figure as a picture', () => downloadPng(host, options.title)),
      button(
          'CSV', 'The numbers of this figure',
          () => download(fileName(options.title, 'csv'), new Blob([csvText(options.csv(state))], {type: 'text/csv'}))));
  const controls = (options.controls || []).map((control) => selectControl(control, state, (name, value) => {
                                                  state[name] = value;
                                                  draw();
                                                }));
  parent.append(
      el('figure', {id: options.id}, files, el('h3', {}, options.title), el('figcaption', {}, options.says),
         controls.length ? el('div', {class: 'bar'}, controls) : null, host));
  draw();
  figures.push({draw, state, options});
}

function redrawAll() {
  for (const each of figures) each.draw();
}

darkMode.addEventListener('change', redrawAll);
window.addEventListener('beforeprint', () => {
  printing = true;
  document.documentElement.classList.add('printing');
  redrawAll();
});
window.addEventListener('afterprint', () => {
  printing = false;
  document.documentElement.classList.remove('printing');
  redrawAll();
});
