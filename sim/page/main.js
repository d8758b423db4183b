// Reads the data that stand in the page, and shows them.

function main() {
  const data = JSON.parse(document.getElementById('data').textContent);
  document.body.append(tip);
  const tool = data.kind === 'sweep' ? data.sweep.tool : data.runs[0].report.tool;
  document.getElementById('tool').textContent = `Made by deltasim ${
      tool && tool.version ? tool.version : ''}. This page contains all that it shows and loads nothing.`;
  if (data.kind === 'sweep')
    showSweep(data);
  else if (data.kind === 'runs')
    showRuns(data.runs);
  else
    showRun(data.runs[0]);
  document.getElementById('contents').append(el('a', {href: '#words'}, 'Words'));
  document.documentElement.dataset.ready = 'yes';
}

main();
