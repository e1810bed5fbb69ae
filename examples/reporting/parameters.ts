import type { Parameters } from './models.ts';
import { RequestError } from './request-error.ts';

/** What a parameter of a report may be. All of a report's parameters are required. */
export type ParameterRule =
  | {
      readonly type: 'integer';
      readonly minimum: number;
      readonly maximum: number;
      readonly description: string;
    }
  | { readonly type: 'string'; readonly format: 'date'; readonly description: string };

export type ParameterRules = Readonly<Record<string, ParameterRule>>;

/** The rules as a JSON schema. */
export function schemaOf(rules: ParameterRules): object {
  return { type: 'object', properties: rules, required: Object.keys(rules), additionalProperties: false };
}

/**
 * Holds what a client sent against the rules of a report.
 *
 * @throws {RequestError} naming every parameter that is wrong, missing or unknown.
 */
export function checkParameters(rules: ParameterRules, given: unknown = {}): Parameters {
  if (!isRecord(given)) throw RequestError.badRequest('parameters must be an object.');
  const unknown = Object.keys(given).filter((name) => !Object.hasOwn(rules, name));
  const faults = [
    ...Object.entries(rules).flatMap(([name, rule]) => faultOf(name, rule, given[name]) ?? []),
    ...unknown.map((name) => `parameter '${name}' is unknown; there are: ${Object.keys(rules).join(', ')}`),
  ];
  if (faults.length > 0) throw RequestError.badRequest(`${faults.join('; ')}.`);
  return given as Parameters;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function faultOf(name: string, rule: ParameterRule, value: unknown): string | undefined {
  if (value === undefined) return `parameter '${name}' is missing`;
  if (rule.type === 'string') return isDate(value) ? undefined : `parameter '${name}' must be a date, as YYYY-MM-DD`;
  const { minimum, maximum } = rule;
  const isInRange = Number.isInteger(value) && Number(value) >= minimum && Number(value) <= maximum;
  return isInRange ? undefined : `parameter '${name}' must be a whole number from ${minimum} to ${maximum}`;
}

function isDate(value: unknown): boolean {
  if (typeof value !== 'string' || !/^\d{4}-\d{2}-\d{2}$/.test(value)) return false;
  const date = new Date(`${value}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(value);
}
