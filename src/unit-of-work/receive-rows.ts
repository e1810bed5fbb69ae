import { wholeSelection } from '../loading/column-selection.ts';
import { meet } from '../loading/hydrate.ts';
import { rowCodecOf } from '../loading/row-codec.ts';
import type { Mapper } from '../mapping/mapper.ts';
import { constructBare } from '../state/entity-class.ts';
import { requireState } from '../state/entity.ts';
import { keyOfRow } from '../state/identity-key.ts';
import type { InstanceState } from '../state/instance-state.ts';
import { assignColumn } from '../state/row-comparer.ts';
import type { FlushContext } from './flush-context.ts';

/** A row that a write returned. */
export interface WrittenRow {
  /** The full row, decoded; becomes the object's committed row. */
  readonly row: unknown[];
  /** What the program gave for a row that is surely new: what its object shows after a rollback. Undefined when it may have been there before. */
  readonly given: readonly unknown[] | undefined;
}

/**
 * The object of a row that was just written: the one that the session holds, brought up to date, or a new one.
 *
 * A rollback makes the object of a new row transient and detaches that of a row of unknown age.
 */
export function receiveRow(context: FlushContext, mapper: Mapper, written: WrittenRow): InstanceState {
  const { row } = written;
  const key = keyOfRow(mapper, row);
  const held = context.identity.get(mapper, key);
  if (held === undefined) return bear(context, mapper, key, written);
  context.remember(held);
  held.seenIn = -1;
  meet(context, held, row);
  return held;
}

function bear(context: FlushContext, mapper: Mapper, key: unknown, { row, given }: WrittenRow): InstanceState {
  const state = requireState(constructBare(mapper.model));
  if (given === undefined) state.committed = row;
  else for (const column of mapper.columns) assignColumn(state, column, column.copy(given[column.index]));
  state.key = given === undefined ? key : undefined;
  state.isBorn = given !== undefined;
  context.remember(state);
  state.isBorn = false;
  state.key = key;
  state.committed = row;
  state.owner = context.owner;
  state.seenIn = context.transaction;
  state.moveTo('persistent');
  rowCodecOf(context.dialect, mapper, wholeSelection(mapper)).assign(state.entity, row);
  context.identity.set(state);
  context.noteLoaded?.(state);
  return state;
}
