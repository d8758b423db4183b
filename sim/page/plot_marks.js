// What the chart library does not draw by itself.

/** Draws "low to high" over bars, and a text behind them: options.whiskers = [{low, high, text} or null]. */
const whiskers = {
  id: 'whiskers',
  afterDatasetsDraw(chart, _, options) {
    if (!options.marks) return;
    const {ctx, scales} = chart;
    const across = chart.options.indexAxis === 'y';
    const along = across ? scales.x : scales.y, other = across ? scales.y : scales.x;
    ctx.save();
    ctx.strokeStyle = ctx.fillStyle = options.colour;
    ctx.lineWidth = 1.5;
    ctx.font = '600 12px system-ui, sans-serif';
    ctx.textBaseline = across ? 'middle' : 'bottom';
    ctx.textAlign = across ? 'left' : 'center';
    options.marks.forEach((mark, i) => {
      if (!mark) return;
      const at = other.getPixelForValue(i), cap = 5;
      const [low, high] = [along.getPixelForValue(mark.low), along.getPixelForValue(mark.high)];
      const point = (a, b) => (across ? [a, b] : [b, a]);
      ctx.beginPath();
      for (const [from, to] of [
               [[low, at], [high, at]], [[low, at - cap], [low, at + cap]], [[high, at - cap], [high, at + cap]]]) {
        ctx.moveTo(...point(...from));
        ctx.lineTo(...point(...to));
      }
      if (mark.high > mark.low) ctx.stroke();
      if (mark.text)
        ctx.fillText(mark.text, ...(across ? [Math.max(low, high) + 9, at] : [at, Math.min(low, high) - 4]));
    });
    ctx.restore();
  },
};
/** A word beside each point: options.text(point). */
const pointNames = {
  id: 'pointNames',
  afterDatasetsDraw(chart, _, options) {
    if (!options.text) return;
    const {ctx} = chart;
    ctx.save();
    ctx.fillStyle = options.colour;
    ctx.font = '11.5px system-ui, sans-serif';
    chart.data.datasets.forEach((dataset, i) => {
      chart.getDatasetMeta(i).data.forEach((mark, k) => {
        const text = dataset.silent ? '' : options.text(dataset.data[k].source);
        const left = mark.x + 8 + ctx.measureText(text).width > chart.width;  // no room on its right
        ctx.textAlign = left ? 'right' : 'left';
        if (text) ctx.fillText(text, mark.x + (left ? -8 : 8), mark.y - 6);
      });
    });
    ctx.restore();
  },
};
Chart.register(whiskers, pointNames);
