import { HermeticError } from './hermetic-error.ts';

/** A scoped session was used where no scope is open. */
export class NoScopeError extends HermeticError {
  static outside(verb: string): NoScopeError {
    return new NoScopeError({
      code: 'SCOPE_MISSING',
      message: `${verb} was used outside any scope, so there is no session to use.`,
      cure: 'Wrap the work in db.run(async () => { … }), or register the plugin of your web framework. If a scope should be open here, a callback API may have lost its async context: use promises, or bind the callback.',
    });
  }
}

/** A scope was used after its work ended. */
export class ScopeClosedError extends HermeticError {
  static of(label: string | undefined, verb: string): ScopeClosedError {
    const scope = label === undefined ? 'This scope' : `The scope '${label}'`;
    return new ScopeClosedError({
      code: 'SCOPE_CLOSED',
      message: `${scope} has ended, and with it its session: ${verb} came too late.`,
      cure: 'Await everything before the request or run() ends; give work that goes on its own scope with db.run(…).',
    });
  }
}
