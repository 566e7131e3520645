/** The parts of the page that are text and tables. */
import type { JsonValue, Results, Run } from '../result/index.ts';
import { columnsFor, describeTarget, type Column } from './columns.ts';
import { count, formatNumber, formatSeconds, NOTHING } from './format.ts';
import { breakable, html, type Html } from './html.ts';
import { readResults } from './reading.ts';
import type { Series } from './series.ts';

/** Title, the facts in a line, and what the numbers say. */
export function header(results: Results, series: readonly Series[]): Html {
  const seeds = new Set(results.runs.map(({ seed }) => seed)).size;
  const facts = [
    `${results.model}, ${results.parameters.toLocaleString('en')} parameters`,
    `${count(results.ranks, 'rank')} over ${results.transport}${results.link === null ? '' : ` at ${results.link}`}`,
    `${count(series.length, 'codec')}, ${count(seeds, 'seed')}`,
    results.environment.startedAt.replace('T', ' ').replace(/:\d\d(\.\d+)?Z$/, ' UTC'),
  ];
  return html`<header>
      <h1>What compressing gradients costs on ${results.task}</h1>
      <p class="subtitle">${facts.join(' · ')}</p>
    </header>
    <ul class="reading" id="reading">
      ${readResults(results, series).map((sentence) => html`<li>${sentence}</li>`)}
    </ul>`;
}

