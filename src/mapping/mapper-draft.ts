import type {
  ColumnProperty,
  Family,
  ManyToMany,
  ManyToOne,
  Mapper,
  ModelClass,
  OneToMany,
  Relationship,
} from './mapper.ts';
import type { ColumnEntry, RelationshipEntry } from './shape-reader.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** A mapper while it is built. Handed out as `Mapper` to those that only keep the reference. */
export type MapperDraft = Mutable<Omit<Mapper, 'relationships' | 'attributes' | 'byColumn'>> & {
  relationships: Relationship[];
  attributes: Map<string, ColumnProperty | Relationship>;
  byColumn: Map<string, ColumnProperty>;
};

export type RelationshipDraft = Mutable<ManyToOne> | Mutable<OneToMany> | Mutable<ManyToMany>;

/** A family while it is built, or grows. */
export interface FamilyDraft extends Mutable<Omit<Family, 'members' | 'byIdentity'>> {
  members: Mapper[];
  byIdentity: Map<unknown, Mapper>;
}

/** One model on its way through `configure`. */
export interface ModelDraft {
  readonly model: ModelClass;
  readonly name: string;
  readonly columns: readonly ColumnEntry[];
  readonly relationships: readonly RelationshipEntry[];
  /** Property of a relationship, or of a column that references a class → that class. Absent when it was not one. */
  readonly targets: ReadonlyMap<string, ModelClass>;
  /** Property of a relationship through a mapped class → that class. */
  readonly throughs: ReadonlyMap<string, ModelClass>;
  readonly mapper: MapperDraft;
}

/** A mapper that nothing has been filled into. */
export function emptyMapper(model: ModelClass, name: string, isAssociation = false): MapperDraft {
  const table = { name: model.table, columns: [], primaryKey: [], foreignKeys: [], indexes: [] };
  return {
    name,
    model,
    isAssociation,
    table,
    inheritance: undefined,
    columns: [],
    primaryKey: [],
    version: undefined,
    serverUpdated: [],
    confirmDeletedRows: true,
    links: [],
    deferred: [],
    relationships: [],
    attributes: new Map(),
    hybrids: new Map(),
    byColumn: new Map(),
  };
}

/** A relationship with the words of its declaration, until inverses are known. */
export interface DeclaredRelationship {
  readonly draft: RelationshipDraft;
  readonly place: string;
  readonly backPopulates: string | undefined;
}
