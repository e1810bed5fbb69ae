import { checkErrors } from './checks/errors.ts';
import { report } from './checks/verdict.ts';

report(checkErrors('.'));
