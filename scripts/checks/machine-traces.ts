import { dirname } from 'node:path';

const HOME = /(?:\/home\/|\/Users\/|[A-Z]:\\\\?Users\\\\?)[\w.-]+/;

/**
 * Lines that name a place on somebody's machine.
 *
 * @param root - absolute path of this checkout; its parent counts too, unless that is a root.
 */
export function machineTraces(path: string, text: string, root: string): string[] {
  const parent = dirname(root);
  const own = [root, ...(dirname(parent) === parent ? [] : [parent])].map((folder) => `${folder}/`);
  return text.split('\n').flatMap((line, index) => {
    const trace = own.find((folder) => line.includes(folder)) ?? HOME.exec(line)?.[0];
    return trace === undefined ? [] : [`${path}:${index + 1}: names ${trace}, a place on one machine`];
  });
}

/** Addresses of one registry in a lock file. */
export function registryAddresses(lock: string): string[] {
  const count = lock.match(/"resolved":/g)?.length ?? 0;
  return count === 0
    ? []
    : [`package-lock.json: ${count} "resolved" addresses; npm install --package-lock-only takes them out`];
}

/** Packages that a lock file lists without a version: `npm ci` refuses it on some machine. */
export function unlockedPackages(lock: string): string[] {
  const { packages } = JSON.parse(lock) as {
    packages: Record<string, { version?: string; optionalDependencies?: Record<string, string> }>;
  };
  const wanted = Object.values(packages).flatMap(({ optionalDependencies = {} }) => Object.keys(optionalDependencies));
  const missing = new Set(wanted.filter((name) => packages[`node_modules/${name}`]?.version === undefined));
  return [...missing].map((name) => `package-lock.json: ${name} is optional for some platform, and not locked`);
}
