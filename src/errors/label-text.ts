const LONGEST = 120;
/** What would end a line of a report, or not be seen in it. */
const UNPRINTABLE = /[\p{Cc}\p{Zl}\p{Zp}]/u;
/** What JSON leaves as it is. */
const LEFT_BY_JSON = /[\u007f-\u009f\u2028\u2029]/g;

/** Who somebody is, in a text of one line: a label, quoted where it is empty or would break the line. */
export function labelText(label: unknown): string {
  if (label === undefined) return 'unlabelled';
  return typeof label === 'string' ? oneLine(label) : `a label that is no text (${typeof label})`;
}

/** A text of somebody else's, safe to put into a line: quoted where it is empty or would break the line, cut where it is long. */
export function oneLine(text: string): string {
  const cut = text.length <= LONGEST ? text : `${text.slice(0, LONGEST)}…`;
  if (cut !== '' && cut === cut.trim() && !UNPRINTABLE.test(cut)) return cut;
  return JSON.stringify(cut).replace(LEFT_BY_JSON, escaped);
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
