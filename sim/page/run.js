// The page of one run.

function showRun(run) {
  const {report} = run;
  heading(
      `Simulation of a neural network on an accelerator · ${run.name}`,
      `${report.workload.network.name} on ${chipText(report)}`, workloadText(report));
  answer(run);
  tuneSection(run.tune);
  energySection(report);
  cyclesSection(report);
  layersSection(report);
  framesSection(run);
  meshSection(report);
  trustSection(report);
  configurationSection(run);
}
