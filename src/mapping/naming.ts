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
