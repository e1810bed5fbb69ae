import type { Mapper, Relationship } from '../mapping/mapper.ts';
import type { Condition, JoinPath, JoinStep, Ordering } from './query-spec.ts';

/** One joined table and those that are joined from there. */
export interface JoinBranch {
  readonly step: JoinStep;
  readonly branches: ReadonlyMap<Relationship, JoinBranch>;
}

/** The mapper that a path ends at. */
export function pathMapper(mapper: Mapper, path: JoinPath | undefined): Mapper {
  return path?.at(-1)?.relationship.target ?? mapper;
}

/** The paths that conditions and orderings speak of. */
export function pathsOf(conditions: readonly Condition[], orderings: readonly Ordering[] = NO_PARTS): JoinPath[] {
  const paths: JoinPath[] = [];
  for (const part of conditions) if (part.kind === 'column' && part.path !== undefined) paths.push(part.path);
  for (const part of orderings) if (part.kind === 'column' && part.path !== undefined) paths.push(part.path);
  return paths;
}

const NO_PARTS: readonly never[] = [];

/** Whether conditions can only be asked with tables joined: where a free expression may speak of related rows, it is taken to do so. */
export function needsJoins(conditions: readonly Condition[], orderings: readonly Ordering[] = []): boolean {
  return (
    pathsOf(conditions, orderings).length > 0 ||
    conditions.some((condition) => condition.kind === 'expression' && condition.usesTerms)
  );
}

/** Some paths as a tree: each table once, in the order in which they come. */
export function joinTree(paths: readonly JoinPath[]): ReadonlyMap<Relationship, JoinBranch> {
  const byHead = new Map<Relationship, { step: JoinStep; rests: JoinPath[] }>();
  for (const [step, ...rest] of paths) {
    if (step === undefined) continue;
    const known = byHead.get(step.relationship);
    if (known === undefined) byHead.set(step.relationship, { step, rests: [rest] });
    else known.rests.push(rest);
  }
  const branches = [...byHead].map(
    ([relationship, { step, rests }]) => [relationship, { step, branches: joinTree(rests) }] as const,
  );
  return new Map(branches);
}
