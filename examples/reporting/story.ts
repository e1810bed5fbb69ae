import { ORDER_COUNT } from './data.ts';
import { ReportingService } from './reporting-service.ts';
import { situationRoutes } from './routes/situations.ts';
import { readSettings } from './settings.ts';
import { Narrator } from './story/narrator.ts';
import { ServiceClient } from './story/service-client.ts';
import { SITUATIONS } from './story/situations.ts';

/**
 * Starts the reporting service and drives it, over HTTP, through everything that leaks connections elsewhere.
 *
 * Then serves until Ctrl-C; with `--once` it ends, with 1 if anything differed from what was expected.
 */
const STORY_POOL_TIMEOUT_MS = '1000';

const settings = readSettings({ POOL_TIMEOUT: STORY_POOL_TIMEOUT_MS, ...process.env, LEAK: '1' });
// What fails on purpose is told by the story itself.
const service = new ReportingService(settings, () => {});
const narrator = new Narrator();
const warnings: string[] = [];
process.removeAllListeners('warning');
process.on('warning', ({ message }) => warnings.push(message));

const stop = async (): Promise<void> => {
  await service.close();
  process.exitCode = narrator.differences === 0 ? 0 : 1;
};

let lines = 0;
console.log(`Filling ${service.engine.address}`);
await service.prepare(ORDER_COUNT, (written) => {
  lines = written;
  process.stdout.write('.');
});
console.log(` ${lines.toLocaleString('en')} order lines`);
const address = await service.start(situationRoutes);
const client = new ServiceClient(address);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void stop());

for (const tell of SITUATIONS) {
  await tell({ client, narrator, warnings }).catch((error: unknown) => narrator.broken(error));
}
console.log(`\n${narrator.summary}`);
if (process.argv.includes('--once')) await stop();
else console.log(`The service goes on, with a page to look at; Ctrl-C stops it.\n${address}`);
