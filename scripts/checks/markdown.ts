/** A fenced block. */
export interface Fence {
  /** The first word after the backticks: `ts`, `text`, … */
  readonly language: string;
  /** The words after it: `run`, `check`, `file=models.ts`. */
  readonly words: readonly string[];
  readonly text: string;
  /** Line of the document, from 1, that the first line of `text` stands on. */
  readonly line: number;
}

/** Every fenced block of a document, in order; one that is never closed runs to the end. */
export function fencesOf(document: string): Fence[] {
  const fences: Fence[] = [];
  let open: { info: string; start: number } | undefined;
  const lines = document.split('\n');
  for (const [index, line] of [...lines, '```'].entries()) {
    const info = /^\s*```(.*)$/.exec(line)?.[1];
    if (info === undefined) continue;
    if (open === undefined) {
      open = { info, start: index + 1 };
    } else {
      fences.push(fence(open.info, lines.slice(open.start, index), open.start + 1));
      open = undefined;
    }
  }
  return fences;
}

function fence(info: string, lines: readonly string[], line: number): Fence {
  const [language = '', ...words] = info.trim().split(/\s+/);
  return { language, words, text: lines.map((text) => `${text}\n`).join(''), line };
}

/** The document without its fenced blocks, its line numbers kept. */
export function proseOf(document: string): string {
  const lines = document.split('\n');
  for (const { line, text } of fencesOf(document)) {
    const length = text.split('\n').length - 1;
    lines.fill('', line - 1, line - 1 + length);
  }
  return lines.join('\n');
}
