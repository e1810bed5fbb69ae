import { HermeticError } from './hermetic-error.ts';

/** A web plugin was registered with options that it cannot use. */
export class WebOptionError extends HermeticError {
  static noScopedSession(plugin: string): WebOptionError {
    return new WebOptionError({
      code: 'WEB_BAD_OPTION',
      message: `${plugin} was given no scoped session as 'db'.`,
      cure: 'Pass { db }, with db = scopedSession(Session).',
    });
  }
}
