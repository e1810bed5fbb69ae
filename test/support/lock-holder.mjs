// Another process: takes a SQLite file's write lock, says so, and keeps it until its input ends.
import { DatabaseSync } from 'node:sqlite';

const database = new DatabaseSync(process.argv[2]);
database.exec('begin immediate');
process.stdout.write('locked\n');
process.stdin.resume();
process.stdin.on('end', () => {
  database.exec('rollback');
  database.close();
});
