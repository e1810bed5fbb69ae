import type { OperationNode, RootOperationNode } from 'kysely';

import { UnboundError } from '../errors/transaction-errors.ts';
import type { Mapper } from '../mapping/mapper.ts';
import type { Bind, Binds } from './binds.ts';

interface NamedTable extends OperationNode {
  readonly table: { readonly identifier: { readonly name: string } };
}

/** Which bind a Kysely statement goes to: that of the models whose tables it names. */
export class TableRoutes {
  readonly #binds: Binds;
  readonly #mappers: ReadonlyMap<string, Mapper>;

  constructor(binds: Binds, mappers: readonly Mapper[]) {
    this.#binds = binds;
    this.#mappers = new Map(mappers.map((mapper) => [mapper.table.name, mapper]));
  }

  /** @throws {UnboundError} SESSION_NO_BIND - the tables live on several engines; or there are none, and no default. */
  bindOf(statement: RootOperationNode): Bind {
    if (this.#binds.isSingle) return this.#binds.default;
    const mappers = [...tablesIn(statement)].sort().flatMap((name) => this.#mappers.get(name) ?? []);
    const [bind, ...others] = new Set(mappers.map((mapper) => this.#binds.of(mapper)));
    if (others.length > 0) throw UnboundError.several(mappers.map((mapper) => mapper.table.name));
    return bind ?? this.#binds.default;
  }
}

function tablesIn(statement: RootOperationNode): Set<string> {
  return new Set([...nodesIn(statement)].filter(isTable).map(({ table }) => table.identifier.name));
}

/** A statement's nodes, and whatever objects they are made of that look like one. */
export function* nodesIn(statement: RootOperationNode): Generator<OperationNode> {
  const rest: object[] = [statement];
  for (let node = rest.pop(); node !== undefined; node = rest.pop()) {
    if (isNode(node)) yield node;
    const parts: unknown[] = Object.values(node);
    for (const part of parts) if (typeof part === 'object' && part !== null) rest.push(part);
  }
}

function isNode(node: object): node is OperationNode {
  return 'kind' in node;
}

function isTable(node: OperationNode): node is NamedTable {
  return node.kind === 'TableNode';
}
