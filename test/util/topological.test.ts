import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { dependencyGroups, dependencyLayers } from '../../src/util/topological.ts';

/** node → what must come before it. */
type Graph = Readonly<Record<string, readonly string[]>>;

const of =
  (graph: Graph) =>
  (node: string): readonly string[] =>
    graph[node] ?? [];

/** Up to twelve nodes, with edges that go anywhere; `isAcyclic`: only to earlier ones. */
function graphs(isAcyclic: boolean): fc.Arbitrary<Map<number, number[]>> {
  return fc.integer({ min: 0, max: 12 }).chain((size) =>
    fc
      .tuple(
        ...Array.from({ length: size }, (_, at) =>
          fc.uniqueArray(fc.nat({ max: Math.max(0, (isAcyclic ? at : size) - 1) }), {
            maxLength: isAcyclic && at === 0 ? 0 : 3,
          }),
        ),
      )
      .map((edges) => new Map(edges.map((targets, at) => [at, targets]))),
  );
}

/** Everything that is reached from `start`. */
function reach(graph: Map<number, number[]>, start: number): Set<number> {
  const reached = new Set<number>();
  const open = [...(graph.get(start) ?? [])];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (reached.has(node)) continue;
    reached.add(node);
    open.push(...(graph.get(node) ?? []));
  }
  return reached;
}

describe('dependencyLayers', () => {
  test('puts every dependency into an earlier layer, every node into the earliest that it can be in', () => {
    const property = fc.property(graphs(true), (graph) => {
      const { layers, circle } = dependencyLayers([...graph.keys()], (node) => graph.get(node) ?? []);
      const layerOf = new Map(layers.flatMap((layer, at) => layer.map((node) => [node, at] as const)));
      expect([circle, layerOf.size]).toEqual([[], graph.size]);
      for (const [node, targets] of graph) {
        expect(layerOf.get(node)).toBe(Math.max(-1, ...targets.map((target) => layerOf.get(target)!)) + 1);
      }
    });
    fc.assert(property, { seed: 7 });
  });

  test('leaves out what is in a circle or behind one', () => {
    const property = fc.property(graphs(false), (graph) => {
      const nodes = [...graph.keys()];
      const { layers, circle } = dependencyLayers(nodes, (node) => graph.get(node) ?? []);
      const isStuck = (node: number): boolean =>
        [node, ...reach(graph, node)].some((each) => reach(graph, each).has(each));
      expect(circle).toEqual(nodes.filter(isStuck));
      expect(layers.flat().sort((a, b) => a - b)).toEqual(nodes.filter((node) => !isStuck(node)));
    });
    fc.assert(property, { seed: 8 });
  });

  test('keeps the given order within a layer, and ignores nodes that were not given', () => {
    const graph: Graph = { c: ['x'], b: ['d'], a: ['d'], d: ['y'], e: [] };
    expect(dependencyLayers(['c', 'b', 'a', 'd', 'e'], of(graph))).toEqual({
      layers: [
        ['c', 'd', 'e'],
        ['b', 'a'],
      ],
      circle: [],
    });
  });

  test('orders a chain of fifty thousand nodes', () => {
    const nodes = Array.from({ length: 50_000 }, (_, at) => at);
    const { layers } = dependencyLayers(nodes, (node) => (node === 0 ? [] : [node - 1]));
    expect(layers.length).toBe(50_000);
  });
});

describe('dependencyGroups', () => {
  test('puts every dependency before its dependents, and circles together', () => {
    const property = fc.property(graphs(false), (graph) => {
      const groups = dependencyGroups([...graph.keys()], (node) => graph.get(node) ?? []);
      const groupOf = new Map(groups.flatMap((group, at) => group.map((node) => [node, at] as const)));
      expect(groupOf.size).toBe(graph.size);
      for (const node of graph.keys()) {
        for (const other of reach(graph, node)) {
          const isCircle = reach(graph, other).has(node);
          const order = Math.sign(groupOf.get(node)! - groupOf.get(other)!);
          expect(order).toBe(isCircle ? 0 : 1);
        }
      }
    });
    fc.assert(property, { seed: 9 });
  });

  test('keeps the given order among equals', () => {
    expect(dependencyGroups(['c', 'a', 'b'], () => [])).toEqual([['c'], ['a'], ['b']]);
    expect(dependencyGroups(['child', 'parent'], of({ child: ['parent', 'elsewhere'] }))).toEqual([
      ['parent'],
      ['child'],
    ]);
  });
});
