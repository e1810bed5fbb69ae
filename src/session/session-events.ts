import type { Connection } from '../engine/connection.ts';
import type { ModelClass } from '../mapping/mapper.ts';
import type { TransactionFacts } from './transaction-facts.ts';

export interface SessionEvent<S> {
  readonly session: S;
}

export interface TransactionEvent<S> extends SessionEvent<S> {
  readonly transaction: TransactionFacts;
}

export interface BeginEvent<S> extends TransactionEvent<S> {
  /** BEGIN goes ahead of the first statement on it. */
  readonly connection: Connection;
}

/** What a flush wrote. */
export interface FlushedEvent<S> extends SessionEvent<S> {
  readonly new: readonly object[];
  readonly dirty: readonly object[];
  readonly deleted: readonly object[];
}

export interface ObjectEvent<S, E = object> extends SessionEvent<S> {
  readonly object: E;
}

/** Events of a session as a whole → what their listeners get. */
export interface SessionEventMap<S = object> {
  /** A transaction, a savepoint or the scope of a flush was opened in memory. */
  transactionCreate: TransactionEvent<S>;
  /** The transaction has its connection; nothing was sent on it yet. */
  afterBegin: BeginEvent<S>;
  /** A flush starts: what is added, changed or deleted here is part of it. */
  beforeFlush: SessionEvent<S>;
  /** The statements of a flush were sent. */
  afterFlush: FlushedEvent<S>;
  /** The flush is over and every object is in its new state. */
  afterFlushPostexec: FlushedEvent<S>;
  /** `commit()` was called; its flush comes next. */
  beforeCommit: SessionEvent<S>;
  /** The database has committed. */
  afterCommit: SessionEvent<S>;
  /** The database has rolled the transaction back, and memory is as it was. */
  afterRollback: SessionEvent<S>;
  /** A transaction or a savepoint was rolled back and left. */
  afterSoftRollback: TransactionEvent<S>;
  /** A transaction, a savepoint or the scope of a flush was left. */
  transactionEnd: TransactionEvent<S>;
}

/** Events about one object: its row in a flush, and its moves from state to state. */
export const OBJECT_EVENTS = [
  'beforeInsert',
  'afterInsert',
  'beforeUpdate',
  'afterUpdate',
  'beforeDelete',
  'afterDelete',
  'transientToPending',
  'pendingToPersistent',
  'pendingToTransient',
  'persistentToDeleted',
  'persistentToDetached',
  'persistentToTransient',
  'deletedToPersistent',
  'deletedToDetached',
  'detachedToPersistent',
  'loadedAsPersistent',
] as const;

export type ObjectEventName = (typeof OBJECT_EVENTS)[number];

export const SESSION_EVENTS: readonly (keyof SessionEventMap)[] = [
  'transactionCreate',
  'afterBegin',
  'beforeFlush',
  'afterFlush',
  'afterFlushPostexec',
  'beforeCommit',
  'afterCommit',
  'afterRollback',
  'afterSoftRollback',
  'transactionEnd',
];

/** SQLAlchemy's words for two of them are understood too. */
interface Synonyms {
  afterTransactionCreate: 'transactionCreate';
  afterTransactionEnd: 'transactionEnd';
}

export const SYNONYMS: ReadonlyMap<string, string> = new Map([
  ['afterTransactionCreate', 'transactionCreate'],
  ['afterTransactionEnd', 'transactionEnd'],
]);

/** Everything that `session.on` takes. */
export type SessionEventName = keyof SessionEventMap | ObjectEventName | keyof Synonyms;

type EventOf<N, S, E = object> = N extends keyof SessionEventMap
  ? SessionEventMap<S>[N]
  : N extends keyof Synonyms
    ? SessionEventMap<S>[Synonyms[N]]
    : ObjectEvent<S, E>;

/** Called with the event; a promise that it returns is awaited before anything else happens. */
export type SessionListener<N extends SessionEventName, S, E = object> = (event: EventOf<N, S, E>) => unknown;

/** `on(event, listener)` and `on(Model, event, listener)`. */
export interface ListenTo<S> {
  /** @returns what removes the listener again. */
  <N extends SessionEventName>(event: N, listener: SessionListener<N, S>): () => void;
  /** Only for objects of this class. */
  <C extends ModelClass, N extends ObjectEventName>(
    model: C,
    event: N,
    listener: SessionListener<N, S, InstanceType<C>>,
  ): () => void;
}
