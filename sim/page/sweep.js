function showRuns(runs) { runs.forEach(showRun); }
function showSweep(data) {}
