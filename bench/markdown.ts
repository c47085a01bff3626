/** A Markdown table, numbers to the right. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(header), line(header.map((_, at) => (at === 0 ? ':---' : '---:'))), ...rows.map(line)].join('\n');
}

/** "1,234" */
export function whole(value: number): string {
  return Math.round(value).toLocaleString('en');
}

/** "12.3 %"; a dash where there is nothing to divide by. */
export function percent(part: number, total: number, digits = 1): string {
  return total === 0 ? '–' : `${((part / total) * 100).toFixed(digits)} %`;
}

/** The beginning of a text in quotes, on one line. */
export function quoted(text: string, length = 60): string {
  const line = text.replaceAll(/\s+/g, ' ');
  return `“${line.length > length ? `${line.slice(0, length - 1)}…` : line}”`;
}

/** A Markdown list. */
export function list(items: readonly string[]): string {
  return items.map((item) => `- ${item}`).join('\n');
}
