const STRING = /\$(\w*)\$[\s\S]*?\$\1\$|'(?:[^']|'')*'/g;
const NUMBER = /(?<![\w$.:@"`])\d+(?:\.\d+)?(?:e[+-]?\d+)?\b/gi;
const COMMENT = /--[^\n]*|\/\*[\s\S]*?\*\//g;

/** A statement's text with `?` for every literal, on one line: what reports may show. */
export function statementShape(sql: string): string {
  return sql.replace(STRING, '?').replace(COMMENT, ' ').replace(NUMBER, '?').replace(/\s+/g, ' ').trim();
}
