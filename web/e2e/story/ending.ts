/** What has to be true of the whole story, and of what it left behind. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { output } from '../harness/look.ts';
import { findIn, findInFiles, keptBy } from '../harness/traces.ts';
import type { Chapter } from './world.ts';

const budget = 150 * 1024;

export const ending: Chapter = (world) =>
  describe('all of it', () => {
    test('the first load is within 150 kB compressed', async () => {
      const { firstLoad } = world();
      const total = firstLoad.reduce((sum, file) => sum + file.gzip, 0);
      const lines = firstLoad.map(({ path, plain, gzip }) => `${kB(gzip).padStart(8)} (${kB(plain)} plain)  ${path}`);
      const figures = [`First load: ${kB(total)} gzip in ${firstLoad.length} files`, ...lines].join('\n');
      console.log(figures);
      await writeFile(join(output, 'first-load.txt'), `${figures}\n`);
      expect(firstLoad.some(({ path }) => path.includes('worker'))).toBe(true);
      expect(total).toBeLessThanOrEqual(budget);
    });

    test('R44 axe finds nothing on any screen, at both sizes, light and dark', () => {
      expect(world().looker.screens.length).toBeGreaterThan(25);
      expect(world().looker.accessibility).toEqual([]);
    });

    test('R44 every screen fits into 320 px without scrolling sideways', () => {
      expect(world().looker.reflow).toEqual([]);
    });

    test('R07 R09 no policy was violated, nothing was complained about, nobody else was asked for anything', () => {
      expect(world().collect()).toEqual([]);
    });

    test('R07 the policy is enforced, and its violations would have been seen', async () => {
      const { fiona } = world();
      const ran = await fiona.page.evaluate(() => {
        try {
          document.createElement('div').innerHTML = '<b>x</b>';
          return true;
        } catch {
          return false;
        }
      });
      expect(ran).toBe(true);
      await fiona.page.evaluate(async () => fetch('https://example.org/').catch(() => undefined));
      await expect.poll(() => fiona.watch.take().join('\n')).toMatch(/example\.org/);
    });

    test('R08 no known sentence is in what the browsers keep', async () => {
      const { anita, fiona, confidential } = world();
      expect(confidential.size).toBeGreaterThan(15);
      for (const person of [anita, fiona]) {
        const kept = await keptBy(person.page);
        expect(kept.some(({ where }) => where.startsWith('IndexedDB'))).toBe(true);
        expect(findIn(kept, confidential)).toEqual([]);
        expect(kept.filter(({ bytes }) => bytes.includes('extractable=true')).map(({ where }) => where)).toEqual([]);
      }
    });

    test('R08 nor in any file of the profile, where one that was put there is found', async () => {
      const { anita, chromium, confidential } = world();
      const control = 'a sentence that was put here on purpose';
      await anita.page.evaluate((text) => localStorage.setItem('control', text), control);
      await chromium.close();
      expect(await findInFiles(chromium.profile, [control])).not.toEqual([]);
      expect(await findInFiles(chromium.profile, confidential)).toEqual([]);
    });

    test('R08 nor in any file of the server', async () => {
      const { ward, confidential } = world();
      const patient = ['9434765919', '943 476 5919', 'SMITH, John'];
      const words = [...confidential].filter((text) => !patient.includes(text) && !text.includes('12-Mar-1954'));
      expect(await findInFiles(join(ward.directory, 'wardline'), [...words, ...patient])).toEqual([]);
    });
  });

const kB = (bytes: number): string => `${(bytes / 1024).toFixed(1)} kB`;