/** The same columns as in the terminal, each codec with its looks in the charts. */
export function summary(results: Results, series: readonly Series[]): Html {
  const columns = columnsFor(results).slice(1);
  const target = describeTarget(results);
  return html`<section aria-labelledby="results-title">
    <h2 id="results-title">Results</h2>
    <div class="scroll" tabindex="0" role="region" aria-label="Results">
      <table class="results">
        <thead>
          ${summaryHead(columns)}
        </thead>
        <tbody>
          ${series.map(
            (one) =>
              html`<tr>
                <th scope="row" class="codec">${swatch(one)}${breakable(one.title)}</th>
                ${columns.map((column) => html`<td>${column.cell(one)}</td>`)}
                <td>${completed(one)}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
    <p class="note">
      ${target === undefined ? '' : `Target: ${target}. `}Means over complete runs, ± sample
      standard deviation over seeds.
    </p>
  </section>`;
}

/** Neighbours with the same first line share it: "to target". */
function summaryHead(columns: readonly Column[]): Html {
  const shared = (column: Column, i: number): boolean =>
    column.head[0] !== '' &&
    [columns[i - 1], columns[i + 1]].some((neighbour) => neighbour?.head[0] === column.head[0]);
  const group = columns.filter(shared);
  const [first] = group;
  const cell = (column: Column, i: number): Html | null => {
    if (!shared(column, i))
      return html`<th scope="col" rowspan="2" title="${column.meaning}">${headText(column)}</th>`;
    if (column !== first) return null;
    return html`<th scope="colgroup" colspan="${group.length}" class="group">
      ${column.head[0]}
    </th>`;
  };
  return html`<tr>
      <th scope="col" rowspan="2">codec</th>
      ${columns.map(cell)}
      <th scope="col" rowspan="2" title="complete runs of all">runs</th>
    </tr>
    <tr>
      ${group.map(({ head, meaning }) => html`<th scope="col" title="${meaning}">${head[1]}</th>`)}
    </tr>`;
}

function headText({ head: [above, below] }: Column): Html {
  if (above.endsWith('-')) return html`${above.slice(0, -1)}${below}`;
  return above === '' ? html`${below}` : html`${above}<br />${below}`;
}

function completed({ group: { runs } }: Series): Html {
  const complete = runs.filter(({ status }) => status === 'complete').length;
  const text = complete === runs.length ? String(complete) : `${complete} of ${runs.length}`;
  return complete === runs.length ? html`${text}` : html`<span class="warning">${text}</span>`;
}

function swatch({ color, dash }: Series): Html {
  return html`<svg class="swatch" viewBox="0 0 26 11" aria-hidden="true">
    <line
      x1="1"
      x2="25"
      y1="7"
      y2="7"
      stroke="${color}"
      stroke-width="2.5"
      stroke-dasharray="${dash}"
    />
  </svg>`;
}

/** Command, configuration and environment: what it takes to repeat this. */
export function setup({ environment }: Results): Html {
  const { command, configuration, ...machine } = environment;
  return html`<section aria-labelledby="setup-title">
    <h2 id="setup-title">How this was made</h2>
    <pre><code>${command}</code></pre>
    <div class="columns">
      <div>
        <h3>Configuration</h3>
        ${definitions(configuration)}
      </div>
      <div>
        <h3>Environment</h3>
        ${definitions(machine)}
      </div>
    </div>
  </section>`;
}

function definitions(entries: { readonly [name: string]: JsonValue }): Html {
  return html`<dl>
    ${Object.entries(entries).map(
      ([name, value]) =>
        html`<dt>${name}</dt>
          <dd>${plainText(value)}</dd>`,
    )}
  </dl>`;
}

function plainText(value: JsonValue): string {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.map(plainText).join(', ');
  return JSON.stringify(value);
}

/** A row for each run, and the error of those that failed. */
export function runsTable({ runs }: Results): Html {
  return html`<section aria-labelledby="runs-title">
    <h2 id="runs-title">Every run</h2>
    <div class="scroll" tabindex="0" role="region" aria-label="Every run">
      <table>
        <thead>
          <tr>
            <th scope="col">codec</th>
            <th scope="col">seed</th>
            <th scope="col" class="text">status</th>
            <th scope="col">steps</th>
            <th scope="col">loss</th>
            <th scope="col">accuracy</th>
            <th scope="col">time</th>
            <th scope="col">residual</th>
            <th scope="col" class="text">algorithm</th>
            <th scope="col" class="text">backend</th>
            <th scope="col" class="text">weights</th>
          </tr>
        </thead>
        <tbody>
          ${runs.map(runRow)}
        </tbody>
      </table>
    </div>
  </section>`;
}

function runRow(run: Run): Html {
  const row = html`<tr>
    <th scope="row" class="codec">${breakable(run.codec)}</th>
    <td>${run.seed}</td>
    <td class="text">${statusHtml(run)}</td>
    <td>${run.steps}</td>
    <td>${or(run.finalLoss, formatNumber)}</td>
    <td>${or(run.finalAccuracy, (accuracy) => `${(accuracy * 100).toFixed(2)} %`)}</td>
    <td>${or(run.wallSeconds, formatSeconds)}</td>
    <td>${or(run.residualNorm, formatNumber)}</td>
    <td class="text">${run.algorithm ?? NOTHING}</td>
    <td class="text">${run.backend}</td>
    <td class="text codec">${run.modelHash ?? NOTHING}</td>
  </tr>`;
  if (run.error === null) return row;
  return html`${row}
    <tr>
      <td colspan="11" class="prose">
        <div>${run.error.message} <code>${run.error.code}</code></div>
      </td>
    </tr>`;
}

function statusHtml({ status }: Run): Html {
  return status === 'complete' ? html`${status}` : html`<span class="warning">${status}</span>`;
}

function or(value: number | null, format: (value: number) => string): string {
  return value === null ? NOTHING : format(value);
}

/** The meanings of the columns. */
export function glossary(results: Results): Html {
  return html`<section aria-labelledby="words-title">
    <h2 id="words-title">What the columns mean</h2>
    <dl>
      ${columnsFor(results).map(
        ({ head, meaning }) =>
          html`<dt>${head.join(' ').replace('- ', '').replace(' / ', ' per ').trim()}</dt>
            <dd>${meaning}</dd>`,
      )}
    </dl>
  </section>`;
}
