import { HermeticError } from './hermetic-error.ts';

/** A cursor that `page` cannot use. Whoever sent it may begin at the first page again. */
export class CursorError extends HermeticError {
  static altered(model: string): CursorError {
    return new CursorError({
      code: 'QUERY_CURSOR_ALTERED',
      message: `find(${model}).page: this is no cursor that page() gave, or not as it gave it.`,
      cure: 'Pass on what page() gave in next or previous, and use the same cursorSecret everywhere; or begin at the first page.',
    });
  }

  static foreign(model: string): CursorError {
    return new CursorError({
      code: 'QUERY_CURSOR_FOREIGN',
      message: `find(${model}).page: this cursor is of a query with another model, order or conditions.`,
      cure: 'Use a cursor with the query that gave it, only the values in its conditions may differ; or begin at the first page.',
    });
  }
}
