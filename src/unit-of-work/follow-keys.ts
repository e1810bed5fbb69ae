import { isKindOf } from '../mapping/hierarchy.ts';
import type { ColumnProperty, ForeignKeyLink, Mapper } from '../mapping/mapper.ts';
import { keyOfRow, keyOfValues, valuesAt } from '../state/identity-key.ts';
import type { InstanceState } from '../state/instance-state.ts';
import { assignColumn, valueOf } from '../state/row-comparer.ts';
import type { FlushContext } from './flush-context.ts';
import { isPassiveUpdate } from './resolve-links.ts';

/** An object whose row was updated, and its committed row of before. */
export interface MovedRow {
  readonly state: InstanceState;
  readonly before: readonly unknown[];
}

/** Whether rows of other tables may point at this column. */
export function isReferenced(mapper: Mapper, column: ColumnProperty): boolean {
  if (column.isPrimaryKey) return true;
  return mapper.relationships.some(
    (each) => each.direction === 'one-to-many' && each.link.parentColumns.includes(column),
  );
}

/**
 * Does in memory what the database did when it carried new keys to the rows that point at them: children in the session
 * show the new key, and go by it where it is part of theirs, and so do their children.
 */
export function followKeys(context: FlushContext, moved: readonly MovedRow[]): void {
  let level = moved;
  while (level.length > 0) {
    const next: MovedRow[] = [];
    for (const [link, parents] of parentsByLink(context, level)) {
      for (const child of context.identity.objectsOf(link.child)) {
        const parent = parents.get(keyOfValues(valuesAt(link.childColumns, child.committed ?? [])));
        if (parent !== undefined) next.push(follow(context, child, link, parent));
      }
    }
    for (const { state } of next) context.identity.delete(state);
    for (const { state } of next) rekey(context, state);
    level = next;
  }
}

/** Link → committed key of before → the object that has another one now. */
function parentsByLink(
  context: FlushContext,
  moved: readonly MovedRow[],
): Map<ForeignKeyLink, Map<unknown, InstanceState>> {
  const result = new Map<ForeignKeyLink, Map<unknown, InstanceState>>();
  for (const { state, before } of moved) {
    for (const link of linksTo(context, state.mapper)) {
      const key = keyOfValues(valuesAt(link.parentColumns, before));
      if (key === undefined || key === keyOfValues(valuesAt(link.parentColumns, state.committed ?? []))) continue;
      if (!result.has(link)) result.set(link, new Map());
      result.get(link)?.set(key, state);
    }
  }
  return result;
}

function linksTo(context: FlushContext, parent: Mapper): ForeignKeyLink[] {
  return [...context.identity.mappers()].flatMap((mapper) =>
    mapper.links.filter((link) => isKindOf(parent, link.parent) && isPassiveUpdate(link)),
  );
}

/** What an edit of the program says stands. */
function follow(context: FlushContext, child: InstanceState, link: ForeignKeyLink, parent: InstanceState): MovedRow {
  context.remember(child);
  const before = child.committed ?? [];
  const committed = before.slice();
  link.childColumns.forEach((column, at) => {
    const value = parent.committed?.[link.parentColumns[at]?.index ?? -1] ?? null;
    if (column.equals(valueOf(child, column), before[column.index])) assignColumn(child, column, column.copy(value));
    committed[column.index] = value;
  });
  child.committed = committed;
  return { state: child, before };
}

function rekey(context: FlushContext, state: InstanceState): void {
  state.key = keyOfRow(state.mapper, state.committed ?? []);
  context.admit(state);
}
