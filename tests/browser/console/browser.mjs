// A browser that opens the console, listens for what its policy refuses and for requests to other hosts, and looks at it with axe.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

import { chromium } from 'playwright-core';

const { RINGPOST_URL, CHROMIUM, SCREENSHOTS } = process.env;
// Without these a browser on a closed network looks for its maker's hosts all the time.
const QUIET = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
export const CONSOLE = `${RINGPOST_URL}/console/index.html`;
const SIZES = { wide: { width: 1280, height: 900 }, narrow: { width: 380, height: 800 } };

mkdirSync(SCREENSHOTS, { recursive: true });
export const browser = await chromium.launch({ executablePath: CHROMIUM, args: QUIET });

/** What no page may do, whatever it shows. */
export const complaints = [];
/** How often the API was asked, since the last reset. */
export const asked = { requests: [] };

/** A page of the console, signed in by the fragment unless there is no token. */
export async function opened(path, { token, scheme = 'light', size = 'wide', prepare = () => {}, otherHost } = {}) {
  const context = await browser.newContext({ viewport: SIZES[size], colorScheme: scheme, reducedMotion: 'reduce', permissions: ['clipboard-read', 'clipboard-write'] });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  page.on('console', (message) => {
    if (/Content Security Policy|Refused to/.test(message.text())) complaints.push(`${path}: ${message.text()}`);
  });
  page.on('pageerror', (error) => complaints.push(`${path}: ${error}`));
  page.on('request', (request) => {
    const isOurs = request.url().startsWith(RINGPOST_URL) || (otherHost && request.url().startsWith(otherHost));
    if (!isOurs) complaints.push(`${path} asked ${request.url()}`);
    if (request.url().includes('/api/')) asked.requests.push(request.url().slice(RINGPOST_URL.length));
  });
  await prepare(context);
  const fragment = token ? `#token=${token}&next=${encodeURIComponent(path)}` : `#${path}`;
  await page.goto(CONSOLE + fragment);
  return page;
}

/** Waits until nothing is loading. */
export async function settled(page) {
  await page.waitForLoadState('networkidle');
  await page.locator('.skeleton').first().waitFor({ state: 'detached' });
}

/** Nothing that axe finds serious, and nothing wider than the page. */
export async function isAccessible(page, name) {
  // axe is put in by the browser's own hand: the page's policy would refuse a script tag.
  const session = await page.context().newCDPSession(page);
  await session.send('Runtime.evaluate', { expression: AXE });
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
  const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  assert.deepEqual(serious.map(({ id, nodes }) => `${id}: ${nodes[0].html}`), [], name);
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.ok(overflow <= 0, `${name} is ${overflow} pixels wider than the window`);
}

/** A picture for people, and the checks of what it shows. */
export async function shown(page, name) {
  await settled(page);
  await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), fullPage: true });
  await isAccessible(page, name);
}
