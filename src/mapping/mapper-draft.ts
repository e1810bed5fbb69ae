import type { ColumnProperty, ForeignKeyLink, Mapper, ModelClass, Relationship } from './mapper.ts';
import type { ColumnEntry, RelationshipEntry } from './shape-reader.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** A mapper while it is built. Handed out as `Mapper` to those that only keep the reference. */
export type MapperDraft = Mutable<Omit<Mapper, 'relationships' | 'attributes' | 'byColumn'>> & {
  relationships: Relationship[];
  attributes: Map<string, ColumnProperty | Relationship>;
  byColumn: Map<string, ColumnProperty>;
};

export type RelationshipDraft = Mutable<Relationship>;

/** One model on its way through `configure`. */
export interface ModelDraft {
  readonly model: ModelClass;
  readonly name: string;
  readonly columns: readonly ColumnEntry[];
  readonly relationships: readonly RelationshipEntry[];
  /** Property of a relationship, or of a column that references a class → that class. Absent when it was not one. */
  readonly targets: ReadonlyMap<string, ModelClass>;
  readonly mapper: MapperDraft;
}

/** A relationship with the words of its declaration, until inverses are known. */
export interface LinkedRelationship {
  readonly draft: RelationshipDraft;
  readonly link: ForeignKeyLink;
  readonly place: string;
  readonly backPopulates: string | undefined;
}
