import { checkLayers } from './checks/layers.ts';
import { report } from './checks/verdict.ts';

report(checkLayers('.'));
