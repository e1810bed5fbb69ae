import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findCycles } from './cycles.ts';
import { type Import, importsOf, packageOf, targetOf } from './imports.ts';
import { placeOf, readSourceFiles, type SourceFile } from './source-files.ts';
import type { Verdict } from './verdict.ts';

/** folder of src → folders it may import; `.` is src itself, `*` any. */
type Layers = Readonly<Record<string, readonly string[]>>;

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

/** optional peer → the only folder that may import it. */
const PEER_HOMES: Readonly<Record<string, string>> = {
  '@opentelemetry/api': 'otel',
  'better-sqlite3': 'dialects/sqlite',
  fastify: 'web',
  pg: 'dialects/postgres',
};

/** Holds every import below `root/src` against `root/layers.json`; type imports count. */
export function checkLayers(root: string): Verdict {
  const layers = JSON.parse(readFileSync(join(root, 'layers.json'), 'utf8')) as Layers;
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest;
  const files = readSourceFiles(join(root, 'src'));
  const faults = [
    ...layerFaults(layers),
    ...homelessPeers(manifest),
    ...files.flatMap((file) => [...fileFaults(file, layers, manifest)]),
    ...fileCycles(files),
  ];
  return { faults, summary: `${files.length} source files against layers.json` };
}

function* layerFaults(layers: Layers): Generator<string> {
  for (const [layer, allowed] of Object.entries(layers)) {
    for (const name of allowed) {
      if (name !== '*' && layers[name] === undefined)
        yield `layers.json: "${layer}" may import "${name}", which is not listed`;
    }
  }
  for (const cycle of findCycles(new Map(Object.entries(layers)))) yield `layers.json: cycle ${cycle.join(' → ')}`;
}

function* homelessPeers(manifest: Manifest): Generator<string> {
  for (const peer of Object.keys(manifest.peerDependencies ?? {})) {
    if (PEER_HOMES[peer] === undefined) yield `package.json: peer "${peer}" has no home in scripts/checks/layers.ts`;
  }
}

function* fileFaults(file: SourceFile, layers: Layers, manifest: Manifest): Generator<string> {
  const layer = layerOf(file.path);
  if (layers[layer] === undefined) yield `src/${file.path}: folder "${layer}" is not in layers.json`;
  for (const found of importsOf(file)) {
    const fault = importFault(file, found, layers, manifest);
    if (fault !== undefined) yield `src/${placeOf(file, found.node)}: ${fault}`;
  }
}

function importFault(file: SourceFile, found: Import, layers: Layers, manifest: Manifest): string | undefined {
  if (found.specifier === undefined) return 'imports something computed; write the name as a string';
  const target = targetOf(file.path, found.specifier);
  return target === undefined
    ? packageFault(file.path, packageOf(found.specifier), manifest)
    : pathFault(file.path, target, layers);
}

function pathFault(from: string, target: string, layers: Layers): string | undefined {
  if (target.startsWith('..')) return `imports ${target}, which is outside src`;
  if (!target.endsWith('.ts')) return `imports ${target} without its .ts extension`;
  const layer = layerOf(from);
  const other = layerOf(target);
  const allowed = layers[layer] ?? [];
  if (other === layer || allowed.includes(other) || allowed.includes('*')) return undefined;
  return `"${layer}" may not import "${other}" (${target})`;
}

function packageFault(from: string, name: string, manifest: Manifest): string | undefined {
  if (name.startsWith('node:') || manifest.dependencies?.[name] !== undefined) return undefined;
  const home = manifest.peerDependencies?.[name] === undefined ? undefined : PEER_HOMES[name];
  if (home === undefined) return `imports the package "${name}", which is neither dependency nor peer`;
  return from.startsWith(`${home}/`) ? undefined : `only ${home} may import "${name}"`;
}

function fileCycles(files: readonly SourceFile[]): string[] {
  const graph = new Map(files.map((file) => [file.path, targetsOf(file)]));
  return findCycles(graph).map((cycle) => `src: cycle ${cycle.join(' → ')}`);
}

function targetsOf(file: SourceFile): string[] {
  const targets = [...importsOf(file)].flatMap(({ specifier }) => {
    const target = specifier === undefined ? undefined : targetOf(file.path, specifier);
    return target === undefined ? [] : [target];
  });
  return [...new Set(targets)];
}

function layerOf(path: string): string {
  const slash = path.indexOf('/');
  return slash < 0 ? '.' : path.slice(0, slash);
}
