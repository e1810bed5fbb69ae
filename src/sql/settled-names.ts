/** Names that are the database's already: the piece of Kysely that they are in may come by again inside a larger one. */
const settled = new WeakSet<object>();

export function settle<N extends object>(node: N): N {
  settled.add(node);
  return node;
}

export function isSettled(node: object): boolean {
  return settled.has(node);
}
