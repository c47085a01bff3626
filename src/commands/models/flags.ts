import type { ReportFormat } from '../../report/report.ts';
import type { ModelFlags } from '../../sets/flags.ts';

/** Options of `embed models` as commander hands them over. */
export type ListFlags = { format?: ReportFormat };
export type ShowFlags = Omit<ModelFlags, 'model'> & { format?: 'text' | 'json' };
export type GetFlags = { force?: true; quiet?: true };
export type VerifyFlags = Omit<ModelFlags, 'model'> & {
  against: string;
  texts: string;
  minCosine?: number;
  prompt?: string;
  promptText?: string;
  format?: ReportFormat;
};
