import { suggestion, type MappingFault } from '../errors/mapping-errors.ts';
import { relationshipFault } from '../errors/relationship-faults.ts';
import type { CascadeRule } from './mapper.ts';
import { nearestWord } from './nearest-word.ts';

const ALL: readonly CascadeRule[] = ['save-update', 'merge', 'refresh-expire', 'expunge', 'delete'];
const DEFAULT: ReadonlySet<CascadeRule> = new Set(['save-update', 'merge']);

const RULES: Readonly<Record<string, readonly CascadeRule[]>> = {
  'save-update': ['save-update'],
  merge: ['merge'],
  'refresh-expire': ['refresh-expire'],
  expunge: ['expunge'],
  delete: ['delete'],
  'delete-orphan': ['delete-orphan'],
  all: ALL,
  none: [],
};

/** The rules that `text` lists; the default for undefined. Complains about unknown words under the name `place`. */
export function parseCascade(
  text: string | undefined,
  place: string,
  faults: MappingFault[],
): ReadonlySet<CascadeRule> {
  if (text === undefined) return DEFAULT;
  const rules = new Set<CascadeRule>();
  for (const word of text.split(',').map((part) => part.trim())) {
    if (word === '') continue;
    const known = Object.hasOwn(RULES, word) ? RULES[word] : undefined;
    if (known === undefined) {
      const words = Object.keys(RULES);
      faults.push(relationshipFault.badCascade(place, word, suggestion(nearestWord(word, words), words)));
    }
    for (const rule of known ?? []) rules.add(rule);
  }
  return rules;
}
