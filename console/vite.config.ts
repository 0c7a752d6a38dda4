import { fileURLToPath } from 'node:url';

import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

const client = fileURLToPath(new URL('../clients/typescript/src', import.meta.url));
const stack = process.env.RINGPOST_URL;

export default defineConfig({
  // The page lies under the stage's path, which the build does not know.
  base: './',
  plugins: [react()],
  resolve: {
    alias: [{ find: /^ringpost\/(.*)$/, replacement: `${client}/$1.ts` }],
    // The client's sources have no packages of their own here.
    dedupe: ['openapi-fetch'],
  },
  build: {
    target: 'es2022',
    // `GET /console/{file}` has one segment.
    assetsDir: '',
    // The policy lets images of data through, but no style or script: all of them stay files.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: {
    // `npm run dev` beside `make up`: the page under /console/, the API of the stack above it.
    proxy: stack ? { '/api': stack, '/functions': stack, '/config.json': `${stack}/console` } : undefined,
    fs: { allow: ['.', client] },
  },
  test: { include: ['src/**/*.test.ts'] },
});
