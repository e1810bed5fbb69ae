import { HermeticError } from './hermetic-error.ts';

/** Something that is no object of a mapped class was given where one is needed. */
export class UnmappedInstanceError extends HermeticError {
  static for(value: unknown): UnmappedInstanceError {
    const isClass = typeof value === 'function';
    const hint = isClass ? `; was a class (${value.name}) supplied where an instance was required?` : '.';
    return new UnmappedInstanceError({
      code: 'MAPPING_UNMAPPED_INSTANCE',
      message: `Class '${classOf(value)}' is not mapped${hint}`,
      cure: isClass ? 'Pass an instance, not the class.' : 'Pass an object made by a class that extends Model(…).',
    });
  }
}

/** An object needs the database and has no session to ask. */
export class DetachedInstanceError extends HermeticError {
  static attributeRefresh(instance: string, attribute: string): DetachedInstanceError {
    return new DetachedInstanceError({
      code: 'STATE_DETACHED',
      message: `Instance ${instance} is not bound to a Session; attribute refresh operation cannot proceed (attribute '${attribute}').`,
      cure: 'Read it before the session ends, or add the object to a session and refresh() it there.',
    });
  }

  static deferredLoad(instance: string, attribute: string): DetachedInstanceError {
    return new DetachedInstanceError({
      code: 'STATE_DETACHED',
      message: `Parent instance ${instance} is not bound to a Session; deferred load operation of attribute '${attribute}' cannot proceed.`,
      cure: `Ask for it while the session is open with .undefer('${attribute}'), or add the object to a session and load() it there.`,
    });
  }

  static lazyLoad(instance: string, attribute: string): DetachedInstanceError {
    return new DetachedInstanceError({
      code: 'STATE_DETACHED',
      message: `Parent instance ${instance} is not bound to a Session; lazy load operation of attribute '${attribute}' cannot proceed.`,
      cure: `Load it while the session is open with .with('${attribute}'), or add the object to a session first.`,
    });
  }
}

/** A column was read that is expired or was never loaded. Reading never does I/O. */
export class ExpiredAttributeError extends HermeticError {
  static for(instance: string, attribute: string): ExpiredAttributeError {
    return new ExpiredAttributeError({
      code: 'STATE_EXPIRED_ATTRIBUTE',
      message: `Attribute '${attribute}' of ${instance} is expired.`,
      cure: 'Call await session.refresh(object) first, or read it before it expires; a property never reads from the database by itself.',
    });
  }
}

/** A relationship that nobody loaded was used as if it were loaded. */
export class NotLoadedError extends HermeticError {
  static member(relationship: string, attribute: string, member: string): NotLoadedError {
    return new NotLoadedError({
      code: 'STATE_NOT_LOADED',
      message: `${relationship} is not loaded, so '${member}' cannot be read from it.`,
      cure: `Write (await object.${attribute}).${member}, or load it with the objects: .with('${attribute}').`,
    });
  }

  static deferred(instance: string, attribute: string): NotLoadedError {
    return new NotLoadedError({
      code: 'STATE_NOT_LOADED',
      message: `Attribute '${attribute}' of ${instance} is deferred and not loaded.`,
      cure: `Call await session.load(object, '${attribute}') first, or ask for it in the query with .undefer('${attribute}').`,
    });
  }

  static raised(relationship: string, attribute: string): NotLoadedError {
    return new NotLoadedError({
      code: 'STATE_NOT_LOADED',
      message: `${relationship} is not loaded, and is not to be loaded lazily.`,
      cure: `Load it with the objects, .with('${attribute}'), or before it is used: session.load(objects, '${attribute}').`,
    });
  }

  static leftOut(instance: string, attribute: string): NotLoadedError {
    return new NotLoadedError({
      code: 'STATE_NOT_LOADED',
      message: `Attribute '${attribute}' of ${instance} was left out by the query that read it.`,
      cure: `Call await session.load(object, '${attribute}') first, or name it in the query with .columns('${attribute}').`,
    });
  }

  static replaceUnread(relationship: string, attribute: string): NotLoadedError {
    return new NotLoadedError({
      code: 'STATE_NOT_LOADED',
      message: `The collection ${relationship} is never loaded, so it cannot be replaced.`,
      cure: `Use object.${attribute}.add(…) and object.${attribute}.remove(…).`,
    });
  }

  static writeOnly(relationship: string, attribute: string): NotLoadedError {
    return new NotLoadedError({
      code: 'STATE_NOT_LOADED',
      message: `The collection ${relationship} is never loaded: it is lazy: 'writeonly'.`,
      cure: `Read what you need of it: await object.${attribute}.query().limit(100).`,
    });
  }

  static replace(relationship: string, attribute: string): NotLoadedError {
    return new NotLoadedError({
      code: 'STATE_NOT_LOADED',
      message: `The collection ${relationship} is not loaded, so it cannot be replaced.`,
      cure: `Load it first with await object.${attribute}, or link from the other side.`,
    });
  }

