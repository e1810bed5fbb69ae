/**
 * The database name of a property: `createdAt` → `created_at`, `userID` → `user_id`, `line2Text` → `line2_text`.
 * Names that are in snake case already stay as they are.
 */
export function snakeCase(property: string): string {
  return property
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1_$2')
    .toLowerCase();
}

/**
 * The property name of a database column: `created_at` → `createdAt`.
 * Underscores that no letter follows, or that come first or doubled, stay, so that no two columns share a property.
 */
export function camelCase(column: string): string {
  return column.replace(/(?<=[a-z0-9])_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** One row of a table: `posts` → `post`, `categories` → `category`, `boxes` → `box`. Other plurals stay as they are. */
export function singular(table: string): string {
  if (/[^aeiou]ies$/i.test(table)) return table.replace(/ies$/i, 'y');
  if (/(s|x|z|ch|sh)es$/i.test(table)) return table.slice(0, -2);
  return /[^s]s$/i.test(table) ? table.slice(0, -1) : table;
}
