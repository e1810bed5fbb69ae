import type { Dialect } from '../dialects/dialect.ts';
import type { Mapper } from '../mapping/mapper.ts';
import { conditionShape, conditionValues, isFree, orderingShape } from './condition-shape.ts';
import type { Condition, Ordering, RelatedSpec } from './query-spec.ts';

/** What of a relationship is loaded, in words that are the same for the same part. */
export interface RelatedPart {
  /** Undefined: all of it. */
  readonly part: string | undefined;
  /** Undefined: in whatever order. */
  readonly order: string | undefined;
}

const WHOLE_PART: RelatedPart = Object.freeze({ part: undefined, order: undefined });

let serial = 0;
/** Free expressions are alike only when they are the same object. */
const serials = new WeakMap<object, number>();

/** Which part of a relationship to `target` a query asks for. */
export function partOf(dialect: Dialect, target: Mapper, spec: RelatedSpec): RelatedPart {
  const { conditions, orderings, limit, offset } = spec;
  if (conditions.length + orderings.length === 0 && limit === undefined && offset === undefined) return WHOLE_PART;
  const order = orderings.length === 0 ? undefined : orderings.map(orderText).join();
  const met = conditions.map((condition) => conditionText(dialect, target, condition)).join(' and ');
  if (limit === undefined && offset === undefined) return { part: met === '' ? undefined : met, order };
  return { part: `${met} ${order ?? ''} limit ${limit ?? ''} offset ${offset ?? ''}`, order };
}

function conditionText(dialect: Dialect, target: Mapper, condition: Condition): string {
  if (isFree(condition)) return serialOf(condition);
  const values = conditionValues(dialect, target, condition);
  return `${conditionShape(condition)} ${JSON.stringify(values.map(String))}`;
}

function orderText(ordering: Ordering): string {
  return ordering.kind === 'column' ? orderingShape(ordering) : serialOf(ordering);
}

function serialOf(part: object): string {
  let known = serials.get(part);
  if (known === undefined) serials.set(part, (known = ++serial));
  return `#${known}`;
}
