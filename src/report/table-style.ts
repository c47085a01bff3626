/** How a table is written, besides its cells. */
export type TableStyle = {
  /** What separates the columns of a CSV file. */
  delimiter: string;
  newline: '\n' | '\r\n' | '\r';
  /** Whether a byte order mark comes first. */
  mark: boolean;
  /** A line before the header that tells Excel the separator, with its line end. */
  told?: string | undefined;
};

/** As programs read tables: RFC 4180, with "\n" at the end of lines. */
export const PLAIN: TableStyle = { delimiter: ',', newline: '\n', mark: false };

/** Separators that Excel knows, each in some countries. */
const EXCEL_SEPARATORS = ',;\t';

/**
 * A style in which Excel opens a file that is double-clicked: with a byte order mark, without which it takes UTF-8 for another encoding. A
 * line that tells the separator would make it overlook the mark.
 */
export function forExcel({ delimiter, newline }: TableStyle): TableStyle {
  return { delimiter: EXCEL_SEPARATORS.includes(delimiter) ? delimiter : ',', newline, mark: true };
}
