import { EngineOptionError } from '../errors/engine-errors.ts';

/** A database URL, taken apart. */
export type EngineUrl =
  | { readonly dialect: 'sqlite'; readonly path: string; readonly address: string }
  | { readonly dialect: 'postgres'; readonly url: string; readonly address: string };

const SQLITE = /^sqlite:(?:\/\/(?=\/))?(.+)$/;

/** @throws {EngineOptionError} ENGINE_BAD_URL - naming the URL without its password. */
export function parseEngineUrl(url: string): EngineUrl {
  if (url.startsWith('sqlite:')) return parseSqlite(url);
  if (/^postgres(?:ql)?:/.test(url)) return parsePostgres(url);
  throw EngineOptionError.url(withoutPassword(url), 'it begins with neither sqlite: nor postgres:');
}

function parseSqlite(url: string): EngineUrl {
  const path = SQLITE.exec(url)?.[1];
  if (path === undefined) throw EngineOptionError.url(url, 'it names no file');
  if (path.startsWith('//') && !path.startsWith('///')) {
    throw EngineOptionError.url(
      url,
      'sqlite:// takes three slashes and an absolute path; sqlite:path takes a relative one',
    );
  }
  return { dialect: 'sqlite', path, address: path };
}

function parsePostgres(url: string): EngineUrl {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || !url.includes('://'))
    throw EngineOptionError.url(withoutPassword(url), 'it cannot be parsed');
  const host = parsed.hostname || parsed.searchParams.get('host') || 'localhost';
  const database = decodeURIComponent(parsed.pathname.slice(1)) || decodeURIComponent(parsed.username);
  return { dialect: 'postgres', url, address: `${host}:${parsed.port || '5432'}/${database}` };
}

/** Everything that may hold a secret is cut out, whether or not the URL can be parsed. */
function withoutPassword(url: string): string {
  if (!url.includes('//')) return url.replace(/:.*$/s, ':…');
  return url.replace(/\/\/.*@/s, '//…@').replace(/\?.*$/s, '');
}
