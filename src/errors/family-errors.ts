import { HermeticError } from './hermetic-error.ts';

/** An object was made of a class that only its subclasses have objects of. */
export class NoIdentityError extends HermeticError {
  static of(model: string, kinds: readonly string[]): NoIdentityError {
    const subclasses = kinds.filter((name) => name !== model);
    return new NoIdentityError({
      code: 'STATE_NO_IDENTITY',
      message: `${model} has no identity, so there are no objects of it, only of its subclasses.`,
      cure: `Make an object of ${subclasses.length === 0 ? 'a subclass' : subclasses.join(' or ')}, or give ${model} an identity beside its discriminator.`,
    });
  }
}

/** A discriminator was set to something other than what the object's class says. */
export class DiscriminatorError extends HermeticError {
  /** Somebody else has changed the class of a row whose object is in the session. */
  static changed(instance: string, now: string): DiscriminatorError {
    return new DiscriminatorError({
      code: 'STATE_DISCRIMINATOR',
      message: `The row of ${instance} is one of ${now} now, and an object cannot change its class.`,
      cure: 'Take the object out with session.expunge(object) and read it again.',
    });
  }

  /** @param attribute - `Manager.type`. */
  static of(attribute: string): DiscriminatorError {
    return new DiscriminatorError({
      code: 'STATE_DISCRIMINATOR',
      message: `${attribute} says of which class an object is, and an object cannot change its class.`,
      cure: 'Leave it out: the class sets it. To change the class of a row, delete the object and add one of the other class.',
    });
  }
}

/** A row whose discriminator no class has for its identity. */
export class UnknownIdentityError extends HermeticError {
  static of(model: string, identity: unknown, known: readonly unknown[]): UnknownIdentityError {
    const isNamed = typeof identity === 'string' || typeof identity === 'number';
    const found = isNamed ? `the discriminator '${`${identity}`.slice(0, 40)}'` : 'no discriminator';
    return new UnknownIdentityError({
      code: 'QUERY_UNKNOWN_IDENTITY',
      message: `A row of ${model} has ${found}, which is not the identity of a known class. Known are: ${known.join(', ')}.`,
      cure: 'Name every subclass in the models of sessionFactory(engine, { models }), or correct the row.',
    });
  }
}
