import { compile } from './build/compile.ts';

if (!compile('dist')) process.exitCode = 1;
