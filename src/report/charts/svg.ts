/** Plot without a browser: charts as SVG text. */
import { plot, type Markish, type PlotOptions, type RenderFunction } from '@observablehq/plot';
import { DOMParser } from 'linkedom';

/** What a chart's SVG element says about itself. */
export interface ChartIdentity {
  /** Unique on the page; the ids of the chart's parts start with it. */
  readonly id: string;
  /** Id of the element with the chart's name. */
  readonly labelledBy: string;
  /** What can be seen, for those who cannot. */
  readonly description: string;
}

/** Draws one element. Text and attribute values are escaped by the DOM. */
export type Pen = (
  name: 'text' | 'path' | 'rect' | 'line',
  attributes: { readonly [name: string]: string | number },
  text?: string,
) => void;

/** The little of the DOM that is needed here; this code is compiled without a browser's types. */
interface SvgNode {
  textContent: string | null;
  readonly outerHTML: string;
  setAttribute(name: string, value: string): void;
  removeAttribute(name: string): void;
  append(child: SvgNode): void;
  prepend(child: SvgNode): void;
  remove(): void;
  querySelectorAll(selector: string): Iterable<SvgNode>;
}

interface SvgDocument {
  createElementNS(namespace: string, name: string): SvgNode;
}

/** A mark that draws elements of its own, in pixels. */
export function drawing(draw: (pen: Pen) => void): Markish {
  const render = (...[, , , , context]: Parameters<RenderFunction>): SvgNode => {
    const { document } = context as unknown as { document: SvgDocument };
    const group = createSvg(document, 'g');
    draw((name, attributes, text) => {
      const element = createSvg(document, name);
      for (const [key, value] of Object.entries(attributes))
        element.setAttribute(key, String(value));
      if (text !== undefined) element.textContent = text;
      group.append(element);
    });
    return group;
  };
  return render;
}

/**
 * The chart as an SVG element that scales with its container. The same options give the same text.
 *
 * @param data `data-` attributes, for the script that shows the value under the pointer
 */
export function renderSvg(
  identity: ChartIdentity,
  data: { readonly [name: string]: string },
  options: PlotOptions,
): string {
  // An HTML document would not escape & and < in attribute values.
  const document = new DOMParser().parseFromString(
    '<svg/>',
    'image/svg+xml',
  ) as unknown as SvgDocument;
  const svg = plot({ ...options, document }) as unknown as SvgNode;
  for (const style of svg.querySelectorAll('style')) style.remove(); // page.css styles all charts
  for (const name of ['width', 'height', 'class']) svg.removeAttribute(name);
  const attributes = {
    id: identity.id,
    role: 'img',
    'aria-labelledby': identity.labelledBy,
    'aria-describedby': `${identity.id}-desc`,
  };
  for (const [name, value] of Object.entries(attributes)) svg.setAttribute(name, value);
  for (const [name, value] of Object.entries(data)) svg.setAttribute(`data-${name}`, value);
  const description = createSvg(document, 'desc');
  description.setAttribute('id', attributes['aria-describedby']);
  description.textContent = identity.description;
  svg.prepend(description);
  return roundCoordinates(ownClipIds(svg.outerHTML, identity.id));
}

function createSvg(document: SvgDocument, name: string): SvgNode {
  return document.createElementNS('http://www.w3.org/2000/svg', name);
}

/** Plot numbers its clip paths through the life of the process; a report must not depend on that. */
function ownClipIds(svg: string, id: string): string {
  const numbers = new Map<string, number>();
  return svg.replaceAll(/(?<=\bid="|url\(#)plot-clip-\d+/g, (name) => {
    if (!numbers.has(name)) numbers.set(name, numbers.size);
    return `${id}-clip-${numbers.get(name)!}`;
  });
}

/** A hundredth of a pixel is enough, and half the bytes. Only attribute values that are geometry. */
function roundCoordinates(svg: string): string {
  return svg.replaceAll(/(?<= (?:d|x|y|x1|x2|y1|y2|width|height|transform)=")[^"]*/g, (value) =>
    value.replaceAll(/-?\d+\.\d{3,}(?:e-?\d+)?/g, (number) =>
      String(Number(Number(number).toFixed(2))),
    ),
  );
}
