/** What has to be true of the whole story, and of what it left behind. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Looker, output } from '../harness/look.ts';
import { findIn, findInFiles, keptBy } from '../harness/traces.ts';
import type { Weighed } from '../harness/weight.ts';
import type { Chapter } from './world.ts';

/**
 * Gzip, in all, from the first page to the inbox. Coming in by a link happens once in a person's life here: it also loads the making of
 * keys, the app lock and the policy, while the person reads and types (docs/decisions/0011, 0013 and 0014).
 */
const budgets: Record<string, number> = { 'at sign-in': 152_000, 'by a link': 165_000 };

export const ending: Chapter = (world) =>
  describe('all of it', () => {
    test('the first load is within its budget, at sign-in and by a link', async () => {
      const { firstLoads } = world();
      const report = firstLoads.map(({ how, files }) => {
        const lines = files.map(({ path, bytes }) => `${kB(bytes).padStart(10)}  ${path}`);
        return [`First load ${how}: ${kB(total(files))} in ${files.length} files`, ...lines].join('\n');
      });
      console.log(report.join('\n'));
      await writeFile(join(output, 'first-load.txt'), `${report.join('\n\n')}\n`);
      expect(firstLoads.length).toBe(2);
      for (const { how, files } of firstLoads) {
        expect(files.some(({ path }) => path.includes('worker'))).toBe(true);
        expect(total(files)).toBeLessThanOrEqual(budgets[how] ?? 0);
      }
    });

    test('R44 axe finds nothing on any screen, at both sizes, light and dark', () => {
      expect(world().looker.screens.length).toBeGreaterThan(25);
      expect(world().looker.accessibility).toEqual([]);
    });

    test('R44 a fault that is put there is found', async () => {
      const { fiona } = world();
      await fiona.page.evaluate(() => {
        // Outside of what is drawn anew for another layout.
        const picture = document.createElement('img');
        [picture.width, picture.height] = [400, 20];
        document.body.prepend(picture);
      });
      const looker = new Looker();
      await looker.at(fiona.page, fiona.display, '99-with-a-fault', { keep: false });
      expect(looker.accessibility.join('\n')).toContain('image-alt');
      expect(looker.reflow.join('\n')).toContain('<img');
      await fiona.page.evaluate(() => document.querySelector('body > img')?.remove());
    });

    test('R44 every screen fits into 320 px without scrolling sideways', () => {
      expect(world().looker.reflow).toEqual([]);
    });

    test('R07 R09 no policy was violated, nothing was complained about, nobody else was asked for anything', () => {
      expect(world().collect()).toEqual([]);
      for (const { watch } of [world().anita, world().fiona]) expect(watch.asked).toContain('/v1/live');
    });

    test('R07 the policies are enforced, and a violation would have been seen', async () => {
      const { fiona } = world();
      const refused = await fiona.page.evaluate(async () => {
        const attempts = [
          () => fetch('https://example.org/'),
          async () => {
            document.createElement('div').innerHTML = '<b>not from us</b>';
          },
          async () => {
            const { trustedTypes } = globalThis as unknown as {
              trustedTypes: { createPolicy(name: string, rules: object): unknown };
            };
            trustedTypes.createPolicy('another', {});
          },
        ];
        const settled = await Promise.allSettled(attempts.map((attempt) => attempt()));
        return settled.map(({ status }) => status);
      });
      expect(refused).toEqual(['rejected', 'rejected', 'rejected']);
      const seen: string[] = [];
      for (const sign of [/example\.org/, /TrustedHTML/, /another/]) {
        await expect.poll(() => seen.push(...fiona.watch.take()) && seen.join('\n')).toMatch(sign);
      }
    });

    test('R08 no known sentence is in what the browsers keep', async () => {
      const { anita, fiona, confidential } = world();
      expect(confidential.size).toBeGreaterThan(15);
      for (const person of [anita, fiona]) {
        const kept = await keptBy(person.page);
        expect(kept.some(({ where }) => where.startsWith('IndexedDB'))).toBe(true);
        expect(findIn(kept, confidential)).toEqual([]);
        expect(
          kept
            .filter(({ bytes }) => /^extractable (secret|private) key$/.test(bytes.toString()))
            .map(({ where }) => where),
        ).toEqual([]);
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

const total = (files: Weighed[]): number => files.reduce((sum, { bytes }) => sum + bytes, 0);

const kB = (bytes: number): string => `${(bytes / 1000).toFixed(1)} kB`;
