import { isRecord, kindOf, show } from './option-rules.ts';
import type { Connector } from './pool.ts';

const NEEDED = ['connect', 'close'] as const;
const OPTIONAL = [
  'destroy',
  'prepare',
  'prepareOnce',
  'isPassing',
  'ping',
  'isDisconnect',
  'cancel',
  'reset',
  'commit',
  'condition',
] as const satisfies readonly (keyof Connector<unknown>)[];

/** What is wrong with a connector. It may have members of its own: only those that the pool calls are looked at. */
export function connectorFaults(connector: unknown): string[] {
  if (!isRecord(connector)) return [`connector must be an object with connect and close, not ${kindOf(connector)}`];
  const members: Partial<Record<string, unknown>> = Object.fromEntries(
    [...NEEDED, ...OPTIONAL].map((name) => [name, Reflect.get(connector, name)]),
  );
  const isMissing = (name: string): boolean => members[name] === undefined && !NEEDED.some((needed) => needed === name);
  return Object.entries(members)
    .filter(([name, member]) => typeof member !== 'function' && !isMissing(name))
    .map(([name, member]) => `connector.${name} must be a function, not ${show(member)}`);
}
