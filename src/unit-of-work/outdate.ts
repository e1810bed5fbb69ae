import { associationsThrough } from '../mapping/association-index.ts';
import { haveCommonObjects } from '../mapping/hierarchy.ts';
import type { ColumnProperty, Mapper, Relationship } from '../mapping/mapper.ts';
import type { InstanceState } from '../state/instance-state.ts';
import type { FlushContext } from './flush-context.ts';

/**
 * Rows of `mapper` came, went or moved without the session's objects knowing: collections that may hold them are read
 * again by the next query that loads them.
 *
 * @param columns - the columns that changed; without them, any may have.
 */
export function outdateCollections(
  { identity }: FlushContext,
  mapper: Mapper,
  columns?: ReadonlySet<ColumnProperty>,
): void {
  for (const parent of identity.mappers()) {
    const collections = parent.relationships.filter((each) => holds(each, mapper, columns));
    if (collections.length === 0) continue;
    for (const state of identity.objectsOf(parent)) {
      for (const relationship of collections) {
        const slot = state.slot(relationship);
        if (slot !== undefined) slot.seenIn = -1;
      }
    }
  }
}

/** Rows of `mapper` were deleted: objects whose rows the database may have deleted or changed with them are read again. */
export function outdateReferrers({ identity }: FlushContext, mapper: Mapper): void {
  for (const other of identity.mappers()) {
    const isTouched = other.table.foreignKeys.some(
      ({ targetTable, onDelete }) => targetTable === mapper.table.name && ACTING.has(onDelete),
    );
    if (isTouched) for (const state of identity.objectsOf(other)) state.seenIn = -1;
  }
}

const ACTING = new Set<string | undefined>(['cascade', 'set null', 'set default']);

function holds(relationship: Relationship, child: Mapper, columns: ReadonlySet<ColumnProperty> | undefined): boolean {
  if (relationship.direction === 'many-to-many') return relationship.through.mapper === child;
  if (relationship.direction !== 'one-to-many' || !haveCommonObjects(relationship.link.child, child)) return false;
  const { link } = relationship;
  return columns === undefined || link.childColumns.some((column) => columns.has(column));
}

/**
 * Objects of classes that stand between others were written: what many-to-manys across them show is read again by the
 * next query that loads it.
 */
export function outdateAssociations(context: FlushContext, written: Iterable<InstanceState>): void {
  const mappers = new Set(Array.from(written, ({ mapper }) => mapper));
  for (const association of mappers) {
    const relationships = associationsThrough(association);
    if (relationships.length > 0) context.associations.noteWrite(association);
    for (const relationship of relationships) {
      for (const state of context.identity.objectsOf(relationship.mapper)) {
        const slot = state.slot(relationship);
        state.isBorn = false;
        if (slot !== undefined) slot.seenIn = -1;
      }
    }
  }
}
