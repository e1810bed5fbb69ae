import { type Fence, fencesOf } from './markdown.ts';

/** A piece of code that a document shows, as a program of its own. */
export interface Sample {
  /** `README.md:12`: the document and the line of the code's first line. */
  readonly place: string;
  /** Name of the file it becomes; samples of one document see each other as `./name.ts`. */
  readonly file: string;
  /** Padded with empty lines, so that line numbers are the document's. */
  readonly text: string;
  /** `run`: compiled and run. `check`: compiled. `show`: must only parse. */
  readonly use: 'run' | 'check' | 'show';
  /** What it prints, when a `text` block follows. `…` stands for anything within a line. */
  readonly output: string | undefined;
}

/**
 * The TypeScript samples of a document: `ts run`, `ts check`, or plain `ts`; `file=models.ts` names the file.
 *
 * A `text` block is the output of the `ts run` block right before it.
 */
export function samplesOf(document: string, text: string): Sample[] {
  const fences = fencesOf(text);
  return fences.flatMap((fence, index) =>
    fence.language === 'ts' ? [sample(document, fence, fences[index + 1])] : [],
  );
}

function sample(document: string, fence: Fence, next: Fence | undefined): Sample {
  const named = fence.words.find((word) => word.startsWith('file='))?.slice('file='.length);
  const use = fence.words.includes('run') ? 'run' : fence.words.includes('check') ? 'check' : 'show';
  return {
    place: `${document}:${fence.line}`,
    file: named ?? `line-${fence.line}.ts`,
    text: '\n'.repeat(fence.line - 1) + fence.text,
    use,
    output: use === 'run' && next?.language === 'text' ? next.text : undefined,
  };
}

/** Whether what was printed is what the document says. Spaces at line ends do not count. */
export function printsAsDocumented(printed: string, documented: string): boolean {
  const lines = tidy(printed);
  const expected = tidy(documented);
  return lines.length === expected.length && expected.every((line, index) => lineMatches(lines[index] ?? '', line));
}

function lineMatches(printed: string, documented: string): boolean {
  const parts = documented.split('…').map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`));
  return new RegExp(`^${parts.join('.*')}$`).test(printed);
}

function tidy(text: string): string[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => line.trimEnd());
}
