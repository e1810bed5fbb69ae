import { HermeticError } from './hermetic-error.ts';

/** A line of the program causes a statement for each object of a loop. Only ever a warning. */
export class RepeatedLoadsError extends HermeticError {
  static at(
    line: string,
    load: { readonly what: string; readonly cure: string; readonly statements: number; readonly objects: number },
  ): RepeatedLoadsError {
    const { what, cure, statements, objects } = load;
    return new RepeatedLoadsError({
      code: 'SESSION_REPEATED_LOADS',
      message: `${line} has caused ${statements} statements for ${what} in one session, for ${objects} objects in all.`,
      cure: `${cure} This is said once for each line; the session option repeatedLoads sets the number, or false.`,
    });
  }
}
