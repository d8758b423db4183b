// What the pointer, or the keyboard's focus, rests on in a drawing: the chart library has tips of its own.

const tip = el('div', {class: 'tip', role: 'status', hidden: true});

function showTip(lines, x, y) {
  tip.replaceChildren(...lines.map((line, i) => el('div', {class: i === 0 ? 'tip-title' : null}, line)));
  tip.hidden = false;
  const {width, height} = tip.getBoundingClientRect();
  tip.style.left = `${Math.max(4, Math.min(x + 14, document.documentElement.clientWidth - width - 8))}px`;
  tip.style.top = `${y + 14 + height > window.innerHeight ? y - height - 10 : y + 14}px`;
}

function hideTip() {
  tip.hidden = true;
}

/** Lines of text, or what returns them when they are wanted. */
function addTip(element, lines) {
  const wanted = () => (typeof lines === 'function' ? lines() : lines);
  element.addEventListener('pointermove', (event) => showTip(wanted(), event.clientX, event.clientY));
  element.addEventListener('pointerleave', hideTip);
  element.addEventListener('focus', () => {
    const box = element.getBoundingClientRect();
    showTip(wanted(), box.right - 10, box.bottom - 10);
  });
  element.addEventListener('blur', hideTip);
  return element;
}
