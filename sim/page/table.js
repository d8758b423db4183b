// Tables that a click, or Enter, on a heading sorts. Long ones show a part at a time.

const ROWS_AT_ONCE = 100;

function compareCells(a, b) {
  if (isNumber(a) && isNumber(b)) return a - b;
  if (isNumber(a) !== isNumber(b)) return isNumber(a) ? -1 : 1;  // what is missing comes last
  return String(a ?? '').localeCompare(String(b ?? ''), undefined, {numeric: true});
}

/**
 * columns: [{title, says, value(row), text(row), cell(row): element, bar(row): 0..1}]; by `value` it sorts.
 * foot: a row that stays below. Returns the element; its `show(rows)` replaces the rows.
 */
function sortableTable(columns, rows, foot) {
  let shown = rows.slice(), sorted = null, falling = false, most = ROWS_AT_ONCE;
  const body = el('tbody', {});
  const more = el('button', {
    type: 'button',
    class: 'more',
    onclick: () => {
      most += 10 * ROWS_AT_ONCE;
      draw();
    }
  });
  const numeric = columns.map((column) => rows.some((row) => isNumber(column.value(row))));

  const cellOf = (column, row, i) => {
    const inside = column.cell ? column.cell(row) : column.text ? column.text(row) : column.value(row);
    const cell =
        el('td', {class: numeric[i] ? 'number' : null}, inside === null || inside === undefined ? '–' : inside);
    const share = column.bar ? column.bar(row) : null;
    if (share) cell.style.setProperty('--share', `${(100 * Math.min(1, Math.max(0, share))).toFixed(1)}%`);
    if (share) cell.classList.add('share');
    return cell;
  };
  const draw = () => {
    body.replaceChildren(
        ...shown.slice(0, most).map((row) => el('tr', {}, columns.map((column, i) => cellOf(column, row, i)))));
    more.hidden = shown.length <= most;
    more.textContent = `${shown.length - most} more rows`;
  };
  const headings = columns.map((column, i) => {
    const heading =
        el('th', {scope: 'col', title: column.says, class: numeric[i] ? 'number' : null, 'aria-sort': 'none'},
           el('button', {type: 'button', onclick: () => sortBy(i)}, column.title));
    return heading;
  });
  const sortBy = (i) => {
    falling = sorted === i ? !falling : numeric[i];
    sorted = i;
    headings.forEach(
        (heading, k) => heading.setAttribute(
            'aria-sort',
            k !== i     ? 'none' :
                falling ? 'descending' :
                          'ascending'));
    arrange();
  };
  const arrange = () => {
    if (sorted !== null) {
      const value = columns[sorted].value;
      shown.sort((a, b) => {
        const [x, y] = [value(a), value(b)];
        const missing = Number(x === null || x === undefined) - Number(y === null || y === undefined);
        return missing || (falling ? -1 : 1) * compareCells(x, y);
      });
    }
    draw();
  };
  draw();
  const table =
      el('div', {class: 'table'},
         el('table', {}, el('thead', {}, el('tr', {}, headings)), body,
            foot &&
                el('tfoot', {},
                   el('tr', {}, foot.map((text, i) => el('td', {class: numeric[i] ? 'number' : null}, text))))),
         more);
  table.show = (next) => {
    shown = next.slice();
    most = ROWS_AT_ONCE;
    arrange();
  };
  return table;
}

function csvButton(title, rows) {
  return el(
      'button', {
        type: 'button',
        title: 'This table as CSV',
        onclick: () => download(fileName(title, 'csv'), new Blob([csvText(rows())], {type: 'text/csv'}))
      },
      'CSV');
}

/** A table with its title and sentence, like a figure. */
function tableFigure(parent, {id, title, says, columns, rows, foot}) {
  const table = sortableTable(columns, rows, foot);
  const file = () => [columns.map((c) => c.title), ...rows.map((row) => columns.map((c) => c.value(row)))];
  parent.append(
      el('figure', {id}, el('span', {class: 'files'}, csvButton(title, file)), el('h3', {}, title),
         el('figcaption', {}, says), table));
  return table;
}
