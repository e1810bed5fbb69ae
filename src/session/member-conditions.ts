import { ObjectStateError } from '../errors/session-errors.ts';
import type { ColumnCondition, Condition } from '../loading/query-spec.ts';
import type { ColumnProperty, ManyToMany, OneToMany } from '../mapping/mapper.ts';
import type { InstanceState } from '../state/instance-state.ts';

/**
 * What a row must meet to be a member of one object's relationship.
 *
 * @throws {ObjectStateError} SESSION_NOT_PERSISTENT - the object has no row that members could belong to.
 */
export function memberConditions(state: InstanceState, relationship: OneToMany | ManyToMany): Condition[] {
  const { committed } = state;
  if (committed === undefined) throw ObjectStateError.notPersistent(String(state), 'query');
  if (relationship.direction === 'many-to-many') {
    const columns = relationship.through.source.parentColumns;
    const conditions = columns.map((column) => equal(column, committed[column.index]));
    return [{ kind: 'related', relationship: otherWay(relationship), isNegated: false, conditions }];
  }
  const { childColumns, parentColumns } = relationship.link;
  return childColumns.map((column, at) => equal(column, committed[parentColumns[at]?.index ?? -1]));
}

function equal(column: ColumnProperty, value: unknown): ColumnCondition {
  return { kind: 'column', column, operator: '=', value };
}

/** The same association from the members' side, whether or not they declare one. */
function otherWay(relationship: ManyToMany): ManyToMany {
  const { mapper, target, through } = relationship;
  const turned = { mapper: through.mapper, source: through.target, target: through.source };
  return { ...relationship, mapper: target, target: mapper, through: turned, inverse: relationship };
}
