import type { ErrorCode } from './codes.ts';
import { HermeticError } from './hermetic-error.ts';

/** One thing that is wrong with the models of a program. */
export interface MappingFault {
  readonly code: ErrorCode;
  /** The fact, with the names of model and attribute. */
  readonly message: string;
  /** What to write instead. */
  readonly cure: string;
}

/**
 * The models do not make sense together. Carries every fault that one `configure` found.
 *
 * The code is that of the first fault.
 */
export class MappingError extends HermeticError {
  readonly faults: readonly MappingFault[];

  private constructor(faults: readonly [MappingFault, ...MappingFault[]], message: string, cure: string) {
    super({ code: faults[0].code, message, cure });
    this.faults = faults;
  }

  /** One error for all faults of one call. */
  static of(faults: readonly [MappingFault, ...MappingFault[]]): MappingError {
    const [first, ...others] = faults;
    if (others.length === 0) return new MappingError(faults, first.message, first.cure);
    const list = faults.map((fault, index) => ` ${index + 1}. ${fault.message} ${fault.cure}`);
    return new MappingError(
      faults,
      `The models have ${faults.length} faults.\n${list.join('\n')}\n`,
      'Mend them and start again.',
    );
  }

  /** @param found - what was given in place of a model. */
  static unmappedClass(found: unknown): MappingError {
    return MappingError.of([unmappedClass(found)]);
  }
}

/** The value is not a class that `Model` made. */
export function unmappedClass(found: unknown): MappingFault {
  return {
    code: 'MAPPING_UNMAPPED_CLASS',
    message: `${describe(found)} is not a mapped class.`,
    cure: "Declare it as class X extends Model('table', { … }), and pass the class itself.",
  };
}

/** What a wrong value is called in a message: its kind and name, never its content. */
export function describe(found: unknown): string {
  if (found === undefined || found === null) return String(found);
  if (typeof found === 'function') return found.name === '' ? 'An unnamed function' : `'${found.name}'`;
  if (typeof found !== 'object') return `A ${typeof found}`;
  const name: unknown = found.constructor?.name;
  return typeof name === 'string' && name !== 'Object' ? `An instance of ${name}` : 'An object';
}

/** Ends a cure: `Did you mean 'x'?`, or the whole choice when nothing is near. */
export function suggestion(nearest: string | undefined, choice: Iterable<string>): string {
  if (nearest !== undefined) return `Did you mean '${nearest}'?`;
  const list = [...choice].map((word) => `'${word}'`).join(', ');
  return list === '' ? 'There are none yet.' : `There are: ${list}.`;
}
