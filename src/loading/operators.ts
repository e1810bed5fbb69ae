const NEGATIONS = new Set(['!=', '<>', 'is not', 'not in']);
/** Operators whose right side is a text or something else of its own, not a value of the column. */
const PATTERNS = new Set([
  'like',
  'not like',
  'ilike',
  'not ilike',
  '~',
  '~*',
  '!~',
  '!~*',
  '@>',
  '<@',
  '&&',
  '?',
  '?|',
  '?&',
]);

export function isNegation(operator: string): boolean {
  return NEGATIONS.has(operator);
}

export function isListOperator(operator: string): boolean {
  return operator === 'in' || operator === 'not in';
}

export function isPattern(operator: string): boolean {
  return PATTERNS.has(operator);
}
