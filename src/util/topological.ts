/**
 * Groups of nodes that depend on each other in a circle, dependencies first; a node in no circle is a group of its own.
 * Pure (Tarjan's strongly connected components). Nodes of equal standing keep the order in which they were given.
 *
 * @param dependenciesOf - what must come before a node; nodes outside `nodes` are ignored.
 */
export function dependencyGroups<N>(nodes: readonly N[], dependenciesOf: (node: N) => Iterable<N>): N[][] {
  const search = new GroupSearch(new Set(nodes), dependenciesOf);
  for (const node of nodes) search.visit(node);
  return search.groups;
}

class GroupSearch<N> {
  readonly groups: N[][] = [];
  readonly #nodes: ReadonlySet<N>;
  readonly #dependenciesOf: (node: N) => Iterable<N>;
  readonly #order = new Map<N, number>();
  readonly #lowest = new Map<N, number>();
  readonly #stack: N[] = [];
  readonly #onStack = new Set<N>();

  constructor(nodes: ReadonlySet<N>, dependenciesOf: (node: N) => Iterable<N>) {
    this.#nodes = nodes;
    this.#dependenciesOf = dependenciesOf;
  }

  visit(node: N): void {
    if (this.#order.has(node)) return;
    const order = this.#order.size;
    this.#order.set(node, order);
    this.#lowest.set(node, order);
    this.#stack.push(node);
    this.#onStack.add(node);
    for (const dependency of this.#dependenciesOf(node)) this.#follow(node, dependency);
    if (this.#lowest.get(node) === order) this.groups.push(this.#takeGroup(node));
  }

  #follow(node: N, dependency: N): void {
    if (!this.#nodes.has(dependency)) return;
    this.visit(dependency);
    if (!this.#onStack.has(dependency)) return;
    this.#lowest.set(node, Math.min(this.#lowest.get(node) ?? 0, this.#lowest.get(dependency) ?? 0));
  }

  #takeGroup(root: N): N[] {
    const group: N[] = [];
    for (let node = this.#stack.pop(); node !== undefined; node = this.#stack.pop()) {
      this.#onStack.delete(node);
      group.push(node);
      if (node === root) break;
    }
    return group.reverse();
  }
}

/** Nodes in layers: each depends only on earlier layers. `circle` holds what cannot be ordered, empty when all can. */
export interface Layers<N> {
  readonly layers: N[][];
  readonly circle: N[];
}

/** Orders nodes one by one, as flat as possible. Pure, linear; every layer keeps the order in which its nodes were given. */
export function dependencyLayers<N>(nodes: readonly N[], dependenciesOf: (node: N) => Iterable<N>): Layers<N> {
  const place = new Map(nodes.map((node, at) => [node, at]));
  const dependents = new Map<N, N[]>(nodes.map((node) => [node, []]));
  const missing = new Map<N, number>();
  for (const node of nodes) {
    const needs = new Set([...dependenciesOf(node)].filter((each) => place.has(each)));
    missing.set(node, needs.size);
    for (const need of needs) dependents.get(need)?.push(node);
  }
  const inPlace = (left: N, right: N): number => (place.get(left) ?? 0) - (place.get(right) ?? 0);
  const layers: N[][] = [];
  let layer = nodes.filter((node) => missing.get(node) === 0);
  while (layer.length > 0) {
    layers.push(layer);
    layer = release(layer, dependents, missing).sort(inPlace);
  }
  const circle = nodes.filter((node) => (missing.get(node) ?? 0) > 0);
  return { layers, circle };
}

/** The nodes that wait for nothing more once `done` are done. */
function release<N>(done: readonly N[], dependents: ReadonlyMap<N, N[]>, missing: Map<N, number>): N[] {
  const free: N[] = [];
  for (const dependent of done.flatMap((node) => dependents.get(node) ?? [])) {
    const left = (missing.get(dependent) ?? 0) - 1;
    missing.set(dependent, left);
    if (left === 0) free.push(dependent);
  }
  return free;
}
