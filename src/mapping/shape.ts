import { columnDefinitionOf } from './column-builder.ts';
import { relationshipDefinitionOf } from './relationship-builder.ts';

/** The property names of a shape, in declaration order. What is neither column nor relationship is left to `configure`. */
export interface ShapeNames {
  readonly columns: readonly string[];
  readonly relationships: readonly string[];
}

/** Sorts the properties of a shape; getters are read, but the functions they name targets by are not called. */
export function readShape(shape: object): ShapeNames {
  const columns: string[] = [];
  const relationships: string[] = [];
  for (const property of Object.keys(shape)) {
    const declared = (shape as Record<string, unknown>)[property];
    if (columnDefinitionOf(declared) !== undefined) columns.push(property);
    else if (relationshipDefinitionOf(declared) !== undefined) relationships.push(property);
  }
  return { columns, relationships };
}
