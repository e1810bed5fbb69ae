import { ORDER_COUNT } from './data.ts';
import { ReportingService } from './reporting-service.ts';
import { readSettings } from './settings.ts';

/** The reporting service alone: PORT, DATABASE_URL, POOL_TIMEOUT (milliseconds) and LEAK=1 change it. */
const service = new ReportingService(readSettings(process.env));

console.log(`Filling ${service.engine.address}`);
await service.prepare(ORDER_COUNT, (lines) => console.log(`  ${lines.toLocaleString('en')} order lines`));
console.log(await service.start());

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    console.log('Stopping.');
    void service.close();
  });
}
