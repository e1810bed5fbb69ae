import type { ReferentialActions } from './column-builder.ts';
import { isKindOf, lineageOf } from './hierarchy.ts';
import type { ColumnProperty, ForeignKeyLink, Mapper } from './mapper.ts';

/** The foreign keys of the models that are being configured, each made once. */
export class ForeignKeyLinks {
  readonly #actions = new Map<ForeignKeyLink, ReferentialActions>();

  /** The link over these columns, new or found; `actions` are added to what it has. */
  add(child: Mapper, pairs: LinkColumns, actions: ReferentialActions): ForeignKeyLink {
    const { parent, childColumns, parentColumns } = pairs;
    const link =
      this.find(
        child,
        parent,
        childColumns.map((column) => column.property),
      ) ?? newLink(child, parent, childColumns, parentColumns);
    this.#actions.set(link, { ...this.#actions.get(link), ...actions });
    return link;
  }

  /** The link from `child` to `parent`, or from and to classes that they extend, over exactly these properties, in whatever order. */
  find(child: Mapper, parent: Mapper, properties: readonly string[]): ForeignKeyLink | undefined {
    return this.between(child, parent).find(
      ({ childColumns }) =>
        childColumns.length === properties.length &&
        childColumns.every((column) => properties.includes(column.property)),
    );
  }

  /** The links from `child` to `parent`; where there are none, those that they inherit. */
  between(child: Mapper, parent: Mapper): ForeignKeyLink[] {
    const leaving = this.#leaving(child).filter((link) => isKindOf(parent, link.parent));
    const exact = leaving.filter((link) => link.parent === parent);
    return exact.length > 0 ? exact : leaving;
  }

  /** The links whose foreign keys are in the table of `child`. */
  of(child: Mapper): ForeignKeyLink[] {
    return [...this.#actions.keys()].filter((link) => link.child === child);
  }

  /** Those of the classes that `child` extends as well, which an earlier `configure` may have made. */
  #leaving(child: Mapper): ForeignKeyLink[] {
    return [...new Set(lineageOf(child).flatMap((each) => [...this.of(each), ...each.links]))];
  }

  actions(link: ForeignKeyLink): ReferentialActions {
    return this.#actions.get(link) ?? {};
  }
}

export interface LinkColumns {
  readonly parent: Mapper;
  readonly childColumns: readonly ColumnProperty[];
  readonly parentColumns: readonly ColumnProperty[];
}

function newLink(
  child: Mapper,
  parent: Mapper,
  childColumns: readonly ColumnProperty[],
  parentColumns: readonly ColumnProperty[],
): ForeignKeyLink {
  return Object.freeze({
    child,
    parent,
    childColumns: Object.freeze([...childColumns]),
    parentColumns: Object.freeze([...parentColumns]),
    isNullable: childColumns.every((column) => column.column.nullable),
  });
}
