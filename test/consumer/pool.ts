import { QueuePool } from 'hermetic/pool';

let opened = 0;
const pool = new QueuePool({ connect: async () => ({ number: ++opened }), close: async () => {} });

const lease = await pool.checkout({ label: 'consumer' });
console.log(`connection ${lease.connection.number}, connections out: ${pool.status().checkedOut}`);
await lease.release();
console.log(`connections out: ${pool.status().checkedOut}`);
await pool.dispose();
