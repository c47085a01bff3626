import type { TableFormat } from '../../report/formats.ts';

/** Options of `embed sets verify`. */
export type SetsVerifyFlags = { format?: TableFormat | 'text'; quiet?: true };