  static replacePart(relationship: string, attribute: string): NotLoadedError {
    return new NotLoadedError({
      code: 'STATE_NOT_LOADED',
      message: `Only a part of the collection ${relationship} is loaded, so it cannot be replaced.`,
      cure: `Load the whole first with await session.load(object, '${attribute}'), or add and remove members one by one.`,
    });
  }
}

/** A relationship was given something other than an object of its target. */
export class RelationshipTypeError extends HermeticError {
  static for(relationship: string, target: string, value: unknown): RelationshipTypeError {
    return new RelationshipTypeError({
      code: 'STATE_WRONG_TARGET',
      message: `${relationship} takes objects of ${target}, not ${describe(value)}.`,
      cure: `Give it an instance of ${target}.`,
    });
  }
}

/** A keyed collection was given a member under a key that the member does not have. */
export class MemberKeyError extends HermeticError {
  static other(relationship: string, property: string): MemberKeyError {
    return new MemberKeyError({
      code: 'STATE_WRONG_KEY',
      message: `${relationship} was given an object under another key than its own ${property}.`,
      cure: `Use add(object), which takes the key from it, or set its ${property} first.`,
    });
  }

  static none(relationship: string, property: string): MemberKeyError {
    return new MemberKeyError({
      code: 'STATE_WRONG_KEY',
      message: `${relationship} was given an object without a ${property}, which is its key there.`,
      cure: `Set its ${property} first, or use set(key, object), which does so.`,
    });
  }
}

/** A `via` was written to in a way that its association objects would not follow. */
export class ViaWriteError extends HermeticError {
  static unseen(relationship: string): ViaWriteError {
    return new ViaWriteError({
      code: 'STATE_VIA_WRITE',
      message: `What is shown of ${relationship} by a via can be read, pushed to and removed from, and nothing else.`,
      cure: 'Use push(value) and remove(value), or change the collection itself.',
    });
  }

  static unloaded(relationship: string, attribute: string): ViaWriteError {
    return new ViaWriteError({
      code: 'STATE_VIA_WRITE',
      message: `${relationship} is not loaded, so what a via shows of it cannot be replaced.`,
      cure: `Load it first with await object.${attribute}.`,
    });
  }
}

/** A constructor was given a name that the class does not map. */
export class UnknownAttributeError extends HermeticError {
  static of(model: string, attribute: string, known: readonly string[]): UnknownAttributeError {
    return new UnknownAttributeError({
      code: 'STATE_UNKNOWN_ATTRIBUTE',
      message: `${model} has no attribute '${attribute}'.`,
      cure: `Use one of: ${known.join(', ')}.`,
    });
  }
}

/** An object cannot be made plain data in the way that was asked for. */
export class SerializationError extends HermeticError {
  static depth(): SerializationError {
    return new SerializationError({
      code: 'STATE_BAD_DEPTH',
      message: 'The depth of toObject() is not a whole number from 0 on.',
      cure: 'Give 0 for the columns alone, 1 for their relationships too, or leave it out.',
    });
  }
}

/** The library tried a move between states that does not exist: a fault of the library. */
export class IllegalMoveError extends HermeticError {
  static between(instance: string, from: string, to: string): IllegalMoveError {
    return new IllegalMoveError({
      code: 'STATE_ILLEGAL_MOVE',
      message: `${instance} cannot go from ${from} to ${to}.`,
      cure: 'Please report this with the calls that led to it: it is a fault of the library.',
    });
  }
}

/** What stands where a mapped class should: the class of an object, else the kind of the value. */
function classOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return value === null ? 'null' : typeof value;
  return value.constructor?.name ?? 'Object';
}

/** Says what kind of thing a value is, never the value itself. */
function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value !== 'object') return `a ${typeof value}`;
  if (Array.isArray(value)) return 'an array';
  const name = value.constructor?.name;
  return name === undefined || name === 'Object' ? 'a plain object' : `an object of ${name}`;
}

/** A relationship that is only for reading was assigned or changed. */
export class ReadOnlyRelationshipError extends HermeticError {
  static of(relationship: string): ReadOnlyRelationshipError {
    return new ReadOnlyRelationshipError({
      code: 'STATE_VIEWONLY',
      message: `${relationship} is viewonly: it cannot be changed.`,
      cure: 'Change the relationship that writes the same rows; this one shows them when it is loaded again.',
    });
  }
}

/** An object would have two of what it may have one of. */
export class SecondParentError extends HermeticError {
  static of(relationship: string, instance: string, holder: string): SecondParentError {
    return new SecondParentError({
      code: 'STATE_SECOND_PARENT',
      message: `Instance ${instance} is held by ${holder} in ${relationship} already, which allows a single parent.`,
      cure: 'Take it out there first, or leave singleParent out if several may hold it.',
    });
  }
}
