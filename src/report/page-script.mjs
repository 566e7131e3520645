/**
 * Shows the value under the pointer. It reads the rows of the table below a chart and the chart's scales from
 * `data-x` and `data-y` (`type low high pixelLow pixelHigh`), so the page holds every number once. The page is
 * complete without it.
 */
for (const figure of document.querySelectorAll('figure')) {
  const points = [...figure.querySelectorAll('tr[data-x]')].map((row) => ({
    row,
    x: Number(row.dataset.x),
    y: Number(row.dataset.y),
    series: row.dataset.series,
  }));
  if (points.length === 0) continue;
  const heads = [...figure.querySelectorAll('thead th')].map((head) => head.textContent);
  for (const svg of figure.querySelectorAll('svg[data-x]')) watch(figure, svg, points, heads);
}

function watch(figure, svg, points, heads) {
  const toX = toPixels(svg.dataset.x);
  const toY = toPixels(svg.dataset.y);
  const tip = document.createElement('div');
  tip.className = 'tip';
  const ring = document.createElementNS('http://www.w3.org/2000/svg', 'circle');
  ring.setAttribute('class', 'ring');
  ring.setAttribute('r', '7');

  svg.addEventListener('pointermove', (event) => {
    const pointer = new DOMPoint(event.clientX, event.clientY).matrixTransform(
      svg.getScreenCTM().inverse(),
    );
    const distance = ({ x, y }) => Math.hypot(toX(x) - pointer.x, toY(y) - pointer.y);
    const nearest = points.reduce((a, b) => (distance(b) < distance(a) ? b : a));
    if (distance(nearest) > 40) hide();
    else show(nearest);
  });
  svg.addEventListener('pointerleave', hide);

  function show({ row, x, y, series }) {
    ring.setAttribute('cx', toX(x));
    ring.setAttribute('cy', toY(y));
    svg.append(ring);
    highlight(series);
    const [name, ...cells] = [...row.cells].map((cell) => cell.textContent);
    const title = document.createElement('b');
    title.textContent = name;
    tip.replaceChildren(title, cells.map((cell, i) => `${heads[i + 1]} ${cell}`).join(', '));
    figure.append(tip);
    place(new DOMPoint(toX(x), toY(y)).matrixTransform(svg.getScreenCTM()));
  }

  function place(point) {
    const box = figure.getBoundingClientRect();
    const left = point.x - box.left + 14;
    const fits = left + tip.offsetWidth <= box.width;
    tip.style.left = `${Math.max(0, fits ? left : left - 28 - tip.offsetWidth)}px`;
    tip.style.top = `${point.y - box.top + 12}px`;
  }

  function highlight(series) {
    svg.classList.toggle('focus', series !== null);
    for (const part of svg.querySelectorAll('[aria-label]'))
      part.classList.toggle('away', series !== null && isOther(part, series));
  }

  function hide() {
    tip.remove();
    ring.remove();
    highlight(null);
  }

  /** Axes have labels too; only parts that name a series of this chart fade. */
  function isOther(part, series) {
    const name = part.getAttribute('aria-label');
    return name !== series && points.some((point) => point.series === name);
  }
}

function toPixels(text) {
  const [type, ...numbers] = text.split(' ');
  const map = type === 'log' ? Math.log : (value) => value;
  const [low, high, from, to] = numbers.map(Number);
  return (value) => from + ((map(value) - map(low)) / (map(high) - map(low))) * (to - from);
}
