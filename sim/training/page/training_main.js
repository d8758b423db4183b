// Reads the data that stand in the page, and shows them.

function main() {
  const data = JSON.parse(document.getElementById('data').textContent);
  document.body.append(tip);
  document.getElementById('tool').textContent =
      `Made by ${data.tool.name} ${data.tool.version}. This page contains all that it shows and loads nothing.`;
  if (data.kind === 'reproduction')
    showReproduction(data);
  else
    showTraining(data);
  document.getElementById('contents').append(el('a', {href: '#words'}, 'Words'));
  document.documentElement.dataset.ready = 'yes';
}

main();
