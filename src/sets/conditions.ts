import { EmbedError } from '../errors.ts';

/** How a condition of --where compares a field with a value. */
export type Operator = '=' | '!=' | '<' | '<=' | '>' | '>=';

/** A condition of --where. */
export type Condition = { field: string; operator: Operator; value: string };

const OPERATORS: readonly string[] = ['=', '!=', '<', '<=', '>', '>='];

/** What is meant by other operators. */
const MEANT: Readonly<Record<string, Operator>> = {
  '==': '=',
  '===': '=',
  '!==': '!=',
  '<>': '!=',
  '=!': '!=',
  '≠': '!=',
  '=>': '>=',
  '≥': '>=',
  '=<': '<=',
  '≤': '<=',
};

/** Reads "field=value", and the same with !=, <, <=, > and >=. */
export function parseCondition(text: string): Condition {
  const [, field = '', typed = '', value = ''] = /^([^=!<>~≠≤≥]*)([=!<>~≠≤≥]*)(.*)$/s.exec(text)!;
  if (field.trim() === '' || typed === '') {
    throw new EmbedError(`Cannot read the condition "${text}"`, {
      hint: `Write field=value, with =, !=, <, <=, > or >=. A shell needs quotes around < and >: --where '${field.trim() || 'price'}>=19'`,
    });
  }
  if (!OPERATORS.includes(typed)) throw unknownOperator(text, { field, typed, value });
  return { field: field.trim(), operator: typed as Operator, value: /[<>]/.test(typed) ? value.trim() : value };
}

function unknownOperator(text: string, { field, typed, value }: { field: string; typed: string; value: string }): EmbedError {
  const meant = MEANT[typed];
  const rest = typed.slice(1) + value;
  // with =<b>, the value may begin with what looks like an operator
  const insist = /^=[<>~]/.test(typed) ? `; for the value "${rest}", put a space before it: '${field}= ${rest}'` : '';
  const hint =
    meant !== undefined
      ? `Write '${field}${meant}${value}'`
      : typed.includes('~')
        ? 'Patterns cannot be matched; = compares whole values'
        : 'Use =, !=, <, <=, > or >=';
  return new EmbedError(`Cannot read the condition "${text}": there is no operator "${typed}"`, { hint: hint + insist });
}

export function inWords({ field, operator, value }: Condition): string {
  return `${field}${operator}${value}`;
}
