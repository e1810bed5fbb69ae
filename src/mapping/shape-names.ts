import { columnDefinitionOf } from './column-builder.ts';
import { embeddedDefinitionOf, type EmbeddedDefinition } from './embedded-builder.ts';
import { hybridDefinitionOf, type HybridDefinition } from './hybrid-builder.ts';
import { relationshipDefinitionOf } from './relationship-builder.ts';
import type { ViaDefinition } from './via-builder.ts';
import { viaDefinitionOf } from './via-builder.ts';

/** The property names of a shape, in declaration order. What is neither column nor relationship is left to `configure`. */
export interface ShapeNames {
  readonly columns: readonly string[];
  /** Columns that a SELECT reads unless told otherwise, and embedded values. */
  readonly eager: readonly string[];
  readonly relationships: readonly string[];
  /** Values of several columns, by property. */
  readonly embedded: ReadonlyMap<string, EmbeddedDefinition>;
  readonly vias: ReadonlyMap<string, ViaDefinition>;
  /** What is computed, by property. */
  readonly hybrids: ReadonlyMap<string, HybridDefinition>;
}

/**
 * Sorts the properties of a shape for the class that is being made; getters are read, but the functions they name
 * targets by are not called. A getter that throws is reported by `configure`.
 */
export function shapeNames(shape: object): ShapeNames {
  const columns: string[] = [];
  const eager: string[] = [];
  const relationships: string[] = [];
  const embedded = new Map<string, EmbeddedDefinition>();
  const vias = new Map<string, ViaDefinition>();
  const hybrids = new Map<string, HybridDefinition>();
  for (const property of Object.keys(shape)) {
    const declared = read(shape, property);
    const column = columnDefinitionOf(declared);
    if (column !== undefined) columns.push(property);
    if (column !== undefined && column.deferred === undefined) eager.push(property);
    if (relationshipDefinitionOf(declared) !== undefined) relationships.push(property);
    const hybrid = hybridDefinitionOf(declared);
    if (hybrid !== undefined) hybrids.set(property, hybrid);
    const value = embeddedDefinitionOf(declared);
    if (value !== undefined) {
      embedded.set(property, value);
      eager.push(property);
    }
    const via = viaDefinitionOf(declared);
    if (via !== undefined) vias.set(property, via);
  }
  return { columns, eager, relationships, embedded, vias, hybrids };
}

function read(shape: object, property: string): unknown {
  try {
    return (shape as Record<string, unknown>)[property];
  } catch {
    return undefined;
  }
}
