import * as plugin from 'hermetic/fastify';

console.log(`fastify plugin: ${Object.keys(plugin).length > 0}`);
