// Figures as files: PNG with title and background, CSV with the numbers unrounded.

function csvText(rows) {
  const cell = (value) => {
    const text = value === null || value === undefined ? '' : String(value);
    return /[",\r\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
  };
  return rows.map((row) => row.map(cell).join(',') + '\n').join('');
}

function download(name, blob) {
  const url = URL.createObjectURL(blob);
  const link = el('a', {href: url, download: name});
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}

function fileName(title, type) {
  const stem = `${document.title} ${title}`.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '');
  return `${stem}.${type}`;
}

/** The picture with its title above it, twice as large as on screen. */
async function pngOf(picture, width, height, title) {
  const colours = theme();
  const scale = 2, head = 34, margin = 12;
  const canvas = el('canvas', {width: (width + 2 * margin) * scale, height: (height + head + margin) * scale});
  const context = canvas.getContext('2d');
  context.scale(scale, scale);
  context.fillStyle = colours.surface;
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.fillStyle = colours.text;
  context.font = '600 15px system-ui, sans-serif';
  context.fillText(title, margin, 23);
  context.drawImage(picture, margin, head, width, height);
  return new Promise((done) => canvas.toBlob(done, 'image/png'));
}

async function imageOf(drawing) {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(new XMLSerializer().serializeToString(drawing))}`;
  await image.decode();
  return image;
}

async function downloadPng(host, title) {
  const canvas = host.querySelector('canvas'), drawing = host.querySelector('svg');
  const box = (canvas || drawing).getBoundingClientRect();
  const picture = canvas || (await imageOf(drawing));
  download(fileName(title, 'png'), await pngOf(picture, box.width, box.height, title));
}
