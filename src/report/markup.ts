import { printable } from '../text.ts';

/** Text for HTML and XML, where a control character has no form, or hides what is around it: those but `except` are made visible. */
export function escapeMarkup(text: string, { except = '' }: { except?: string } = {}): string {
  return printable(text, { except }).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
