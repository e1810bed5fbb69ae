const LEADING_NOISE = /^(?:\s+|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/|\()+/;
const LOCKS_OR_STORES = /\binto\b|\bfor\s+(?:no\s+key\s+)?update\b|\bfor\s+(?:key\s+)?share\b/i;
const WRITING_WORDS = /\b(?:insert|update|delete|merge|replace)\b/i;

/**
 * True unless `sql` is sure to write nothing, as far as its words tell: a function that a SELECT calls may still write.
 */
export function mayWrite(sql: string): boolean {
  const text = sql.replace(LEADING_NOISE, '');
  switch (/^[a-z]+/i.exec(text)?.[0].toLowerCase()) {
    case 'select':
    case 'values':
    case 'table':
      return LOCKS_OR_STORES.test(text);
    case 'with':
      return WRITING_WORDS.test(text) || LOCKS_OR_STORES.test(text);
    case 'pragma':
      return text.includes('=');
    case 'explain':
      return /\banalyze\b/i.test(text);
    case 'show':
      return false;
    default:
      return true;
  }
}
