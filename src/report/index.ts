/** Results for people: a table for the terminal and one HTML page. */
export { renderReport, writeReport } from './page.ts';
export { renderTable, type TableOptions } from './table.ts';
