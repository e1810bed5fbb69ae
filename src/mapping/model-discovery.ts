import { unmappedClass, type MappingFault } from '../errors/mapping-errors.ts';
import { relationshipFault } from '../errors/relationship-faults.ts';
import { shapeFault } from '../errors/shape-faults.ts';
import { isMappedClass, mappedParent, modelName } from './mapped-class.ts';
import type { MapperDraft, ModelDraft } from './mapper-draft.ts';
import type { ModelClass } from './mapper.ts';
import { readShape, type ShapeEntry } from './shape-reader.ts';

/** The models, and all that their relationships and foreign keys lead to, without those that `isKnown` already. */
export function discover(
  models: readonly unknown[],
  isKnown: (model: ModelClass) => boolean,
  faults: MappingFault[],
): ReadonlyMap<ModelClass, ModelDraft> {
  const drafts = new Map<ModelClass, ModelDraft>();
  const waiting = [...models];
  for (const model of waiting) {
    if (!isMappedClass(model)) {
      faults.push(unmappedClass(model));
    } else if (!isKnown(model) && !drafts.has(model)) {
      const draft = draftOf(model, faults);
      drafts.set(model, draft);
      waiting.push(...draft.targets.values());
    }
  }
  checkTables([...drafts.values()], faults);
  return drafts;
}

function draftOf(model: ModelClass, faults: MappingFault[]): ModelDraft {
  const name = modelName(model);
  const parent = mappedParent(model);
  if (parent !== undefined) faults.push(shapeFault.inheritance(name, modelName(parent)));
  if (model.table.trim() === '') faults.push(shapeFault.noTable(name));
  const entries = readShape(model, faults);
  return {
    model,
    name,
    columns: entries.filter((entry) => entry.kind === 'column'),
    relationships: entries.filter((entry) => entry.kind === 'relationship'),
    targets: targetsOf(name, entries, faults),
    mapper: emptyMapper(model, name),
  };
}

function emptyMapper(model: ModelClass, name: string): MapperDraft {
  const table = { name: model.table, columns: [], primaryKey: [], foreignKeys: [], indexes: [] };
  return {
    name,
    model,
    table,
    columns: [],
    primaryKey: [],
    version: undefined,
    serverUpdated: [],
    confirmDeletedRows: true,
    links: [],
    deferred: [],
    relationships: [],
    attributes: new Map(),
    byColumn: new Map(),
  };
}

function targetsOf(
  name: string,
  entries: readonly ShapeEntry[],
  faults: MappingFault[],
): ReadonlyMap<string, ModelClass> {
  const targets = new Map<string, ModelClass>();
  for (const entry of entries) {
    const thunk = entry.kind === 'column' ? entry.definition.references?.target : entry.definition.target;
    if (thunk === undefined || typeof thunk === 'string') continue;
    const target = callTarget(thunk, `${name}.${entry.property}`, faults);
    if (target !== undefined) targets.set(entry.property, target);
  }
  return targets;
}

function callTarget(thunk: () => unknown, place: string, faults: MappingFault[]): ModelClass | undefined {
  try {
    const target = typeof thunk === 'function' && !isMappedClass(thunk) ? thunk() : thunk;
    if (isMappedClass(target)) return target;
    faults.push(relationshipFault.unknownTarget(place, target));
  } catch (cause) {
    faults.push(relationshipFault.targetThrew(place, cause));
  }
  return undefined;
}

/** Two of these models with one table; a table's older mapper, from an earlier call, is left alone. */
function checkTables(drafts: readonly ModelDraft[], faults: MappingFault[]): void {
  const names = new Map<string, string>();
  for (const { model, name } of drafts) {
    const other = names.get(model.table);
    if (other === undefined) names.set(model.table, name);
    else faults.push(shapeFault.duplicateTable(other, name, model.table));
  }
}
