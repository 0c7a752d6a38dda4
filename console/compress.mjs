// Compresses the built files for the function that serves them, and holds the first load to its budget.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';

const DIST = join(import.meta.dirname, 'dist');
const FIRST_LOAD_BUDGET = 200_000;

const gzipped = new Map();
for (const name of readdirSync(DIST).filter((name) => !/\.(br|gz)$/.test(name))) {
  const plain = readFileSync(join(DIST, name));
  const gz = gzipSync(plain, { level: 9 });
  gzipped.set(name, gz.length);
  writeFileSync(join(DIST, `${name}.gz`), gz);
  writeFileSync(join(DIST, `${name}.br`), brotliCompressSync(plain));
}

// What index.html names is loaded at once; the rest when a page needs it.
const index = readFileSync(join(DIST, 'index.html'), 'utf8');
const first = [...gzipped].filter(([name]) => name === 'index.html' || index.includes(`./${name}`));
const total = first.reduce((sum, [, bytes]) => sum + bytes, 0);
for (const [name, bytes] of first) console.log(`${String(bytes).padStart(8)}  ${name}`);
console.log(`${String(total).padStart(8)}  first load, gzip; the budget is ${FIRST_LOAD_BUDGET}`);
if (total > FIRST_LOAD_BUDGET) {
  console.error('The first load is above its budget: load less, or later.');
  process.exitCode = 1;
}
