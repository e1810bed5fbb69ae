export { createEngine } from './engine/create-engine.ts';
export type { Connection, TransactionOptions } from './engine/connection.ts';
export type { BeginOptions, ConnectOptions, Engine } from './engine/engine.ts';
export type { EngineOptions } from './engine/engine-options.ts';
export type { EngineEventMap } from './engine/engine-events.ts';
export type { Executable } from './engine/executable.ts';
export type { ExecutionOptions } from './engine/engine-events.ts';
export type { IsolationLevel } from './dialects/dialect.ts';
export type { DriverResult } from './driver/driver.ts';

export { many, one } from './mapping/relationship-builder.ts';
export type {
  RelationshipOptions,
  ToMany,
  ToManyOptions,
  ToOne,
  ToOneOptions,
} from './mapping/relationship-builder.ts';
export { via } from './mapping/via-builder.ts';
export type { Via } from './mapping/via-builder.ts';
export type { ColumnBuilder } from './mapping/column-builder.ts';
export type { ModelOptions } from './mapping/model-options.ts';
export type { ModelClass } from './mapping/mapper.ts';
export { embedded } from './mapping/embedded-builder.ts';
export type { EmbeddedOptions, EmbeddedPath, ValueClass } from './mapping/embedded-builder.ts';
export { configure } from './mapping/configure.ts';
export { t } from './mapping/t.ts';
export { expression } from './model/expression.ts';
export { hybrid } from './model/hybrid.ts';
export type { ColumnExpressions } from './model/hybrid.ts';
export { mix } from './model/mix.ts';
export { Model } from './model/model.ts';
export { Submodel } from './model/submodel.ts';
export type { ChangedRow, NewRow } from './model/bulk-types.ts';
export type { Loaded } from './model/loaded-types.ts';
export type {
  DatabaseOf,
  Init,
  KeyedCollection,
  KeyOf,
  Lazy,
  MappedClass,
  Models,
  Row,
  ViaView,
  WriteOnly,
} from './model/model-types.ts';

export { inspect } from './state/inspect.ts';
export type { AttributeInspection, History, IdentityKey, Inspection } from './state/inspect.ts';
export { toObject } from './state/serialize.ts';
export type { PlainObject, ToObjectOptions } from './state/serialize.ts';
export type { Lifecycle } from './state/lifecycle.ts';
export { makeTransient, makeTransientToDetached } from './state/make-transient.ts';

export type { Changes, FilterRows, RelatedTerms, RowFilter } from './model/query-types.ts';
export type { NotRead, PartOf } from './model/part-types.ts';
export type { Alteration, LoadStrategy, LockMode, RowLock } from './loading/query-spec.ts';
export type { Query } from './session/query.ts';
export type { EntityQuery, RowsSource } from './session/entity-query.ts';
export type { Cursor } from './session/cursor.ts';
export type { Page, PageOptions } from './session/page.ts';
export type { RelatedQuery } from './session/related-query.ts';
export type { StreamOptions } from './session/stream.ts';
export type { WhereOptions } from './session/change-arguments.ts';
export { scopedSession } from './session/scoped-session.ts';
export type { OpenScope, ScopedSession, ScopedSessionOptions, ScopeOptions } from './session/scoped-session.ts';
export { Session } from './session/session.ts';
export type { UpsertOptions } from './session/session-bulk.ts';
export type { ForUpdate, QueryLock } from './session/row-lock.ts';
export type { GetOptions, RefreshOptions } from './session/session-reads.ts';
export type {
  BeginEvent,
  FlushedEvent,
  ListenTo,
  ObjectEvent,
  ObjectEventName,
  SessionEvent,
  SessionEventMap,
  SessionEventName,
  SessionListener,
  TransactionEvent,
} from './session/session-events.ts';
export type { TransactionFacts } from './session/transaction-facts.ts';
export { GlobalFilter, globalFilter } from './session/global-filter.ts';
export type { FilteredSession, NarrowRows } from './session/global-filter.ts';
export { identityKey, sessionOf } from './session/session-of.ts';
export type { MergeOptions } from './session/merge.ts';
export type { ConnectionOptions } from './session/session.ts';
export type { Bind, ModelBind, ModelBinds } from './session/binds.ts';
export type { JoinTransactionMode } from './session/enlistment.ts';
export { sessionFactory } from './session/session-factory.ts';
export type { SessionFactory, SessionFactoryOptions } from './session/session-factory.ts';
export type { SessionOptions } from './session/session-options.ts';
export type { TransactionHandle } from './session/transaction-handle.ts';

export type { DisposalReport, DisposeOptions, Pool, PoolHolder, PoolStatus } from './pool/pool.ts';
export type { Lease } from './pool/lease.ts';

export { BulkRowError } from './errors/bulk-errors.ts';
export { CursorError } from './errors/cursor-errors.ts';
export { HermeticError } from './errors/hermetic-error.ts';
export type { ErrorCode } from './errors/codes.ts';
export {
  CheckViolation,
  CommitUnknownError,
  ConstraintViolation,
  DatabaseError,
  Deadlock,
  DisconnectError,
  ForeignKeyViolation,
  LockTimeout,
  NotNullViolation,
  SerializationFailure,
  UniqueViolation,
} from './errors/database-errors.ts';
export {
  DriverMissingError,
  EngineDisposedError,
  EngineOptionError,
  TransactionStateError,
} from './errors/engine-errors.ts';
export { NoIdentityError, DiscriminatorError, UnknownIdentityError } from './errors/family-errors.ts';
export {
  BadValueError,
  FlushCycleError,
  MissingRowsError,
  NullKeyError,
  NullVersionError,
  StaleDataError,
} from './errors/flush-errors.ts';
export {
  EndlessFlushError,
  OverlappingCallError,
  ReentrantCallError,
  SessionEventError,
} from './errors/hook-errors.ts';
export { MappingError } from './errors/mapping-errors.ts';
export {
  LeaseReleasedError,
  PoolClosedError,
  PoolNoConnectionError,
  PoolOverloadedError,
  PoolTimeoutError,
  PoolUnavailableError,
} from './errors/pool-errors.ts';
export { NoScopeError, ScopeClosedError } from './errors/scope-errors.ts';
export {
  AttachError,
  MergeError,
  MultipleResultsError,
  NoResultError,
  NoSuchObject,
  ObjectDeletedError,
  ObjectStateError,
  PendingRollbackError,
  QueryArgumentError,
  SessionClosedError,
  SessionOptionError,
  SessionTransactionError,
} from './errors/session-errors.ts';
export {
  DetachedInstanceError,
  ExpiredAttributeError,
  MemberKeyError,
  NotLoadedError,
  RelationshipTypeError,
  SerializationError,
  UnknownAttributeError,
  ViaWriteError,
  UnmappedInstanceError,
} from './errors/state-errors.ts';
export { InDoubtError, PartialCommitError, ReadOnlySessionError, UnboundError } from './errors/transaction-errors.ts';
export { WebOptionError } from './errors/web-errors.ts';
