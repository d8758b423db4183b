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
/** A word beside each point: options.text(point). It moves to another corner where a word or a point is already. */
const pointNames = {
  id: 'pointNames',
  afterDatasetsDraw(chart, _, options) {
    if (!options.text) return;
    const {ctx} = chart, height = 13, placed = [];
    ctx.save();
    ctx.fillStyle = options.colour;
    ctx.font = '11.5px system-ui, sans-serif';
    ctx.textBaseline = 'middle';
    const free = ([left, y], width) => left >= 0 && left + width <= chart.width &&
        placed.every((box) => left > box.right || left + width < box.left || Math.abs(y - box.y) > height);
    chart.data.datasets.forEach((_dataset, i) => {
      for (const {x, y} of chart.getDatasetMeta(i).data) placed.push({left: x - 6, right: x + 6, y});
    });
    chart.data.datasets.forEach((dataset, i) => {
      chart.getDatasetMeta(i).data.forEach((mark, k) => {
        const text = dataset.silent ? '' : options.text(dataset.data[k].source);
        if (!text) return;
        const width = ctx.measureText(text).width, right = mark.x + 8, left = mark.x - 8 - width;
        const corners = [[right, mark.y - 10], [left, mark.y - 10], [right, mark.y + 10], [left, mark.y + 10]];
        const at = corners.find((corner) => free(corner, width)) ?? corners[0];
        placed.push({left: at[0], right: at[0] + width, y: at[1]});
        ctx.fillText(text, ...at);
      });
    });
    ctx.restore();
  },
};
Chart.register(whiskers, pointNames);
