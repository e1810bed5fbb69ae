import { instrumentPool } from 'hermetic/otel';
import { QueuePool } from 'hermetic/pool';

const pool = new QueuePool({ connect: async () => ({}), close: async () => {} }, { name: 'consumer' });
const stop = instrumentPool(pool, { attributes: { 'server.address': 'db.example' } });
console.log(`measured: ${await pool.use(() => true)}`);
stop();
await pool.dispose();
