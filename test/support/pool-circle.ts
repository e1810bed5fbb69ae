/** Who asks, as far as the pool was told. */
interface Asker {
  readonly owner: object | undefined;
  readonly label: string | undefined;
}

/** What decides whether tasks wait for each other in a circle. */
export interface HeldPlaces {
  readonly limit: number;
  readonly places: number;
  holding(): readonly Asker[];
  pending(): readonly Asker[];
}

/**
 * Whether every place is leased to a task that waits for another one.
 *
 * @param refused - a task that does not wait any more because it was told so.
 */
export function isCircle(held: HeldPlaces, refused?: object): boolean {
  const holding = held.holding();
  // Between two rests the connector may not have heard yet that a place is free.
  const places = refused === undefined ? held.places : 0;
  if (holding.length < Math.max(held.limit, places)) return false;
  const waiting = new Set(held.pending().map(({ owner }) => owner));
  return holding.every(({ owner }) => owner !== undefined && (owner === refused || waiting.has(owner)));
}

/** The same of the places that one label may have, among those who wait for more of it. */
export function isLabelCircle(held: HeldPlaces, refused: Asker, cap: number): boolean {
  const { label, owner } = refused;
  const holding = held.holding().filter((each) => each.label === label);
  if (label === undefined || holding.length < cap) return false;
  const waiting = new Set(held.pending().map((each) => (each.label === label ? each.owner : undefined)));
  return holding.every((each) => each.owner !== undefined && (each.owner === owner || waiting.has(each.owner)));
}
