// What each entry adds to a page: bundled with its dependencies but without React, minified, compressed. README.md must say the same.
import { readFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';

import { build } from 'esbuild';

const readme = await readFile(new URL('README.md', import.meta.url), 'utf8');
for (const [entry, file] of [['ringpost', 'index'], ['ringpost/react', 'react'], ['ringpost/webhooks', 'webhooks']]) {
  const { outputFiles } = await build({
    entryPoints: [new URL(`dist/${file}.js`, import.meta.url).pathname],
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    external: ['react'],
    write: false,
  });
  const row = `| \`${entry}\` | ${(gzipSync(outputFiles[0].contents, { level: 9 }).length / 1000).toFixed(1)} kB |`;
  console.log(row);
  if (!readme.includes(row)) {
    console.error('README.md has another size');
    process.exitCode = 1;
  }
}
