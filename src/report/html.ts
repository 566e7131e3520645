/** HTML text that is escaped unless it says otherwise. */

/** Text that is HTML already. */
export class Html {
  readonly #text: string;

  /** @param text trusted: made by this module or by a serialiser that escapes */
  constructor(text: string) {
    this.#text = text;
  }

  toString(): string {
    return this.#text;
  }
}

/** What can stand in a template: text and numbers are escaped, arrays joined, null leaves nothing. */
export type HtmlValue = Html | string | number | null | readonly HtmlValue[];

/** Template tag: ``html`<td>${anything}</td>` `` escapes every value that is not Html. */
export function html(strings: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  return new Html(strings.map((string, i) => string + toText(values[i] ?? null)).join(''));
}

function toText(value: HtmlValue): string {
  if (value === null) return '';
  if (value instanceof Html) return value.toString();
  if (typeof value === 'object') return value.map(toText).join('');
  return escapeHtml(String(value));
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Safe in text and in quoted attributes. Control characters, which HTML forbids, become U+FFFD. */
export function escapeHtml(text: string): string {
  return text
    .replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? character)
    .replaceAll(/[^\P{Cc}\t\n\r]/gu, '\ufffd');
}

/** A codec spec that may be broken after `:`, `,` and `/` and before `+`, where a reader would. */
export function breakable(spec: string): Html {
  const pieces = spec.split(/(?<=[:,/])|(?=\+)/);
  return html`${pieces.map((piece, i) => (i === 0 ? piece : html`<wbr />${piece}`))}`;
}
