import type { ColumnProperty, LinkedRelationship, Mapper, Relationship } from '../mapping/mapper.ts';
import type { ColumnSelection } from './column-selection.ts';
import { withColumns } from './column-selection.ts';
import type { LoadContext } from './load-context.ts';
import type { LoadStrategy, LoadTree, QuerySpec, RelatedSpec } from './query-spec.ts';
import { filteredRelated } from './row-filters.ts';
import { strategyFor } from './strategy-choice.ts';

/** A relationship whose objects are read in the statement of those that have it. */
export interface Level {
  /** Its rows' name in the statement. */
  readonly name: string;
  readonly relationship: Relationship;
  readonly spec: RelatedSpec;
  readonly selection: ColumnSelection | undefined;
  /** Where in the list of levels the objects are that have it; undefined: they are what the query asks for. */
  readonly parent: number | undefined;
}

/** What one statement reads: the objects of a query, and levels of relationships from them. */
export interface LevelPlan {
  readonly form: 'joined' | 'json';
  readonly root: QuerySpec;
  /** Parents come before what belongs to them. */
  readonly levels: readonly Level[];
}

/** The name of the rows that the query itself asks for. */
export const ROOT = 'level_0';

/** What is read in the statement of a query; undefined: nothing but its own rows. */
export function levelPlan(context: LoadContext, spec: QuerySpec): LevelPlan | undefined {
  if (spec.paths.size === 0 || spec.lock !== undefined || spec.alterations !== undefined) return undefined;
  const found = new LevelSearch(context, spec.mapper);
  found.follow(spec.mapper, spec.paths, { parent: undefined, strategy: spec.strategy });
  if (found.levels.length === 0) return undefined;
  const levels = found.levels.map((level, at) => ({ ...level, selection: found.selectionOf(level, at) }));
  const selection = withColumns(spec.mapper, spec.selection, found.neededBy(undefined));
  return { form: found.form, root: { ...spec, selection, paths: new Map() }, levels };
}

interface Place {
  readonly parent: number | undefined;
  readonly strategy: LoadStrategy | undefined;
}

/** Walks a tree as far as its relationships are read in one statement. */
class LevelSearch {
  readonly levels: Level[] = [];
  form: LevelPlan['form'] = 'joined';
  readonly #context: LoadContext;
  readonly #home: LoadContext;

  constructor(context: LoadContext, root: Mapper) {
    this.#context = context;
    this.#home = context.boundTo(root);
  }

  follow(mapper: Mapper, tree: LoadTree, { parent, strategy }: Place): void {
    for (const [property, given] of tree) {
      const relationship = mapper.attributes.get(property);
      if (relationship?.kind !== 'relationship') continue;
      const spec = filteredRelated(this.#context.filters, relationship.target, given);
      const asked = spec.strategy ?? strategy;
      const chosen = strategyFor(relationship, asked);
      const isHere = this.#context.boundTo(relationship.target) === this.#home;
      if (chosen === 'selectin' || !isHere || spec.depth !== undefined) continue;
      if (chosen === 'json') this.form = 'json';
      const at = this.levels.length;
      this.levels.push({ name: `level_${at + 1}`, relationship, spec, selection: spec.selection, parent });
      this.follow(relationship.target, spec.paths, { parent: at, strategy: asked });
    }
  }

  /** The columns by which objects at a place find what belongs to them. */
  neededBy(parent: number | undefined): ColumnProperty[] {
    return this.levels
      .filter((level) => level.parent === parent)
      .flatMap(({ relationship }) => nearColumns(relationship));
  }

  selectionOf({ relationship, spec }: Level, at: number): ColumnSelection | undefined {
    const own = relationship.direction === 'many-to-many' ? [] : farColumns(relationship);
    const needed = [...own, ...this.neededBy(at)];
    return withColumns(relationship.target, spec.selection, needed);
  }
}

/** The columns of a relationship in the table of the class that declares it. */
export function nearColumns(relationship: Relationship): readonly ColumnProperty[] {
  if (relationship.direction === 'many-to-many') return relationship.through.source.parentColumns;
  return relationship.direction === 'many-to-one' ? relationship.link.childColumns : relationship.link.parentColumns;
}

/** Its columns in the target's table. */
export function farColumns({ direction, link }: LinkedRelationship): readonly ColumnProperty[] {
  return direction === 'many-to-one' ? link.parentColumns : link.childColumns;
}

/** The name of the rows that have a level's relationship. */
export function parentName({ levels }: LevelPlan, { parent }: Level): string {
  return parent === undefined ? ROOT : (levels[parent]?.name ?? ROOT);
}
