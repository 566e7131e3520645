/** Figures as HTML: both drawings, the caption and the table of the numbers. */
import { breakable, html, Html } from './html.ts';
import type { Figure, FigureRow } from './figures/figure.ts';

/** A section with its figures, two abreast where the window is wide. */
export function figuresSection(id: string, title: string, figures: readonly Figure[]): Html {
  return html`<section aria-labelledby="${id}-heading">
    <h2 id="${id}-heading">${title}</h2>
    <div class="figures">${figures.map(figureHtml)}</div>
  </section>`;
}

function figureHtml(figure: Figure): Html {
  const { id, title, caption, drawings, key } = figure;
  if (drawings === null)
    return html`<figure id="${id}">
      <h3 id="${id}-title">${title}</h3>
      <p class="missing">${figure.missing}</p>
    </figure>`;
  return html`<figure id="${id}">
    <h3 id="${id}-title">${title}</h3>
    ${
      key.length === 0
        ? null
        : html`<ul class="key">
            ${key.map(({ name, color }) => html`<li><i style="background:${color}"></i>${name}</li>`)}
          </ul>`
    }
    <div class="wide">${new Html(drawings.wide)}</div>
    <div class="narrow">${new Html(drawings.narrow)}</div>
    <figcaption>${caption}</figcaption>
    ${numbersTable(figure)}
  </figure>`;
}

function numbersTable({ title, table }: Figure): Html {
  return html`<details>
    <summary>The numbers</summary>
    <div class="scroll" tabindex="0" role="region" aria-label="Numbers: ${title}">
      <table>
        <thead>
          <tr>
            ${table.heads.map((head) => html`<th scope="col">${head}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${table.rows.map(tableRow)}
        </tbody>
      </table>
    </div>
  </details>`;
}

function tableRow({ cells: [codec = '', ...cells], point }: FigureRow): Html {
  const data =
    point === undefined
      ? null
      : html` data-x="${Number(point.x.toPrecision(6))}" data-y="${Number(point.y.toPrecision(6))}"
        data-series="${point.series}"`;
  return html`<tr${data}><th scope="row" class="codec">${breakable(codec)}</th>${cells.map((cell) => html`<td>${cell}</td>`)}</tr>`;
}
