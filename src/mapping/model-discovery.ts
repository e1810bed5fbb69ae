import { unmappedClass, type MappingFault } from '../errors/mapping-errors.ts';
import { relationshipFault } from '../errors/relationship-faults.ts';
import { shapeFault } from '../errors/shape-faults.ts';
import { isShared } from './family-compiler.ts';
import { isMappedClass, modelName, rootOf } from './mapped-class.ts';
import type { ModelDraft } from './mapper-draft.ts';
import { emptyMapper } from './mapper-draft.ts';
import type { Mapper, ModelClass } from './mapper.ts';
import type { Through } from './relationship-builder.ts';
import { submodelOf } from './submodel-options.ts';
import { readShape, type ShapeEntry } from './shape-reader.ts';

/** What earlier calls of `configure` have mapped. */
export interface KnownModels {
  get(model: ModelClass): Mapper | undefined;
  /** The mapped class that extends, or is, what `Model` made. */
  ofRoot(root: ModelClass): ModelClass | undefined;
}

/** The models, and all that their relationships and foreign keys lead to, without those that are `known` already. */
export function discover(
  models: readonly unknown[],
  known: KnownModels,
  faults: MappingFault[],
): ReadonlyMap<ModelClass, ModelDraft> {
  const drafts = new Map<ModelClass, ModelDraft>();
  const waiting = [...models];
  const visit = (model: unknown): void => {
    if (!isMappedClass(model)) {
      faults.push(unmappedClass(model));
    } else if (known.get(model) === undefined && !drafts.has(model)) {
      const parent = submodelOf(model)?.parent;
      // A class comes after the one that it extends.
      if (parent !== undefined) visit(parent);
      const draft = draftOf(model, faults);
      drafts.set(model, draft);
      waiting.push(...draft.targets.values(), ...draft.throughs.values());
    }
  };
  for (const model of waiting) visit(model);
  checkRoots([...drafts.keys()], known, faults);
  checkTables([...drafts.values()], faults);
  return drafts;
}

function draftOf(model: ModelClass, faults: MappingFault[]): ModelDraft {
  const name = modelName(model);
  if (model.table.trim() === '') faults.push(shapeFault.noTable(name));
  const entries = readShape(model, faults);
  return {
    model,
    name,
    columns: entries.filter((entry) => entry.kind === 'column'),
    relationships: entries.filter((entry) => entry.kind === 'relationship'),
    targets: targetsOf(name, entries, faults),
    throughs: throughsOf(name, entries, faults),
    mapper: emptyMapper(model, name),
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

function throughsOf(
  name: string,
  entries: readonly ShapeEntry[],
  faults: MappingFault[],
): ReadonlyMap<string, ModelClass> {
  const throughs = new Map<string, ModelClass>();
  for (const entry of entries) {
    const thunk = entry.kind === 'relationship' ? throughModel(entry.definition.through) : undefined;
    const model = thunk && callTarget(thunk, `${name}.${entry.property}`, faults);
    if (model !== undefined) throughs.set(entry.property, model);
  }
  return throughs;
}

function throughModel(through: Through | undefined): (() => unknown) | undefined {
  if (typeof through === 'function') return through;
  return typeof through === 'object' && 'model' in through ? through.model : undefined;
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

/** A class and one that extends it would be mapped to one table: only mixins may stand between a model and `Model`. */
function checkRoots(models: readonly ModelClass[], known: KnownModels, faults: MappingFault[]): void {
  const mapped = new Map<ModelClass, ModelClass>();
  for (const model of models) {
    const root = rootOf(model);
    // What `Submodel` made has a root of its own.
    const other = known.ofRoot(root) ?? mapped.get(root);
    mapped.set(root, model);
    if (other === undefined) continue;
    if (other.prototype instanceof model) faults.push(shapeFault.inheritance(modelName(other), modelName(model)));
    else faults.push(shapeFault.inheritance(modelName(model), modelName(other)));
  }
}

/** Two of these models with one table; a table's older mapper, from an earlier call, is left alone. */
function checkTables(drafts: readonly ModelDraft[], faults: MappingFault[]): void {
  const byTable = new Map<string, ModelDraft>();
  for (const draft of drafts) {
    const { model, name } = draft;
    if (isShared(model)) continue;
    const other = byTable.get(model.table);
    if (other === undefined) byTable.set(model.table, draft);
    else if (rootOf(other.model) !== rootOf(model))
      faults.push(shapeFault.duplicateTable(other.name, name, model.table));
  }
}
