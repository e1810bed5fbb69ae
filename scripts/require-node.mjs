// Runs before everything else, on whatever `node` is first on the path: so plain, old JavaScript.
var parts = process.versions.node.split('.');
var major = Number(parts[0]);
var minor = Number(parts[1]);

if (major < 22 || (major === 22 && minor < 13)) {
  console.error(
    [
      'Hermetic needs Node 22.13 or newer, and this is Node ' + process.versions.node + '.',
      '',
      'The package "node" in devDependencies brings Node 24 along, for npm scripts only. Here it did not:',
      'either its install script was not allowed to run, or this was not started by npm. The cure:',
      '',
      '  npm rebuild node --ignore-scripts=false    when scripts were off or blocked at installation',
      '  npm test, npm start, npm run …             instead of calling node or vitest directly',
      '',
      'Or install Node 22.13 or newer yourself.',
    ].join('\n'),
  );
  process.exit(1);
}
