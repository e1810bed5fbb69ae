import { proseOf } from './markdown.ts';

const FILE_NAME = /(?<![\w/@:.-])(?:[\w.@-]+\/)*[\w.@-]+\.(?:ts|mts|mjs|json|md|txt)\b/g;
const LINK = /\]\(([^)\s#]+)(?:#[^)\s]*)?\)/g;

/**
 * The files that a document names, and that do not exist.
 *
 * @param text - the document.
 * @param exists - answers for a path relative to the project, or for a bare name anywhere in it.
 * @returns `line: name` for each.
 */
export function missingFiles(text: string, exists: (name: string) => boolean): string[] {
  return lineByLine(text, (line) => [...line.matchAll(FILE_NAME)].map(([name]) => name), exists);
}

/** The same for the targets of relative links. */
export function missingLinks(text: string, exists: (target: string) => boolean): string[] {
  return lineByLine(proseOf(text), linksOf, exists);
}

function linksOf(line: string): string[] {
  return [...line.matchAll(LINK)].map(([, target = '']) => target).filter((target) => !/^[a-z]+:/.test(target));
}

function lineByLine(text: string, namesOf: (line: string) => string[], exists: (name: string) => boolean): string[] {
  return text.split('\n').flatMap((line, index) =>
    namesOf(line)
      .filter((name) => !exists(name))
      .map((name) => `${index + 1}: ${name}`),
  );
}
